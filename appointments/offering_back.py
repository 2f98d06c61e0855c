"""Offering places to the waiting list.

A place that comes back is held for the first who wait for it in the very transaction in
which it becomes free, so that nobody else can reach it in between. An offer is a hold with
an end (how it ends: appointments/answering_offers.py). By night nobody is asked, and a
place that somebody waits for stays out of reach until the morning. Locks: the entry, its
people, slots by id, bookings.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from appointments import waitlist
from appointments.attending import attendee_of
from appointments.booking import Held, SlotFull, hold
from appointments.claiming import lock_people, lock_slots
from appointments.models import Booking, Message, ReturningPlace, WaitEntry, WaitOffer, WaitPerson
from appointments.offering import last_day
from appointments.picking import EVENING_KINDS
from appointments.reminding import after_quiet_hours, is_quiet
from appointments.returning import give_back
from appointments.sealing import unseal
from appointments.wait_words import offer_text
from config import civil
from config.refusals import Refusal
from windows.models import Slot
from windows.rules import rule

State = WaitEntry.State
AFTER_MORNING = timedelta(hours=2)  # a place that early is not kept over the night
OFFERS_A_RUN = 20
LINE_LENGTH = 200

# Who waits for which slot: the first in line first, each with their earliest slot. `more`
# minutes of `place_slot` are about to become free; only it, or the slot before it together
# with it, is asked for then, else every slot that has been released.
LINE = """
WITH asking AS MATERIALIZED (
  SELECT e.*, w.hall_id FROM appointments_waitentry e
  JOIN appointments_waitentry_halls w ON w.waitentry_id = e.id
  WHERE e.state = 'waiting' AND (%(entry)s::bigint IS NULL OR e.id = %(entry)s)
    AND NOT EXISTS (SELECT 1 FROM appointments_waitoffer o
      JOIN appointments_booking b ON b.group_id = o.group_id
      WHERE o.entry_id = e.id AND b.state = 'expired' AND o.ended_at > %(pause)s)
    AND NOT EXISTS (SELECT 1 FROM appointments_waitperson p
      JOIN appointments_booking b ON b.id_index = p.id_index
      WHERE p.entry_id = e.id AND b.matter_id = e.matter_id
        AND b.state IN ('held', 'confirmed', 'arrived'))
), free AS MATERIALIZED (
  SELECT s.id, s.hall_id, s.service_day, room.here, room.there,
    array(SELECT wm.matter_id FROM windows_sessionwindow sw
      JOIN windows_window_matters wm ON wm.window_id = sw.window_id
      WHERE sw.session_id = s.session_id AND NOT sw.is_cancelled
        AND (cardinality(x.matter_ids) = 0 OR wm.matter_id = ANY(x.matter_ids))) AS matters,
    row_number() OVER (ORDER BY s.id IS DISTINCT FROM %(place_slot)s, s.starts_at, s.id) AS turn,
    x.kind = ANY(%(evening_kinds)s)
      OR (s.starts_at AT TIME ZONE %(zone)s)::time >= '17:00' AS is_evening
  FROM windows_slot s JOIN windows_hallsession x ON x.id = s.session_id
  LEFT JOIN windows_slot n
    ON n.session_id = s.session_id AND n.starts_at = s.ends_at AND n.is_open
  CROSS JOIN LATERAL (SELECT
    s.online_quota - s.online_taken
      + CASE WHEN s.id = %(place_slot)s THEN %(more)s ELSE 0 END AS here,
    coalesce(n.online_quota - n.online_taken, 0)
      + CASE WHEN n.id = %(place_slot)s THEN %(more)s ELSE 0 END AS there) AS room
  WHERE s.is_open AND s.starts_at >= %(earliest)s AND s.service_day <= %(last_day)s
    AND room.here > 0 AND CASE WHEN %(place_slot)s::bigint IS NULL THEN
      s.booking_opens_at <= CASE x.release WHEN 'room' THEN %(before_room)s ELSE %(now)s END
      AND NOT EXISTS (SELECT 1 FROM appointments_draw d
        WHERE d.session_id = x.id AND d.drawn_at IS NULL)
    ELSE s.session_id = %(session)s AND %(place_slot)s IN (s.id, n.id) END
), let_pass AS MATERIALIZED (
  SELECT DISTINCT o.entry_id, b.slot_id FROM appointments_waitoffer o
  JOIN asking e ON e.id = o.entry_id JOIN appointments_booking b ON b.group_id = o.group_id
), busy AS MATERIALIZED (
  SELECT DISTINCT p.entry_id, b.service_day FROM appointments_waitperson p
  JOIN asking e ON e.id = p.entry_id JOIN appointments_booking b ON b.id_index = p.id_index
  WHERE b.state IN ('held', 'confirmed', 'arrived')
), line AS (
  SELECT e.id AS entry_id, e.priority, e.made_at, min(s.turn) AS turn
  FROM asking e
  JOIN free s ON s.hall_id = e.hall_id AND s.service_day BETWEEN e.first_day AND e.last_day
  LEFT JOIN let_pass l ON l.entry_id = e.id AND l.slot_id = s.id
  LEFT JOIN busy u ON u.entry_id = e.id AND u.service_day = s.service_day
  WHERE l.slot_id IS NULL AND u.service_day IS NULL
    AND e.matter_id = ANY(s.matters) AND (s.is_evening OR NOT e.evenings_only)
    AND (s.here >= e.minutes AND (%(place_slot)s IS NULL OR s.id = %(place_slot)s)
      OR s.here < e.minutes AND s.here + s.there >= e.minutes)
  GROUP BY e.id, e.priority, e.made_at
)
SELECT line.entry_id, free.id FROM line JOIN free USING (turn)
ORDER BY line.priority DESC, line.made_at, line.entry_id LIMIT %(length)s
"""


class _PlaceGone(Exception):
    """Somebody else ended the place's return meanwhile."""


