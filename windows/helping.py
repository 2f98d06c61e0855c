"""Help from a neighbour: a hall asks another one for people; they are lent with their names.

Who is lent is planned on the floor of the asking hall, whose supervisors give them windows,
and may sign in there for that time (windows/lending.py). The request is locked first, then
the session, then people: one answer, however many press at once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext_lazy as _

from config import civil
from config.refusals import Refusal, refusing
from windows import rostering
from windows.access import CLERK, SUPERVISOR
from windows.duties import people_of
from windows.models import Hall, HallSession, HelpRequest, RosterEntry, Staff
from windows.sessions import HallClosed, SessionOver

State = HelpRequest.State
MOST_PEOPLE = 20
SHORTEST = timedelta(minutes=15)
SHOWN_FOR = timedelta(hours=12)  # an answer stays on the page of today


class OwnHall(Refusal):
    code = "own_hall"
    message = _("Choose another hall than your own.")
    field = "of_hall"


class HowMany(Refusal):
    code = "how_many"
    message = _("Ask for 1 to %(most)s people.")
    field = "people"


class HoursNotFitting(Refusal):
    code = "hours_not_fitting"
    message = _("The session is from %(hours)s. Choose at least 15 minutes within it.")
    field = "ends"


class AskedAlready(Refusal):
    code = "asked_already"
    message = _("This hall has been asked for this session already.")
    field = "of_hall"
    about: dict[str, int]

    def body(self) -> dict[str, object]:
        return super().body() | {"facts": self.about}


class AnsweredAlready(Refusal):
    code = "answered_already"
    message = _("This was answered or taken back already: %(state)s.")


class NobodyNamed(Refusal):
    code = "nobody_named"
    message = _("Choose who goes there.")
    field = "staff"


class MoreThanAsked(Refusal):
    code = "more_than_asked"
    message = _("You were asked for %(people)s. Choose no more.")
    field = "staff"


class NotYours(Refusal):
    code = "not_yours"
    message = _("%(name)s does not work in your hall.")
    field = "staff"


class NoReason(Refusal):
    code = "no_reason"
    message = _("Say in a few words why, so that the other hall can go on.")
    field = "answer"


class TooLate(Refusal):
    code = "help_too_late"
    message = _("The time that was asked for is over.")


@transaction.atomic
def ask(
    *,
    session: HallSession,
    of_hall: Hall,
    people: int,
    period: DateTimeTZRange | None = None,
    note: str = "",
    by: Staff,
    now: datetime,
) -> HelpRequest:
    """The other hall is asked for so many people, for that time or the rest of the session.

    Refuses: OwnHall, HallClosed, HowMany, SessionOver, HoursNotFitting, AskedAlready.
    """
    if of_hall.pk == session.hall_id:
        raise OwnHall
    if not of_hall.is_open:
        raise HallClosed(field="of_hall")
    if not 1 <= people <= MOST_PEOPLE:
        raise HowMany(most=MOST_PEOPLE)
    locked = rostering.lock_session(session, now)
    asked = _within(locked, period, now)
    open_ones = HelpRequest.objects.filter(session=locked, of_hall=of_hall)
    if twin := open_ones.filter(state__in=[State.ASKED, State.GRANTED]).first():
        refusal = AskedAlready()
        refusal.about = {"help": twin.pk}
        raise refusal
    with refusing({"help_once_per_session": AskedAlready, "help_from_another_hall": OwnHall}):
        return HelpRequest.objects.create(
            session=locked, hall_id=locked.hall_id, of_hall=of_hall, people=people,
            period=asked, note=note, made_by=by, made_at=now,
        )  # fmt: skip


def _within(session: HallSession, period: DateTimeTZRange | None, now: datetime) -> DateTimeTZRange:
    """The time within the session that is still to come. Refuses: HoursNotFitting."""
    begins = max(session.starts_at, now)
    ends = session.ends_at
    if period is not None:
        begins, ends = max(begins, period.lower or begins), period.upper or ends
    if ends > session.ends_at or ends - begins < SHORTEST:
        hours = (
            f"{civil.city_time(session.starts_at):%H:%M}–{civil.city_time(session.ends_at):%H:%M}"
        )
        raise HoursNotFitting(hours=hours)
    return DateTimeTZRange(begins, ends)


@transaction.atomic
def grant(
    *, request: HelpRequest, staff: Sequence[Staff], by: Staff, now: datetime, answer: str = ""
) -> HelpRequest:
    """Those people are lent: planned there on the floor, and they may sign in there.

    Fewer than were asked for is an answer too. Refuses: AnsweredAlready, TooLate,
    NobodyNamed, MoreThanAsked, NotYours, SessionOver and what planning them refuses.
    """
    locked = _lock(request, State.ASKED)
    period = _left(locked, now)
    named = sorted({one.pk: one for one in staff}.values(), key=lambda one: one.pk)
    if not named:
        raise NobodyNamed
    if len(named) > locked.people:
        raise MoreThanAsked(people=locked.people)
    ours = set(people_of(locked.of_hall, CLERK, SUPERVISOR).values_list("pk", flat=True))
    for one in named:
        if one.pk not in ours:
            raise NotYours(name=str(one))
    locked = _answered(locked, State.GRANTED, answer, by, now)
    locked.lent.set(named)
    for one in named:
        rostering.assign(
            staff=one, session=locked.session, window=None, period=period, by=by, now=now
        )
    return locked


def _left(request: HelpRequest, now: datetime) -> DateTimeTZRange:
    """What is left of the time, within the session's present hours.

    Refuses: SessionOver, TooLate.
    """
    session = request.session
    if session.state != HallSession.State.OPEN or session.ends_at <= now:
        raise SessionOver
    begins = max(request.period.lower or now, session.starts_at)
    ends = min(request.period.upper or session.ends_at, session.ends_at)
    if ends <= max(begins, now):
        raise TooLate
    return DateTimeTZRange(begins, ends)


@transaction.atomic
def refuse(*, request: HelpRequest, answer: str, by: Staff, now: datetime) -> HelpRequest:
    """The neighbour says no, and why. Refuses: NoReason, AnsweredAlready."""
    if not answer.strip():
        raise NoReason
    return _answered(_lock(request, State.ASKED), State.REFUSED, answer, by, now)


@transaction.atomic
def withdraw(*, request: HelpRequest, by: Staff, now: datetime, answer: str = "") -> HelpRequest:
    """Nobody is asked for, or lent, any more; withdrawing twice changes nothing.

    Either hall may: who was lent is planned there no longer from now on, what they worked
    stays in the roster, and who stands at a window serves until they sign out. Refuses:
    AnsweredAlready, and TooLate: who was there stays in the roster.
    """
    locked = _lock(request, State.ASKED, State.GRANTED, State.WITHDRAWN)
    if locked.state == State.WITHDRAWN:
        return locked
    if hours_of(locked)[1] <= now:
        raise TooLate
    planned = RosterEntry.objects.filter(
        session=locked.session_id, staff__in=locked.lent.all(), is_cancelled=False,
        period__overlap=locked.period,
    )  # fmt: skip
    for entry in planned.order_by("pk"):
        rostering.end(entry=entry, by=by, now=now)
    return _answered(locked, State.WITHDRAWN, answer or locked.answer, by, now)


def _lock(request: HelpRequest, *states: str) -> HelpRequest:
    """The request as it is now, for one answer at a time. Refuses: AnsweredAlready."""
    rows = HelpRequest.objects.select_for_update(of=("self",))
    locked = rows.select_related("session__hall", "hall", "of_hall").get(pk=request.pk)
    if locked.state not in states:
        raise AnsweredAlready(state=locked.get_state_display())
    return locked


def _answered(
    request: HelpRequest, state: str, answer: str, by: Staff, now: datetime
) -> HelpRequest:
    request.state, request.answer = state, answer.strip()[:200]
    request.answered_by, request.answered_at = by, now
    request.save(update_fields=["state", "answer", "answered_by", "answered_at"])
    return request


def hours_of(request: HelpRequest) -> tuple[datetime, datetime]:
    """From when to when people are asked for."""
    session, period = request.session, request.period
    return period.lower or session.starts_at, period.upper or session.ends_at


def requests_of(hall: Hall, *, now: datetime) -> tuple[list[HelpRequest], list[HelpRequest]]:
    """What the hall has asked for, and what it is wanted for, until that time is over; two
    queries. What was answered is shown for some hours."""
    rows = HelpRequest.objects.filter(period__endswith__gt=now).exclude(
        state__in=[State.REFUSED, State.WITHDRAWN], answered_at__lt=now - SHOWN_FOR
    )
    shown = rows.select_related("hall", "of_hall", "session", "answered_by")
    shown = shown.prefetch_related("lent").order_by("period", "pk")
    asked = [one for one in shown.filter(hall=hall)[:20]]
    wanted = shown.filter(of_hall=hall).exclude(state=State.WITHDRAWN, lent__isnull=True)
    return asked, list(wanted.distinct()[:20])
