"""Asking for an absence: by the person, answered by a supervisor, withdrawn until it begins.

What could not be noted is refused already when it is asked for. Agreed to, it is noted like
any other absence (windows/absences.py), and somebody is looked for who stands in.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from config import civil
from config.refusals import NotFound, Refusal, refusing
from windows import absences, rostering
from windows.access import ADMIN, CLERK, GUIDE, SUPERVISOR, has_role
from windows.duties import people_of
from windows.models import Absence, AbsenceRequest, Hall, Staff

State = AbsenceRequest.State
TEAM = (CLERK, GUIDE, SUPERVISOR)
SHOWN_FOR = timedelta(days=14)  # an answer stays on the page of who asked


class DayOver(Refusal):
    code = "day_over"
    message = _("This time is over. Choose today or a later day.")
    field = "begins"


class AskedThen(Refusal):
    code = "absence_asked_then"
    message = _("You have asked for a part of this time already. Withdraw that question first.")
    field = "begins"


class RequestOver(Refusal):
    code = "absence_request_over"
    message = _("This question is closed already: %(state)s.")


class TooLate(Refusal):
    code = "absence_too_late"
    message = _("The time that was asked for is over.")


class HasBegun(Refusal):
    code = "has_begun"
    message = _("This time has begun. Ask your supervisor.")


class OwnQuestion(Refusal):
    code = "own_question"
    message = _("Somebody else decides about your own question.")


class NoReason(Refusal):
    code = "no_reason"
    message = _("Say in a few words why not, so that your colleague can plan.")
    field = "answer"


@transaction.atomic
def ask(
    *,
    reason: str,
    begins: datetime,
    ends: datetime,
    minutes: int | None = None,
    note: str = "",
    by: Staff,
    now: datetime,
) -> AbsenceRequest:
    """The supervisors are asked; nothing changes before one of them agrees.

    Refuses: DayOver, AskedThen, and what `absences.note` refuses, such as more time off in
    lieu than the person has.
    """
    if ends <= begins:
        raise absences.EndsFirst
    if civil.city_date(begins) < civil.city_date(now) or ends <= now:
        raise DayOver
    rostering.lock_people([by.pk])
    asked = AbsenceRequest(
        staff=by, period=DateTimeTZRange(begins, ends), reason=reason, minutes=minutes,
        note=note.strip()[:200], made_at=now,
    )  # fmt: skip
    open_ones = AbsenceRequest.objects.filter(staff=by, state=State.ASKED)
    if open_ones.filter(period__overlap=asked.period).exists():
        raise AskedThen
    with transaction.atomic():  # tried, and taken back at once
        _note(asked, None, now)
        transaction.set_rollback(True)
    with refusing({"absence_asked_once_at_a_time": AskedThen}):
        asked.save(force_insert=True)
    return asked


@transaction.atomic
def agree(*, request: AbsenceRequest, hall: Hall, by: Staff, now: datetime) -> AbsenceRequest:
    """The absence is noted; what was planned is uncovered until somebody stands in.

    Agreeing twice changes nothing. Refuses: RequestOver, OwnQuestion, TooLate, and what
    `absences.note` refuses. Raises NotFound for who does not run a hall of the person.
    """
    locked = _to_answer(request, hall, by)
    if locked.state == State.AGREED:
        return locked
    _must_be(locked, State.ASKED)
    if (locked.period.upper or now) <= now:
        raise TooLate
    locked.absence = _note(locked, by, now)
    return _answered(locked, State.AGREED, "", by, now)


@transaction.atomic
def refuse(
    *, request: AbsenceRequest, hall: Hall, answer: str, by: Staff, now: datetime
) -> AbsenceRequest:
    """A supervisor says no, and why. Refuses: NoReason, RequestOver, OwnQuestion.

    Raises NotFound for who does not run a hall of the person.
    """
    if not answer.strip():
        raise NoReason
    locked = _to_answer(request, hall, by)
    if locked.state == State.REFUSED:
        return locked
    _must_be(locked, State.ASKED)
    return _answered(locked, State.REFUSED, answer.strip()[:200], by, now)


@transaction.atomic
def withdraw(*, request: AbsenceRequest, by: Staff, now: datetime) -> AbsenceRequest:
    """Who asked does not ask any more; an absence that was agreed to is withdrawn with it.

    Until it begins, time off in lieu comes back. Refuses: RequestOver, HasBegun. Raises
    NotFound for anybody else.
    """
    locked = _lock(request)
    if locked.staff_id != by.pk:
        raise NotFound
    if locked.state == State.WITHDRAWN:
        return locked
    _must_be(locked, State.ASKED, State.AGREED)
    if locked.absence is not None:
        if (locked.period.lower or now) <= now:
            raise HasBegun
        absences.withdraw(absence=locked.absence, by=by, now=now)
    locked.state, locked.withdrawn_by = State.WITHDRAWN, by
    locked.withdrawn_at = locked.seen_at = now
    locked.save(update_fields=["state", "withdrawn_by", "withdrawn_at", "seen_at"])
    return locked


def open_in(hall: Hall, *, now: datetime) -> QuerySet[AbsenceRequest]:
    """What the hall's people ask for and nobody has answered, what begins first at the top."""
    rows = asked_in(hall).filter(state=State.ASKED, period__endswith__gt=now)
    return rows.order_by("period", "pk")