def offer_place(
    *, place: ReturningPlace, now: datetime, along: Sequence[ReturningPlace] = ()
) -> bool:
    """A place that comes back is held for the first who wait for it and fit.

    A group may need more places of the slot: those that are due as well, or `along`, are
    used with it, and for those that are still to come it waits. False when nobody fits:
    then it is for everyone. True also when it is kept until the morning. Must be called
    outside a transaction that holds slots.
    """
    if place.channel != Booking.Channel.ONLINE:
        return False
    coming = _coming_with(place)
    due = [place, *(one for one in coming if one.returns_at <= now or one in along)]
    until = offer_end(now)
    if until is None:
        morning = _morning(now)
        return _keep(place, morning, [place, *coming], now=now, earliest=morning + AFTER_MORNING)
    earliest = until + notice(now)
    for entry_id, slot_id in _line(now, earliest, due):
        try:
            if offer_slot(entry_id, slot_id, now=now, until=until, due=due):
                return True
        except _PlaceGone:
            return True
        except Refusal:
            continue
    if len(due) > len(coming):  # nothing else is still to come
        return False
    return _keep(place, coming[-1].returns_at, [place, *coming], now=now, earliest=earliest)


def _coming_with(place: ReturningPlace) -> list[ReturningPlace]:
    """Other places that come back in the same slot, the last one last."""
    returning = ReturningPlace.objects.filter(
        slot_id=place.slot_id, channel=place.channel, ended_at__isnull=True
    )
    return list(returning.exclude(pk=place.pk).order_by("returns_at", "pk"))


def _keep(
    place: ReturningPlace,
    until: datetime,
    places: Sequence[ReturningPlace],
    *,
    now: datetime,
    earliest: datetime,
) -> bool:
    """The place stays out of reach until then when somebody waits for these places."""
    if not _line(now, earliest, places):
        return False
    ReturningPlace.objects.filter(pk=place.pk, ended_at__isnull=True).update(returns_at=until)
    return True


def offer_free(*, now: datetime, most: int = OFFERS_A_RUN) -> int:
    """Places that are free for any other reason are held for those who wait for them.

    Returns how many offers were made, at most so many.
    """
    until, made = offer_end(now), 0
    line = _line(now, until + notice(now)) if until else []
    for entry_id, slot_id in line:
        if until and made < most:
            made += _offer_some(entry_id, slot_id, now=now, until=until)
    return made


def _offer_some(entry_id: int, slot_id: int, *, now: datetime, until: datetime) -> bool:
    """The entry has an offer of that slot, or of another one when it is full by now."""
    tried, slots = set[int](), [slot_id]
    while slots and slots[0] not in tried:
        tried.add(slots[0])
        try:
            return offer_slot(entry_id, slots[0], now=now, until=until)
        except SlotFull:
            line = _line(now, until + notice(now), entry_id=entry_id)
            slots = [slot for _entry, slot in line]
        except Refusal:
            break
    return False


def offer_end(now: datetime) -> datetime | None:
    """When an offer made now would end; None when that touches the quiet hours."""
    until = now + _minutes("hold_offer_minutes", now)
    return None if is_quiet(now) or is_quiet(until) else until


