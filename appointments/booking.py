"""Booking: hold places for people who come together, then confirm them."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from appointments import reminding
from appointments.id_numbers import IdNumber
from appointments.journal import record
from appointments.models import Booking
from appointments.offering import last_day
from appointments.sealing import blind_index, booking_secret, seal, secret_matches
from config import civil
from config.refusals import NotFound, Refusal, refusing
from windows.models import Matter, Slot
from windows.rules import rules

CHILD_BELOW = 16
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


class SlotFull(Refusal):
    code = "slot_full"
    message = _("This time has just been taken. Please choose another one.")
    field = "slot"


class SlotGone(Refusal):
    code = "slot_gone"
    message = _("This time can no longer be booked. Please choose another one.")
    field = "slot"


class NotReleased(Refusal):
    code = "not_released"
    message = _("This time can be booked from %(opens)s.")
    field = "slot"


class AlreadyBooked(Refusal):
    code = "already_booked"
    message = _("One of these people already has an open booking for this matter.")
    field = "people"


class SamePersonTwice(Refusal):
    code = "same_person_twice"
    message = _("The same ID number is entered twice.")
    field = "people"


class TooManyPeople(Refusal):
    code = "too_many_people"
    message = _("At most %(most)s people can book together.")
    field = "people"


class AgeNotFitting(Refusal):
    code = "age_not_fitting"
    message = _("“%(matter)s” is not for a person of that age. Please choose another matter.")
    field = "people"


class GuardianMissing(Refusal):
    code = "guardian_missing"
    message = _("A child comes with a guardian. Please enter the guardian's name.")
    field = "people"


class HoldExpired(Refusal):
    code = "hold_expired"
    message = _("The place was held for a while and is free again. Please choose a time again.")


@dataclass(frozen=True)
class Attendee:
    """A person who will come; `guardian` is the name of the adult beside a child."""

    name: str
    id_number: IdNumber
    guardian: str = ""


@dataclass(frozen=True)
class HeldBooking:
    reference: str
    secret: str
    hold_expires_at: datetime
    starts_at: datetime


@dataclass(frozen=True)
class Held:
    group_id: int
    bookings: list[HeldBooking]


def claim_statement(channel: str) -> str:
    """The one statement of the claim: guarded counters, group, bookings, journal.

    No row comes back when a slot has not enough minutes; nothing is locked then.
    """
    return f"""