def asked_in(hall: Hall) -> QuerySet[AbsenceRequest]:
    """All that people of the hall have asked for."""
    people = people_of(hall, *TEAM).order_by().values("pk")
    return AbsenceRequest.objects.filter(staff__in=people).select_related("staff")


def shown_to(staff: Staff, *, now: datetime) -> Sequence[AbsenceRequest]:
    """What the person asks for, and what became of it lately."""
    lately = Q(answered_at__gt=now - SHOWN_FOR) | Q(withdrawn_at__gt=now - SHOWN_FOR)
    coming = Q(state__in=[State.ASKED, State.AGREED], period__endswith__gt=now)
    withdrawn_by_oneself = Q(state=State.WITHDRAWN, withdrawn_by=staff)
    rows = AbsenceRequest.objects.filter(lately | coming, staff=staff)
    rows = rows.exclude(withdrawn_by_oneself).select_related("answered_by", "withdrawn_by")
    return list(rows.order_by("period", "pk")[:50])


def see(staff: Staff, *, now: datetime) -> int:
    """The person has seen every answer there is; returns how many were new."""
    new = AbsenceRequest.objects.filter(staff=staff, seen_at__isnull=True)
    return new.exclude(state=State.ASKED).update(seen_at=now)


def _note(request: AbsenceRequest, by: Staff | None, now: datetime) -> Absence:
    """Refuses what `absences.note` refuses."""
    begins, ends = request.period.lower, request.period.upper
    assert begins and ends  # noqa: S101, PT018  what is asked for has both
    return absences.note(
        staff=request.staff, begins=begins, ends=ends, reason=request.reason,
        minutes=request.minutes, by=by, now=now,
    )  # fmt: skip


def _to_answer(request: AbsenceRequest, hall: Hall, by: Staff) -> AbsenceRequest:
    """The request, locked, for who runs the hall. Refuses: OwnQuestion."""
    runs = has_role(by, hall, SUPERVISOR, ADMIN)
    if not runs or not people_of(hall, *TEAM).filter(pk=request.staff_id).exists():
        raise NotFound
    if request.staff_id == by.pk:
        raise OwnQuestion
    return _lock(request)


def _lock(request: AbsenceRequest) -> AbsenceRequest:
    """The question as it is now; its person first, as for every absence."""
    rostering.lock_people([request.staff_id])
    rows = AbsenceRequest.objects.select_for_update(of=("self",))
    return rows.select_related("staff", "absence").get(pk=request.pk)


def _must_be(request: AbsenceRequest, *states: str) -> None:
    if request.state not in states:
        raise RequestOver(state=request.get_state_display())


def _answered(
    request: AbsenceRequest, state: str, answer: str, by: Staff, now: datetime
) -> AbsenceRequest:
    request.state, request.answer = state, answer
    request.answered_by, request.answered_at = by, now
    request.save(update_fields=["state", "answer", "answered_by", "answered_at", "absence"])
    return request
