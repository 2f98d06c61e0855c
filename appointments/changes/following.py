"""What follows a change when it can no longer be taken back.

Who has no place any more stands on the waiting list before all others, in their hall and
those of its district. Found by state each minute, so that nobody is forgotten when a
process dies.
"""

from collections import defaultdict
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from appointments.claiming import lock_people
from appointments.models import Booking, Displaced, WaitEntry, WaitPerson
from appointments.waitlist import latest_day
from config import civil
from config.refusals import Refusal, refusing
from windows.models import Hall

State, HELD = Displaced.State, Booking.State.HELD
AT_A_TIME = 500
WITHOUT_A_PLACE = (State.WITHDRAWN, State.EXPIRED, State.DECLINED)


class _WaitsElsewhere(Refusal):
    code = "waits_elsewhere"


def join_waiting(*, now: datetime) -> int:
    """Everybody whose place was taken and who has none since waits first in line; returns
    how many bookings were followed up. Must be called outside a transaction."""
    due = _due(now).order_by("pk").values_list("booking__group_id", flat=True)[:AT_A_TIME]
    return sum(_follow(group_id, now) for group_id in dict.fromkeys(due))


def _due(now: datetime) -> QuerySet[Displaced]:
    """Rows without an end whose change stands; messages have left by then."""
    rows = Displaced.objects.filter(state__in=WITHOUT_A_PLACE, ended_at__isnull=True)
    settled = rows.annotate(since=Coalesce(F("change__undo_until"), F("made_at")))
    return settled.filter(
        Q(since__lte=now) | Q(state__in=[State.EXPIRED, State.DECLINED]),
        change__undone_at__isnull=True,
    )


@transaction.atomic
def _follow(group_id: int, now: datetime) -> int:
    """One group, matter by matter."""
    mine = _due(now).filter(booking__group=group_id).select_related("booking__group", "old_slot")
    people = {bytes(one.booking.id_index) for one in mine}
    lock_people(people, None)
    rows = list(mine.select_for_update(of=("self",), skip_locked=True).order_by("pk"))
    by_matter: dict[int, list[Displaced]] = defaultdict(list)
    for one in rows:
        by_matter[one.booking.matter_id].append(one)
    return sum(_wait(waiting, now) for waiting in by_matter.values())


def _wait(rows: list[Displaced], now: datetime) -> int:
    """Those without another booking wait; who waits already goes before others now. Who is
    just booking is looked at again in a minute: the hold may end without a booking."""
    matter_id = rows[0].booking.matter_id
    people = {bytes(one.booking.id_index) for one in rows}
    open_ones = Booking.objects.filter(
        id_index__in=people, matter=matter_id, state__in=Booking.OPEN
    )
    found = list(open_ones.values_list("id_index", "state", "group__wait_offers"))
    placed = {bytes(index) for index, _state, _offer in found}
    booking_now = {bytes(index) for index, state, offer in found if state == HELD and offer is None}
    rows = [one for one in rows if bytes(one.booking.id_index) not in booking_now]
    if not rows:
        return 0
    indexes = [bytes(one.booking.id_index) for one in rows]
    standing = WaitPerson.objects.filter(
        id_index__in=indexes, matter=matter_id, is_waiting=True
    ).select_related("entry")
    waits = {bytes(one.id_index): one.entry for one in standing}
    entries = WaitEntry.objects.filter(pk__in={one.pk for one in waits.values()})
    free = list(entries.order_by("pk").select_for_update(skip_locked=True).values_list("pk"))
    if len(free) < len({one.pk for one in waits.values()}):
        return 0  # one of them is just being offered a place: the next minute
    entries.update(priority=1)
    fresh = [
        one for one, index in zip(rows, indexes, strict=True)
        if index not in placed and index not in waits and one.booking.group.phone_sealed
    ]  # fmt: skip
    entry = _entry(fresh, now) if fresh else None
    for one, index in zip(rows, indexes, strict=True):
        one.entry = entry if one in fresh else waits.get(index)
        one.ended_at = now
        one.save(update_fields=["entry", "ended_at"])
    return len(rows)


def _entry(rows: list[Displaced], now: datetime) -> WaitEntry | None:
    """They wait together, from now on, before others; None when one of them just joined."""
    booking = rows[0].booking
    group = booking.group
    assert group.phone_sealed is not None  # noqa: S101  asked before
    assert group.phone_index is not None  # noqa: S101  group_phone_with_index
    try:
        with refusing({"wait_person_once_per_matter": _WaitsElsewhere}):
            entry = WaitEntry.objects.create(
                matter_id=booking.matter_id,
                first_day=civil.city_date(now),
                last_day=latest_day(now),
                minutes=sum(one.booking.minutes for one in rows),
                phone_sealed=group.phone_sealed,
                phone_index=group.phone_index,
                language=group.language,
                priority=1,
                made_at=now,
                is_simulated=group.is_simulated,
            )
            WaitPerson.objects.bulk_create(
                WaitPerson(
                    entry=entry, matter_id=booking.matter_id, position=place,
                    **_sealed(one.booking),
                )
                for place, one in enumerate(rows)
            )  # fmt: skip
    except _WaitsElsewhere:
        return None
    district = Hall.objects.filter(pk=rows[0].old_slot.hall_id).values("district_zh")
    entry.halls.set(Hall.objects.filter(district_zh__in=district, is_open=True))
    return entry


def _sealed(booking: Booking) -> dict:
    names = ["name_sealed", "id_sealed", "id_index", "born_on", "guardian_sealed", "needs_sealed"]
    return {name: getattr(booking, name) for name in names}