def offer_time(now: datetime) -> tuple[datetime, datetime]:
    """When somebody who goes before all others would be asked, and until when: by night the
    place is kept until they can answer in the morning."""
    until = offer_end(now)
    if until is not None:
        return now, until
    morning = _morning(now)
    return morning, morning + _minutes("hold_offer_minutes", morning)


def notice(now: datetime) -> timedelta:
    """Who is asked must still have time to come."""
    return _minutes("offer_notice_minutes", now)


def _minutes(name: str, now: datetime) -> timedelta:
    return timedelta(minutes=rule(name, hall=None, day=civil.city_date(now)))


def _morning(now: datetime) -> datetime:
    """The end of the quiet hours that an offer made now would touch."""
    return after_quiet_hours(now if is_quiet(now) else now + _minutes("hold_offer_minutes", now))


def _line(
    now: datetime,
    earliest: datetime,
    places: Sequence[ReturningPlace] = (),
    entry_id: int | None = None,
) -> list[tuple[int, int]]:
    """(entry, slot) pairs in the order in which they are asked; see LINE."""
    asked: dict[str, Any] = {
        "place_slot": places[0].slot_id if places else None,
        "session": places[0].slot.session_id if places else None,
        "entry": entry_id,
        "more": sum(place.minutes for place in places),
        "now": now,
        "earliest": earliest,
        "last_day": last_day(now),
        "before_room": now - _minutes("room_lasts_minutes", now),
        "pause": now - _minutes("offer_pause_minutes", now),
        "evening_kinds": sorted(EVENING_KINDS),
        "zone": str(civil.CITY),
        "length": LINE_LENGTH,
    }
    with connection.cursor() as cursor:
        cursor.execute(LINE, asked)
        return cursor.fetchall()


@transaction.atomic
def offer_slot(
    entry_id: int,
    slot_id: int,
    *,
    now: datetime,
    until: datetime,
    due: Sequence[ReturningPlace] = (),
    message_due: datetime | None = None,
) -> bool:
    """The entry has an offer: places held until then, and a message; False when it cannot.

    Of the places that are `due` as many come back as it takes. Refuses as `hold`; then
    nothing happened, and none of them has come back.
    """
    entry = waitlist.locked(entry_id, state=State.WAITING)
    if entry is None:
        return False
    people = list(entry.people.order_by("position"))
    lock_people([bytes(one.id_index) for one in people], bytes(entry.phone_index))
    if _is_busy(entry, people, slot_id):
        return False
    if due:
        lock_slots([slot_id, due[0].slot_id])
        if not give_back(due[0], now=now):
            raise _PlaceGone
    others = list(due[1:])
    while (held := _hold(entry, people, slot_id, now=now, until=until, early=bool(due))) is None:
        if not others:
            raise SlotFull
        give_back(others.pop(0), now=now)
    _write_down(entry, held.group_id, now=now, until=until, due=message_due)
    return True


def _hold(
    entry: WaitEntry,
    people: list[WaitPerson],
    slot_id: int,
    *,
    now: datetime,
    until: datetime,
    early: bool,
) -> Held | None:
    """Places for all of them; None when the slot has not enough."""
    try:
        return hold(
            slot_id=slot_id,
            matter=entry.matter,
            people=[attendee_of(person) for person in people],
            phone=unseal(entry.phone_sealed, purpose="phone"),
            now=now,
            language=entry.language,
            simulated=entry.is_simulated,
            expires_at=until,
            early=early,
            limited=False,
        )
    except SlotFull:
        return None


def _is_busy(entry: WaitEntry, people: list[WaitPerson], slot_id: int) -> bool:
    """One of them is just booking otherwise; their own hold is not taken from them."""
    day = Slot.objects.filter(pk=slot_id).values("service_day")
    standing = Booking.objects.filter(
        Q(matter=entry.matter_id) | Q(service_day__in=day),
        id_index__in=[bytes(one.id_index) for one in people],
        state__in=Booking.OPEN,
    )
    return standing.exists()


def _write_down(
    entry: WaitEntry, group_id: int, *, now: datetime, until: datetime, due: datetime | None
) -> None:
    offer = WaitOffer.objects.create(entry=entry, group_id=group_id, made_at=now, expires_at=until)
    entry.state = State.OFFERED
    entry.save(update_fields=["state"])
    bookings = list(offer.group.bookings.select_related("hall").order_by("starts_at", "position"))
    waitlist.owe(
        entry,
        Message.Kind.OFFER,
        offer_text(entry, bookings, until),
        now=now,
        due=due,
        version=entry.offers.count(),
        useless_after=until,
    )
