"""Time off in lieu: earned by overtime, used, expired, put right. Nothing is ever changed.

Every entry that takes names the entry it takes from, so that what is left of each is the
sum of both, the oldest goes first, and what expires is never what was used already. The
database lets nobody use more than was earned (time_off_never_overdrawn).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from config import civil
from config.refusals import Refusal, refusing
from windows.models import Absence, OvertimeEntry, Staff, TimeOffEntry
from windows.rules import rule

Kind = TimeOffEntry.Kind
AT_A_TIME = 2000


class NotEnough(Refusal):
    code = "not_enough_time_off"
    message = _("%(name)s has %(left)s minutes of time off left that can be used on that day.")
    field = "minutes"


class SpentMeanwhile(Refusal):
    code = "not_enough_time_off"
    message = _("This time off has just been used. Look again.")
    field = "minutes"


class NoMinutes(Refusal):
    code = "no_minutes"
    message = _("Enter how many minutes: at least one.")
    field = "minutes"


class NoReason(Refusal):
    code = "no_reason"
    message = _("Say why, in a few words: the ledger keeps it.")
    field = "note"


@dataclass(frozen=True)
class Source:
    """Time that was earned, and what is left of it."""

    entry: TimeOffEntry
    left: int

    def lasts_on(self, day: date) -> bool:
        return self.entry.expires_on is None or self.entry.expires_on >= day


def balances(people: Iterable[int]) -> dict[int, int]:
    """The minutes of time off that each of the people has; one query."""
    rows = TimeOffEntry.objects.filter(staff__in=list(people)).values("staff")
    return {row["staff"]: row["all"] for row in rows.annotate(all=Sum("minutes")).order_by()}


def ending_first(people: Iterable[int]) -> dict[int, Source]:
    """Of each person what can be used the least long; one query."""
    found: dict[int, Source] = {}
    for one in _left().filter(staff__in=list(people)):
        found.setdefault(one.staff_id, Source(one, one.left))  # type: ignore[attr-defined]
    return found


def sources(staff: Staff | int) -> list[Source]:
    """What was earned and is not used up, first that which expires first."""
    staff_id = staff.pk if isinstance(staff, Staff) else staff
    return [Source(one, one.left) for one in _left().filter(staff_id=staff_id)]  # type: ignore[attr-defined]


def _left() -> QuerySet[TimeOffEntry]:
    """Entries that give, with `left`, where anything is left."""
    taken = TimeOffEntry.objects.filter(grant=OuterRef("pk")).order_by().values("grant")
    of_it = Coalesce(Subquery(taken.annotate(all=Sum("minutes")).values("all")), Value(0))
    giving = TimeOffEntry.objects.filter(minutes__gt=0, grant__isnull=True)
    rows = giving.annotate(left=F("minutes") + of_it).filter(left__gt=0)
    return rows.order_by(F("expires_on").asc(nulls_last=True), "pk")


@transaction.atomic
def grant_due(*, now: datetime) -> int:
    """All overtime is granted as time off, minute by minute, once; returns how many entries.

    It can be used for so many days from then on (rule time_off_expires_days).
    """
    granted = TimeOffEntry.objects.filter(overtime__isnull=False).values("overtime")
    due = OvertimeEntry.objects.exclude(pk__in=granted).select_related("session")
    today = civil.city_date(now)
    lasts: dict[int, int] = {}
    made = []
    for one in due.order_by("staff_id", "pk")[:AT_A_TIME]:
        hall_id = one.session.hall_id
        if hall_id not in lasts:
            lasts[hall_id] = rule("time_off_expires_days", hall=hall_id, day=today)
        made.append(_grant(one, today + timedelta(days=lasts[hall_id]), now))
    TimeOffEntry.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def _grant(one: OvertimeEntry, expires_on: date, now: datetime) -> TimeOffEntry:
    return TimeOffEntry(
        staff_id=one.staff_id, kind=Kind.GRANT, minutes=one.minutes, on=one.service_day,
        expires_on=expires_on, overtime=one, made_at=now,
    )  # fmt: skip


@transaction.atomic
def use(
    *,
    staff: Staff,
    minutes: int,
    on: date,
    absence: Absence | None = None,
    note: str = "",
    by: Staff | None,
    now: datetime,
) -> list[TimeOffEntry]:
    """So much time off is used on that day, first what expires first.

    Refuses: NoMinutes, NotEnough, SpentMeanwhile.
    """
    facts = {"kind": Kind.USE, "on": on, "absence": absence, "note": note}
    return _take(staff, minutes, on, facts, by=by, now=now)


@transaction.atomic
def correct(
    *, staff: Staff, minutes: int, note: str, by: Staff | None, now: datetime
) -> list[TimeOffEntry]:
    """The balance is put right by more or less than nothing, with the reason.

    What is added does not expire. Refuses: NoReason, NoMinutes, NotEnough.
    """
    if not note.strip():
        raise NoReason
    today = civil.city_date(now)
    facts = {"kind": Kind.CORRECT, "on": today, "note": note.strip()}
    if minutes < 0:
        return _take(staff, -minutes, today, facts, by=by, now=now)
    if minutes == 0:
        raise NoMinutes
    lock_ledger(staff)
    return [
        TimeOffEntry.objects.create(staff=staff, minutes=minutes, made_by=by, made_at=now, **facts)
    ]


def _take(
    staff: Staff, minutes: int, on: date, facts: dict, *, by: Staff | None, now: datetime
) -> list[TimeOffEntry]:
    if minutes < 1:
        raise NoMinutes
    lock_ledger(staff)
    usable = [one for one in sources(staff) if one.lasts_on(on)]
    if sum(one.left for one in usable) < minutes:
        raise NotEnough(name=str(staff), left=sum(one.left for one in usable))
    made, open_minutes = [], minutes
    for source in usable:
        part = min(source.left, open_minutes)
        if part < 1:
            break
        made.append(
            TimeOffEntry(
                staff=staff, minutes=-part, grant=source.entry, made_by=by, made_at=now, **facts
            )
        )
        open_minutes -= part
    with refusing({"time_off_never_overdrawn": SpentMeanwhile}):
        return TimeOffEntry.objects.bulk_create(made)


@transaction.atomic
def give_back(*, absence: Absence, by: Staff | None, now: datetime) -> int:
    """What was used for the absence can be used again; returns how many minutes.

    It goes back to where it came from; what has expired meanwhile comes as time of its own,
    which does not expire, so that nobody loses by another's change of mind.
    """
    lock_ledger(absence.staff)
    today = civil.city_date(now)
    about = TimeOffEntry.objects.filter(absence=absence).select_related("grant")
    net: dict[TimeOffEntry, int] = defaultdict(int)
    for one in about.filter(grant__isnull=False):
        if one.grant is not None:
            net[one.grant] += one.minutes
    returned = sum(one.minutes for one in about.filter(grant__isnull=True))
    if returned:
        return 0
    made = [
        TimeOffEntry(
            staff=absence.staff, kind=Kind.CORRECT, minutes=-taken, on=today, absence=absence,
            grant=grant if Source(grant, 0).lasts_on(today) else None, made_by=by, made_at=now,
        )
        for grant, taken in net.items()
        if taken < 0
    ]  # fmt: skip
    TimeOffEntry.objects.bulk_create(made)
    return sum(one.minutes for one in made)


@transaction.atomic
def expire_due(*, now: datetime) -> int:
    """What could be used until yesterday and was not is gone; returns how many entries."""
    today = civil.city_date(now)
    over = _left().filter(expires_on__lt=today)
    people = set(over.values_list("staff_id", flat=True)[:AT_A_TIME])
    expired = []
    for staff_id in sorted(people):
        lock_ledger(staff_id)
        expired += [
            TimeOffEntry(
                staff_id=staff_id, kind=Kind.EXPIRE, minutes=-source.left, on=today,
                grant=source.entry, made_at=now,
            )
            for source in sources(staff_id)
            if not source.lasts_on(today)
        ]  # fmt: skip
    TimeOffEntry.objects.bulk_create(expired)
    return len(expired)


def lock_ledger(staff: Staff | int) -> None:
    """One writer of a person's ledger at a time, as the database's own check has it."""
    staff_id = staff.pk if isinstance(staff, Staff) else staff
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('time off'), %s)", [staff_id])


def keep(*, now: datetime) -> None:
    """The job: overtime is granted, what is over expires."""
    grant_due(now=now)
    expire_due(now=now)


def entries_of(staff: Staff, *, most: int = 200) -> Sequence[TimeOffEntry]:
    """The person's ledger, newest first."""
    mine = TimeOffEntry.objects.filter(staff=staff)
    rows = mine.select_related("overtime__session__hall", "made_by", "absence", "grant")
    return list(rows.order_by("-made_at", "-pk")[:most])


def moved_between(people: Iterable[int], first: date, last: date) -> dict[int, dict[str, int]]:
    """Minutes by kind that each person earned, used and lost on those days; one query."""
    rows = TimeOffEntry.objects.filter(Q(on__range=(first, last)), staff__in=list(people))
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for row in rows.values("staff", "kind").annotate(all=Sum("minutes")).order_by():
        found[row["staff"]][row["kind"]] = row["all"]
    return found