WITH asked AS (
  SELECT * FROM unnest(%(slots)s::bigint[], %(needs)s::int[]) AS t(slot_id, need)
), claimed AS (
  UPDATE windows_slot s SET {channel}_taken = s.{channel}_taken + asked.need FROM asked
  WHERE s.id = asked.slot_id AND s.is_open AND s.starts_at > %(now)s
    AND s.booking_opens_at <= %(now)s AND s.service_day <= %(last_day)s
    AND s.{channel}_taken + asked.need <= s.{channel}_quota
    AND EXISTS (SELECT 1 FROM windows_sessionwindow sw
      JOIN windows_window_matters wm ON wm.window_id = sw.window_id
      WHERE sw.session_id = s.session_id AND NOT sw.is_cancelled AND wm.matter_id = %(matter)s)
  RETURNING s.id, s.hall_id, s.service_day, s.starts_at
), together AS (
  INSERT INTO appointments_bookinggroup
    (phone_sealed, phone_index, language, made_at, is_simulated)
  SELECT %(phone_sealed)s, %(phone_index)s, %(language)s, %(now)s, %(simulated)s
  WHERE (SELECT count(*) FROM claimed) = cardinality(%(slots)s::bigint[])
  RETURNING id
), made AS (
  INSERT INTO appointments_booking (group_id, reference, slot_id, hall_id, matter_id,
    service_day, starts_at, channel, minutes, state, version, name_sealed, id_sealed, id_index,
    born_on, guardian_sealed, hold_expires_at, made_at, was_late)
  SELECT together.id, p.reference, claimed.id, claimed.hall_id, %(matter)s,
    claimed.service_day, claimed.starts_at, %(channel)s, %(minutes)s, 'held', 1, p.name_sealed,
    p.id_sealed, p.id_index, p.born_on, p.guardian_sealed, %(expires)s, %(now)s, false
  FROM together, unnest(%(references)s::text[], %(of_slot)s::bigint[], %(names)s::bytea[],
    %(ids)s::bytea[], %(indexes)s::bytea[], %(births)s::date[], %(guardians)s::bytea[])
    AS p(reference, slot_id, name_sealed, id_sealed, id_index, born_on, guardian_sealed)
  JOIN claimed ON claimed.id = p.slot_id
  ORDER BY p.id_index
  RETURNING id, group_id, reference, starts_at
), journal AS (
  INSERT INTO appointments_bookingevent
    (booking_id, at, kind, from_state, to_state, by_id, facts)
  SELECT id, %(now)s, 'held', '', 'held', %(by)s, '{{}}'::jsonb FROM made
)
SELECT group_id, reference, starts_at FROM made
"""


CLAIM = {"online": claim_statement("online"), "assisted": claim_statement("assisted")}


@transaction.atomic
def hold(
    *,
    slot_id: int,
    matter: Matter,
    people: list[Attendee],
    phone: str,
    now: datetime,
    language: str = "zh-hans",
    channel: str = "online",
    by_id: int | None = None,
    simulated: bool = False,
) -> Held:
    """Places in the slot (or it and the next one) are held for all of them, or for none.

    Each person has a booking of their own; the hold ends by itself after `hold_minutes`.
    Refuses: TooManyPeople, SamePersonTwice, AgeNotFitting, GuardianMissing, SlotFull,
    SlotGone, NotReleased, AlreadyBooked.
    """
    today = civil.city_date(now)
    numbers = rules(["hold_minutes", "group_max", "horizon_days"], hall=None, day=today)
    _check_people(matter, people, numbers["group_max"], today)
    facts: dict[str, Any] = {
        "matter": matter.pk,
        "minutes": matter.minutes,
        "channel": channel,
        "now": now,
        "last_day": today + timedelta(days=numbers["horizon_days"]),
        "expires": now + timedelta(minutes=numbers["hold_minutes"]),
        "phone_sealed": seal(phone, purpose="phone"),
        "phone_index": blind_index(phone, purpose="phone"),
        "language": language,
        "simulated": simulated,
        "by": by_id,
        **_sealed(people),
    }
    rows = _claim(facts, [(slot_id, len(people))]) or _claim_two(facts, slot_id, len(people))
    if not rows:
        raise _reason(slot_id, now)
    by_reference = {row[1]: row for row in rows}
    expires = now + timedelta(minutes=numbers["hold_minutes"])
    return Held(
        group_id=rows[0][0],
        bookings=[
            HeldBooking(ref, booking_secret(ref), expires, by_reference[ref][2])
            for ref in facts["references"]
        ],
    )


def _check_people(matter: Matter, people: list[Attendee], most: int, today: date) -> None:
    if not 1 <= len(people) <= most:
        raise TooManyPeople(most=most)
    if len({person.id_number.number for person in people}) < len(people):
        raise SamePersonTwice
    for person in people:
        age = civil.full_years(person.id_number.born_on, today)
        too_young = matter.min_age is not None and age < matter.min_age
        too_old = matter.max_age is not None and age > matter.max_age
        if too_young or too_old:
            raise AgeNotFitting(matter=matter.name)
        # Under 16 a guardian applies on the child's behalf (居民身份证法, Article 7).
        child = matter.needs_guardian or age < CHILD_BELOW
        if child and not person.guardian.strip():
            raise GuardianMissing


def _sealed(people: list[Attendee]) -> dict[str, list]:
    return {
        "references": [new_reference() for _person in people],
        "names": [seal(person.name, purpose="name") for person in people],
        "ids": [seal(person.id_number.number, purpose="id_number") for person in people],
        "indexes": [blind_index(p.id_number.number, purpose="id_number") for p in people],
        "births": [person.id_number.born_on for person in people],
        "guardians": [
            seal(person.guardian, purpose="name") if person.guardian else None for person in people
        ],
    }


def new_reference() -> str:
    """Eight characters that are read aloud without confusion (39 bits)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(8))


