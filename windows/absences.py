"""Absences: noted, withdrawn, and who stands in for somebody meanwhile.

What was planned stays planned until somebody is found: the roster shows it as uncovered.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext_lazy as _

from config import civil
from config.refusals import Refusal, refusing
from windows import rostering, time_off
from windows.candidates import Candidate, free_staff
from windows.duties import Duty, loads
from windows.models import Absence, AbsenceRequest, RosterEntry, Staff
from windows.skills import matters_at

LONGEST = timedelta(days=400)


class EndsFirst(Refusal):
    code = "ends_first"
    message = _("The end is before the beginning. Choose a later end.")
    field = "ends"


class TooLong(Refusal):
    code = "absence_too_long"
    message = _("An absence lasts 400 days at most. Note what follows separately.")
    field = "ends"


class AbsentThen(Refusal):
    code = "absent_then"
    message = _("%(name)s is noted as absent then already: %(when)s.")
    field = "begins"


class NotNeeded(Refusal):
    code = "not_needed"
    message = _("This time is not planned for the absent person any more. Look again.")


@dataclass(frozen=True)
class Uncovered:
    """A planned time of somebody who will not be there."""

    entry: RosterEntry
    begins: datetime
    ends: datetime

    @property
    def minutes(self) -> int:
        return int((self.ends - self.begins).total_seconds() // 60)


@transaction.atomic
def note(
    *,
    staff: Staff,
    begins: datetime,
    ends: datetime,
    reason: str,
    minutes: int | None = None,
    by: Staff | None,
    now: datetime,
) -> Absence:
    """The person is not there in that time; time off in lieu is taken from their ledger.

    `minutes` of it: what was said, else what they were planned for. Refuses: EndsFirst,
    TooLong, AbsentThen, and what `time_off.use` refuses.
    """
    if ends <= begins:
        raise EndsFirst
    if ends - begins > LONGEST:
        raise TooLong
    rostering.lock_people([staff.pk])
    period = DateTimeTZRange(begins, ends)
    there = Absence.objects.filter(staff=staff, is_cancelled=False, period__overlap=period).first()
    if there is not None:
        raise AbsentThen(name=str(staff), when=rostering.span_words(there.period))
    with refusing({"absence_one_at_a_time": EndsFirst}):
        absence = Absence.objects.create(
            staff=staff, period=period, reason=reason, made_by=by, made_at=now
        )
    if reason == Absence.Reason.IN_LIEU:
        taken = minutes if minutes is not None else sum(o.minutes for o in uncovered(absence))
        day = civil.city_date(begins)
        time_off.use(staff=staff, minutes=taken, on=day, absence=absence, by=by, now=now)
    return absence


@transaction.atomic
def withdraw(*, absence: Absence, by: Staff | None, now: datetime) -> Absence:
    """The person is there after all; time off that was taken for it comes back.

    Who stands in goes on standing in; a question that was agreed to is withdrawn with it, and
    who asked sees that. Withdrawing twice changes nothing.
    """
    rostering.lock_people([absence.staff_id])
    locked = Absence.objects.select_for_update(of=("self",)).select_related("staff")
    row = locked.get(pk=absence.pk)
    if not row.is_cancelled:
        row.is_cancelled = True
        row.save(update_fields=["is_cancelled"])
        agreed = AbsenceRequest.objects.filter(absence=row, state=AbsenceRequest.State.AGREED)
        agreed.update(
            state=AbsenceRequest.State.WITHDRAWN, withdrawn_by=by, withdrawn_at=now, seen_at=None
        )
        time_off.give_back(absence=row, by=by, now=now)
    return row


def uncovered(absence: Absence) -> list[Uncovered]:
    """What is still planned for the person in that time."""
    begins, ends = absence.period.lower, absence.period.upper
    if begins is None or ends is None:
        return []
    first = civil.city_date(begins) - timedelta(days=1)
    load = loads([absence.staff_id], first, civil.city_date(ends))[absence.staff_id]
    return [
        Uncovered(duty.entry, max(duty.begins, begins), min(duty.ends, ends))
        for duty in load.duties
        if duty.begins < ends and begins < duty.ends
    ]


def stand_ins(missing: Uncovered, *, now: datetime) -> list[Candidate]:
    """Who could stand there instead, the best choice first."""
    session, window = missing.entry.session, missing.entry.window
    roles = rostering.ON_THE_FLOOR if window is None else (rostering.CLERK,)
    return free_staff(
        hall=session.hall,
        period=DateTimeTZRange(missing.begins, missing.ends),
        matter_ids=matters_at(session, window),
        roles=roles,
        service_day=session.service_day,
        now=now,
    )


@transaction.atomic
def cover(
    *, absence: Absence, entry: RosterEntry, staff: Staff, by: Staff | None, now: datetime
) -> RosterEntry:
    """The other person stands there while the first one is absent.

    What was planned before and after the absence stays as it was. Refuses: NotNeeded, and
    what `rostering.assign` refuses.
    """
    session = rostering.lock_session(entry.session, now)
    rostering.lock_people([absence.staff_id, staff.pk])
    missing = next((one for one in uncovered(absence) if one.entry.pk == entry.pk), None)
    if missing is None:
        raise NotNeeded
    whole = Duty(entry, session.starts_at, session.ends_at)
    begins = max(entry.period.lower or whole.begins, whole.begins)
    ends = min(entry.period.upper or whole.ends, whole.ends)
    rostering.remove(entry=entry, by=by, now=now)
    for start, end in ((begins, missing.begins), (missing.ends, ends)):
        if start < end:
            rostering.assign(
                staff=absence.staff, session=session, window=entry.window,
                period=DateTimeTZRange(start, end), by=by, now=now,
            )  # fmt: skip
    return rostering.assign(
        staff=staff, session=session, window=entry.window,
        period=DateTimeTZRange(missing.begins, missing.ends), by=by, now=now,
    )  # fmt: skip
