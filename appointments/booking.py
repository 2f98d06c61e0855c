"""Booking: hold places for people who come together. How they are confirmed: confirming.py.

Who comes by a session's own link has minutes of its reserved share while all of them fit
there, and online minutes else.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from appointments.allowing import (
    OnlineClosed,
    PersonNotOnline,
    TooManyCancelled,
    TooManyForPhone,
    TooManyHolds,
    TooManyVisits,
    check_limits,
)
from appointments.attending import (
    CHILD_BELOW,
    AgeNotFitting,
    Attendee,
    ChainTooLong,
    GuardianMissing,
    SamePersonTwice,
    TooManyPeople,
    Visit,
    check_people,
    visits_of,
)
from appointments.claiming import (
    lock_people,
    lock_slots,
    phone_facts,
    run_claim,
    visit_facts,
)
from appointments.messaging.wishes import write_by_email
from appointments.models import Booking
from appointments.offering import last_day
from appointments.returning import reclaim, release
from appointments.sealing import booking_secret
from config import civil
from config.refusals import Refusal, refusing
from windows.links import CameBy
from windows.models import Matter, Slot
from windows.rules import rules

__all__ = [  # what a hold may raise or takes, for those who call it
    "CHILD_BELOW",
    "AgeNotFitting",
    "Attendee",
    "ChainTooLong",
    "GuardianMissing",
    "OnlineClosed",
    "PersonNotOnline",
    "SamePersonTwice",
    "TooManyCancelled",
    "TooManyForPhone",
    "TooManyHolds",
    "TooManyPeople",
    "TooManyVisits",
    "check_limits",
]
NUMBERS = [
    "hold_minutes",
    "group_max",
    "chain_max",
    "horizon_days",
    "needs_more_percent",
    "limit_days",
    "person_bookings_most",
    "person_cancels_most",
    "phone_people_most",
    "phone_holds_most",
]


class SlotFull(Refusal):
    code = "slot_full"
    message = _("This time has just been taken. Please choose another one.")
    field = "slot"
    is_kept = False  # so that a kept answer tells nothing about a person


class SlotGone(Refusal):
    code = "slot_gone"
    message = _("This time can no longer be booked. Please choose another one.")
    field = "slot"


class NotReleased(Refusal):
    code = "not_released"
    message = _("This time can be booked from %(opens)s.")
    field = "slot"
    is_kept = False  # so that a kept answer tells nothing about a person


class AlreadyBooked(Refusal):
    code = "already_booked"
    message = _("One of these people already has an open booking for this matter.")
    field = "people"


class VisitThatDay(Refusal):
    code = "visit_that_day"
    message = _("One of these people already has a booking on that day.")
    field = "people"


TAKEN: dict[str, type[Refusal]] = {
    "booking_person_once_per_matter": AlreadyBooked,
    "booking_person_one_visit_a_day": VisitThatDay,
}


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


@transaction.atomic
def hold(
    *,
    slot_id: int,
    matter: Matter,
    people: list[Attendee],
    phone: str | None,
    now: datetime,
    language: str = "zh-hans",
    channel: str = "online",
    by_id: int | None = None,
    simulated: bool = False,
    expires_at: datetime | None = None,
    early: bool = False,
    limited: bool = True,
    link: CameBy | None = None,
    email: str = "",
) -> Held:
    """Places in the slot (or it and the next one) are held for all of them, or for none.

    Each person has a booking per matter; the hold ends by itself at `expires_at`, after
    `hold_minutes` when not given. `early` does not wait for release and horizon (an offer,
    a drawn place); `limited` False passes over limits per person and phone (staff, offers).
    `link` counts in its own session; with `email` their messages go there.
    Refuses: TooManyPeople, SamePersonTwice, ChainTooLong, AgeNotFitting, GuardianMissing,
    OnlineClosed, TooManyVisits, TooManyCancelled, TooManyForPhone, TooManyHolds,
    PersonNotOnline, SlotFull, SlotGone, NotReleased, AlreadyBooked, VisitThatDay.
    """
    today = civil.city_date(now)
    numbers = rules(NUMBERS, hall=None, day=today)
    most, chain_most = numbers["group_max"], numbers["chain_max"]
    check_people(people, matter, most=most, chain_most=chain_most, today=today)
    visits = visits_of(people, matter, more_percent=numbers["needs_more_percent"])
    facts = {
        **_asked(slot_id, channel, link, now=now, ahead=numbers["horizon_days"]),
        "expires": expires_at or now + timedelta(minutes=numbers["hold_minutes"]),
        "early": early,
        "by": by_id,
        "language": language,
        "simulated": simulated,
        **phone_facts(phone),
        **visit_facts(visits),
    }
    lock_people(facts["indexes"], facts["phone_index"])
    if limited:
        check_limits(facts, numbers)
    held = _held(_claim(facts, visits, slot_id), facts)
    if email:
        write_by_email(held.group_id, email)
    return held


def _asked(
    slot_id: int, channel: str, link: CameBy | None, *, now: datetime, ahead: int
) -> dict[str, Any]:
    """The slot, until when days can be booked, and the channels in which room is looked for."""
    counts = link and Slot.objects.filter(pk=slot_id, session_id=link.session_id).exists()
    channels = ["reserved", channel] if link and counts and link.reserves else [channel]
    return {
        "slot": slot_id,
        "channels": channels,
        "link": link.link_id if link and counts else None,
        "now": now,
        "last_day": civil.city_date(now) + timedelta(days=ahead),
    }


def _held(rows: list[tuple], facts: dict[str, Any]) -> Held:
    """What is told of the claimed rows. Refuses: SlotFull, SlotGone, NotReleased."""
    if not rows:
        raise _reason(facts["slot"], facts["now"])
    starts = {reference: at for _group, reference, at in rows}
    return Held(
        group_id=rows[0][0],
        bookings=[
            HeldBooking(ref, booking_secret(ref), facts["expires"], starts[ref])
            for ref in facts["references"]
        ],
    )


def _claim(facts: dict[str, Any], visits: list[Visit], slot_id: int) -> list[tuple]:
    """Claims; once more after freeing what the same phone holds for the same people."""
    try:
        return _place(facts, visits, slot_id)
    except (AlreadyBooked, VisitThatDay) as refusal:
        if _free_own_holds(facts, slot_id):
            return _place(facts, visits, slot_id)
        raise _as_told(refusal, facts) from refusal


def _place(facts: dict[str, Any], visits: list[Visit], slot_id: int) -> list[tuple]:
    """Claims in the first of the channels that has room for all of them."""
    for channel in facts["channels"][:-1]:
        with suppress(SlotFull):
            if rows := _place_in({**facts, "channel": channel}, visits, slot_id):
                return rows
    return _place_in({**facts, "channel": facts["channels"][-1]}, visits, slot_id)


def _place_in(facts: dict[str, Any], visits: list[Visit], slot_id: int) -> list[tuple]:
    """Claims in the slot, else in it and the next; once more with what they left here."""
    rows = _run(facts, [slot_id] * len(visits)) or _run_in_two(facts, visits, slot_id)
    own = {"id_indexes": facts["indexes"], "phone_index": facts["phone_index"]}
    own |= {"channel": facts["channel"], "minutes": sum(facts["minutes"])}
    if rows or not reclaim(slot_id=slot_id, now=facts["now"], **own):
        return rows
    return _run(facts, [slot_id] * len(visits)) or _run_in_two(facts, visits, slot_id)


def _run(facts: dict[str, Any], of_slot: list[int]) -> list[tuple]:
    with refusing(TAKEN):
        rows = run_claim(facts, of_slot)
        if not rows and len(set(of_slot)) > 1:
            raise SlotFull  # gives back the one slot that had room
        return rows


def _run_in_two(facts: dict[str, Any], visits: list[Visit], slot_id: int) -> list[tuple]:
    """What one slot cannot hold takes the rest in the adjacent slot, in order."""
    if len(visits) < 2:
        return []
    slot = Slot.objects.filter(pk=slot_id, is_open=True).first()
    following = slot and Slot.objects.filter(
        session_id=slot.session_id, starts_at=slot.ends_at, is_open=True
    )
    other = following.first() if following else None
    if slot is None or other is None:
        return []
    channel = facts["channel"]
    room = getattr(slot, f"{channel}_quota") - getattr(slot, f"{channel}_taken")
    of_slot = []
    for visit in visits:
        room -= visit.minutes
        of_slot.append(slot_id if room >= 0 else other.pk)
    if set(of_slot) != {slot_id, other.pk}:
        return []
    lock_slots(of_slot)
    return _run(facts, of_slot)


def _free_own_holds(facts: dict[str, Any], slot_id: int) -> bool:
    """Ends holds of these people that are over, or that this very phone holds elsewhere.

    Together they let a person who goes back and chooses again go on; a stranger's hold
    and a confirmed booking stand. Where nobody chose (`early`: an offer, a drawn place) only
    what is over ends. Their slots are locked first, as everywhere.
    """
    day = Slot.objects.filter(pk=slot_id).values("service_day")
    blocking = Booking.objects.filter(
        Q(matter_id__in=facts["matters"]) | Q(service_day__in=day),
        id_index__in=facts["indexes"],
        state=Booking.State.HELD,
    )
    mine = Q(hold_expires_at__lte=facts["now"])
    if facts["phone_index"] and not facts["early"]:
        mine |= Q(group__phone_index=facts["phone_index"])
    found = list(blocking.filter(mine).values_list("pk", "slot_id"))
    lock_slots([slot_id, *(slot for _pk, slot in found)])
    held = Booking.objects.filter(pk__in=[pk for pk, _slot in found], state=Booking.State.HELD)
    bookings = list(held.select_for_update(of=("self",)).order_by("pk"))
    for booking in bookings:
        release(booking, Booking.State.EXPIRED, "expired", now=facts["now"])
    return bool(bookings)


def _as_told(refusal: Refusal, facts: dict[str, Any]) -> Refusal:
    """The true reason for staff and for the phone that made the open bookings."""
    refusal = same_matter_first(refusal, zip(facts["indexes"], facts["of_matter"], strict=True))
    if facts["by"] is not None:
        return refusal
    before = Booking.objects.filter(id_index__in=facts["indexes"], state__in=Booking.OPEN)
    strange = before.exclude(group__phone_index=facts["phone_index"])
    return PersonNotOnline() if strange.exists() else refusal


def same_matter_first(refusal: Refusal, wanted: Iterable[tuple[bytes, int]]) -> Refusal:
    """Whoever has an open booking for the matter hears of that, though it is on the same day:
    which of the two constraints breaks first is the order in which a database was restored."""
    if not isinstance(refusal, VisitThatDay):
        return refusal
    same = reduce(or_, (Q(id_index=person, matter=matter) for person, matter in wanted))
    there = Booking.objects.filter(same, state__in=Booking.OPEN).exists()
    return AlreadyBooked() if there else refusal


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