def _claim(facts: dict, takes: list[tuple[int, int]]) -> list[tuple]:
    """Runs the claim for so many people in each slot; once more after freeing old holds."""
    asked = {
        **facts,
        "slots": [slot for slot, _people in takes],
        "needs": [people * facts["minutes"] for _slot, people in takes],
        "of_slot": [slot for slot, people in takes for _ in range(people)],
    }
    try:
        return _run_claim(asked)
    except AlreadyBooked:
        if not _free_own_holds(facts):
            raise
        return _run_claim(asked)


def _run_claim(asked: dict) -> list[tuple]:
    with refusing({"booking_person_once_per_matter": AlreadyBooked}):
        with connection.cursor() as cursor:
            cursor.execute(CLAIM[asked["channel"]], asked)
            rows = cursor.fetchall()
        if not rows and len(asked["slots"]) > 1:
            raise SlotFull  # gives back the one slot that had room
        return rows


def _claim_two(facts: dict, slot_id: int, people: int) -> list[tuple]:
    """A party that one slot cannot hold takes the rest in the adjacent slot."""
    if people < 2:
        return []
    taken = f"{facts['channel']}_taken"
    quota = f"{facts['channel']}_quota"
    slot = Slot.objects.filter(pk=slot_id, is_open=True).first()
    following = (
        slot
        and Slot.objects.filter(
            session_id=slot.session_id, starts_at=slot.ends_at, is_open=True
        ).first()
    )
    if not slot or not following:
        return []
    here = (getattr(slot, quota) - getattr(slot, taken)) // facts["minutes"]
    if not 0 < here < people:
        return []
    both = Slot.objects.filter(pk__in=[slot.pk, following.pk]).order_by("pk")
    list(both.select_for_update().values_list("pk"))  # one written order: no deadlock
    return _claim(facts, [(slot.pk, here), (following.pk, people - here)])


def _free_own_holds(facts: dict) -> bool:
    """Gives up holds that stand in the way and are over, or are this phone's own."""
    from appointments.changing import release

    freed = False
    blocking = Booking.objects.filter(
        id_index__in=facts["indexes"], matter_id=facts["matter"], state=Booking.State.HELD
    )
    for booking in blocking.select_related("group").select_for_update(of=("self",)).order_by("pk"):
        over = booking.hold_expires_at is not None and booking.hold_expires_at <= facts["now"]
        own = bytes(booking.group.phone_index) == facts["phone_index"]
        if over or own:
            release(booking, Booking.State.EXPIRED, "expired", now=facts["now"])
            freed = True
    return freed


def _reason(slot_id: int, now: datetime) -> Refusal:
    slot = Slot.objects.filter(pk=slot_id).first()
    if (
        slot is None
        or not slot.is_open
        or slot.starts_at <= now
        or slot.service_day > last_day(now)
    ):
        return SlotGone()
    if slot.booking_opens_at > now:
        return NotReleased(opens=f"{civil.city_time(slot.booking_opens_at):%Y-%m-%d %H:%M}")
    return SlotFull()


@transaction.atomic
def confirm(*, booking: Booking, now: datetime) -> list[Booking]:
    """The group's held places are promised; confirming again changes nothing.

    Messages are owed in the same transaction. Refuses: HoldExpired.
    """
    group = Booking.objects.filter(group_id=booking.group_id).order_by("pk")
    bookings = list(group.select_for_update())
    present = next(b for b in bookings if b.pk == booking.pk)
    if present.state == Booking.State.CONFIRMED:
        return [b for b in bookings if b.state == Booking.State.CONFIRMED]
    held = [b for b in bookings if b.state == Booking.State.HELD]
    if present not in held or any(b.hold_expires_at and b.hold_expires_at <= now for b in held):
        raise HoldExpired
    for one in held:
        one.state, one.confirmed_at = Booking.State.CONFIRMED, now
        one.save(update_fields=["state", "confirmed_at"])
        record(one, "confirmed", now=now, was=Booking.State.HELD)
        reminding.promise(booking=one, now=now)
    return held


def find(reference: str, secret: str) -> Booking:
    """The booking, for the holder of its secret. Raises NotFound, the same for both."""
    booking = (
        Booking.objects.filter(reference=reference.strip().upper())
        .select_related("slot", "hall", "matter", "group", "ticket")
        .first()
        if "\x00" not in reference
        else None
    )
    if not secret_matches(reference.strip().upper(), secret) or booking is None:
        raise NotFound
    return booking
