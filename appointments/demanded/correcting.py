"""Correcting facts of closed days: a new row with its author and reason, never a change."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from appointments.demanded.counting import Counts, Key, recorded
from appointments.demanded.facts import facts_now
from appointments.models import DayClosing, DemandFact
from config.refusals import NotFound, Refusal
from windows.models import Hall, Staff

MOST_PEOPLE, MOST_MINUTES = 100_000, 5_000_000  # demand_fact_sensible
LONGEST_REASON = 200
FROM_JOURNAL = [
    DemandFact.What.BOOKED,
    DemandFact.What.WALKED_IN,
    DemandFact.What.CANCELLED,
    DemandFact.What.NO_SHOW,
]


class CorrectedAlready(Refusal):
    code = "corrected_already"
    message = _("Somebody has corrected this number meanwhile. Look at it again.")


class NothingToCorrect(Refusal):
    code = "nothing_to_correct"
    message = _("The number is already so. Enter what it should be.")
    field = "people"


class NumberNotSensible(Refusal):
    code = "number_not_sensible"
    message = _("Enter a whole number from 0 to %(most)s.")
    field = "people"


class ReasonMissing(Refusal):
    code = "reason_missing"
    message = _("Say why, in at most 200 characters.")
    field = "reason"


@transaction.atomic
def correct_fact(
    *, fact: DemandFact, people: int, minutes: int, reason: str, by: Staff, now: datetime
) -> DemandFact:
    """A new row stands for the fact, with its author and reason; the old one stays as it was.

    Refuses: NumberNotSensible, ReasonMissing, CorrectedAlready, NothingToCorrect.
    """
    if not 0 <= people <= MOST_PEOPLE:
        raise NumberNotSensible(most=MOST_PEOPLE)
    if not 0 <= minutes <= MOST_MINUTES:
        raise NumberNotSensible(field="minutes", most=MOST_MINUTES)
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise ReasonMissing
    locked = _lock(fact)
    if DemandFact.objects.filter(corrects=locked).exists():
        raise CorrectedAlready
    if (locked.people, locked.minutes) == (people, minutes):
        raise NothingToCorrect
    return DemandFact.objects.create(
        hall_id=locked.hall_id,
        matter_id=locked.matter_id,
        service_day=locked.service_day,
        hour=locked.hour,
        kind=locked.kind,
        channel=locked.channel,
        what=locked.what,
        people=people,
        minutes=minutes,
        is_spread=locked.is_spread,
        corrects=locked,
        by=by,
        reason=reason,
        recorded_at=now,
    )


def _lock(fact: DemandFact) -> DemandFact:
    """Of two who correct the same number, one waits for the other."""
    return DemandFact.objects.select_for_update().get(pk=fact.pk)


@dataclass(frozen=True)
class Difference:
    """A number that bookings and tickets tell otherwise by now than what was written."""

    key: Key
    written: DemandFact | None
    people: int
    minutes: int


def differences(hall: Hall, day: date) -> list[Difference]:
    """What changed after the day was written: nobody's number moves until somebody says so.

    Only of what the journal tells person by person; searches were shared out as the offer
    was that night, and stay. So does what somebody has corrected. A day on which the hall was
    closed has no numbers to differ.
    """
    if not DayClosing.objects.filter(hall=hall, service_day=day, was_open=True).exists():
        return []
    told: Counts = recorded(hall, day)
    facts = facts_now([hall.pk], day, day).filter(what__in=FROM_JOURNAL)
    written = {Key(f.matter_id, f.hour, f.kind, f.channel, f.what): f for f in facts}
    found = []
    for key in sorted({*told, *written}):
        fact, one = written.get(key), told.get(key)
        if fact and fact.corrects_id:
            continue
        people, minutes = (one.people, one.minutes) if one else (0, 0)
        if (people, minutes) != ((fact.people, fact.minutes) if fact else (0, 0)):
            found.append(Difference(key, fact, people, minutes))
    return found


@transaction.atomic
def correct_day(*, hall: Hall, day: date, reason: str, by: Staff, now: datetime) -> int:
    """Every number that differs from the journal is corrected; how many.

    A number that was not written at all is written as zero and then corrected, so that its
    author and reason are known. Refuses: ReasonMissing, CorrectedAlready.
    """
    closing = DayClosing.objects.select_for_update().filter(hall=hall, service_day=day).first()
    if closing is None:
        raise NotFound
    found = differences(hall, day)
    for one in found:
        correct_fact(
            fact=one.written or _zero(hall, day, one.key, now),
            people=one.people,
            minutes=one.minutes,
            reason=reason,
            by=by,
            now=now,
        )
    return len(found)


def _zero(hall: Hall, day: date, key: Key, now: datetime) -> DemandFact:
    about = {"hall": hall, "service_day": day, **key._asdict()}
    fact, _made = DemandFact.objects.get_or_create(
        **about, corrects=None, defaults={"people": 0, "minutes": 0, "recorded_at": now}
    )
    return fact
