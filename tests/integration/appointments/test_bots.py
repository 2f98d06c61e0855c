"""Ten thousand scripted bots against five hundred people. # C30

What the bots have: 100 ID numbers of real people who lend them, as many phones, browsers
and tries as they like, and speed. 500 people have one number each. The scarce thing that
cannot be made up is the valid ID number, so the bots' fair share is 100 of 600.

A number that is made up has a wrong check character ten times out of eleven and is
refused while it is read. The eleventh passes: to us it is as good as any other until its
owner should stand at the window, where the card is looked at; there is none, and the
place ends in nobody served. So two shares are asked for: of confirmed places, where made-up
numbers count among the valid ones, and of places that end in a person served.

Shares in a lot scatter: three standard deviations are allowed. The mutants stand far
outside: first come, first served without a room, and places that come back at once.
"""

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from math import sqrt
from random import Random

import pytest
from django.core.exceptions import ValidationError
from django.db.models import F

from appointments.admitting import RoomFirst, _number_early, hours_of, lot_of, require, room_before
from appointments.attending import Attendee, sealed_person
from appointments.booking import SlotFull, hold
from appointments.cancelling import cancel
from appointments.confirming import confirm, find
from appointments.drawing import announce, draw_now
from appointments.housekeeping import expire_holds
from appointments.id_numbers import clean_id_number
from appointments.invariants import holds as broken
from appointments.models import Booking, DrawEntry, DrawPerson, ReturningPlace, RoomPlace
from appointments.registering import AlreadyRegistered, Registration, register
from appointments.returning import return_due
from appointments.sealing import blind_index, seal, unseal
from config.refusals import Refusal
from tests.conftest import DAY, NOON, an_id, make_session
from windows.models import HallSession, Rule, Slot

pytestmark = pytest.mark.django_db
BOTS, LENT, MADE_UP, PEOPLE = 10_000, 100, 60, 500
RELEASE, SECOND, MINUTE = NOON + timedelta(minutes=10), timedelta(seconds=1), timedelta(minutes=1)
PLACES = 96  # sixteen half hours with six places each
READS = 20 * SECOND  # a person looks at the page before pressing; a bot does not
lent = [an_id(n).number for n in range(LENT)]
people = [an_id(n).number for n in range(LENT, LENT + PEOPLE)]
made_up = [an_id(n, born="19800229").number for n in range(MADE_UP)]
REAL = {*lent, *people}
REAL_LENT = set(lent)
chance = Random(30)


def typed_by_bots() -> list[str]:
    """One number per bot: mostly invented ones, then those that pass, over and over."""
    good = [*lent, *made_up] * 6
    wrong = [f"{number[:17]}{'0' if number[17] != '0' else '1'}" for number in good]
    return [*good, *(wrong * 10)[: BOTS - len(good)]]


def read(numbers: list[str]) -> Iterator[str]:
    """What gets past the first look."""
    for number in numbers:
        try:
            yield clean_id_number(number, today=DAY).number
        except ValidationError as error:
            assert error.code == "id_check"  # noqa: PT017


def phone_of(number: str) -> str:
    return f"+86139{int(number[6:17]) % 10**8:08d}"


def take(number: str, slot: int, now: datetime, matter):
    person = Attendee(name="陈小宁", id_number=clean_id_number(number, today=DAY))
    held = hold(slot_id=slot, matter=matter, people=[person], phone=phone_of(number), now=now)
    return find(held.bookings[0].reference, held.bookings[0].secret)


def open_slots() -> list[int]:
    free = Slot.objects.filter(online_taken__lte=F("online_quota") - 6)
    return list(free.order_by("pk").values_list("pk", flat=True))


@pytest.fixture
def hot(hall, windows) -> HallSession:
    """In three days, 96 places, released at 12:10 behind a waiting room."""
    session = make_session(hall, windows, day=DAY + timedelta(days=3), online=36)
    HallSession.objects.filter(pk=session.pk).update(release="room", booking_opens_at=RELEASE)
    Slot.objects.filter(session=session).update(booking_opens_at=RELEASE)
    return session


def owner(booking: Booking) -> str:
    return unseal(booking.id_sealed, purpose="id_number")


def shares() -> tuple[float, float, int]:
    """The bots' share of confirmed places, and of those that end in a person served."""
    owners = [owner(one) for one in Booking.objects.filter(state="confirmed")]
    of_bots = [number for number in owners if number not in set(people)]
    served = [number for number in owners if number in REAL]  # the card is looked at
    of_bots_served = [number for number in served if number in REAL_LENT]
    return len(of_bots) / len(owners), len(of_bots_served) / len(served), len(served)


def at_most(fair: float, places: int) -> float:
    return fair + 3 * sqrt(fair * (1 - fair) / places)


def is_fair() -> bool:
    confirmed, served, places = shares()
    by_number = at_most((LENT + MADE_UP) / (LENT + MADE_UP + PEOPLE), PLACES)
    return confirmed <= by_number and served <= at_most(LENT / (LENT + PEOPLE), places)


def crowd_the_room(room) -> dict[int, str]:
    """Everybody is in before the release, the bots first; returns whose lot is whose."""
    arrivals = [*read(typed_by_bots()), *people]
    lots = {lot_of(RELEASE, number): number for number in arrivals}
    RoomPlace.objects.bulk_create(
        RoomPlace(room=room, came_at=NOON, lot=lot_of(RELEASE, number)) for number in arrivals
    )
    return lots


def turns(room, lots: dict[int, str]) -> list[tuple[datetime, str, RoomPlace]]:
    """When each one presses: bots as soon as they may, people when they have looked."""
    one = MINUTE / room.admits_per_minute
    first = room.places.filter(number__isnull=False).select_related("room").order_by("number")
    presses = []
    for place in first:
        number = lots[place.lot]
        begins = RELEASE + place.number * one
        presses.append((begins + (READS if number in set(people) else 0 * SECOND), number, place))
    return sorted(presses, key=lambda press: press[0])


def press_in_turn(room, renewal, lots) -> list[Booking]:
    """Holds, as the room lets them in, until nothing is left."""
    held = []
    for now, number, place in turns(room, lots):
        if not (free := open_slots()):
            break
        slot = chance.choice(free)
        require(slot_id=slot, tokens=[place.token], id_numbers=[number], now=now)
        held.append(take(number, slot, now, renewal))
    return held


def play_tricks(held: list[Booking], now: datetime, renewal) -> int:
    """Bots hold again, let holds go, cancel and grab for another; people confirm.

    Returns how many places were handed over."""
    handed_over = 0
    idle = [number for number in lent if number not in {owner(one) for one in held}]
    for n, booking in enumerate(held):
        mine = owner(booking)
        if mine in set(people):
            confirm(booking=booking, now=now)
        elif n % 4 == 0:
            continue  # lets it expire, to come again
        else:
            confirm(booking=booking, now=now)
            with pytest.raises(Refusal):  # the same number twice
                take(mine, booking.slot_id, now, renewal)
            handed_over += n % 4 == 1 and hand_over(booking, idle.pop(), now, renewal)
    return handed_over


def hand_over(booking: Booking, to: str, now: datetime, renewal) -> bool:
    cancel(booking=booking, now=now)
    return_due(now=now)
    try:
        return bool(confirm(booking=take(to, booking.slot_id, now, renewal), now=now))
    except SlotFull:
        return False


def take_what_comes_back(now: datetime, renewal) -> None:
    """The worst case for people: whatever comes back, a bot without a place sees it first."""
    expire_holds(now=now)
    return_due(now=now + 11 * MINUTE)
    later = now + 11 * MINUTE
    for number in [*lent, *people]:
        if not (free := open_slots()):
            return
        try:
            confirm(booking=take(number, free[0], later, renewal), now=later)
        except Refusal:
            continue


def test_bots_have_no_more_than_their_share_behind_a_waiting_room(hot, renewal):
    room = room_before(RELEASE)
    type(room).objects.update(admits_per_minute=10)
    room.refresh_from_db()
    lots = crowd_the_room(room)
    _number_early(room, RELEASE)
    with pytest.raises(RoomFirst):  # without the room, or with another's turn, nobody
        require(slot_id=open_slots()[0], tokens=[], id_numbers=[lent[0]], now=RELEASE + SECOND)
    held = press_in_turn(room, renewal, lots)
    assert len(held) == PLACES
    after = hours_of(RELEASE).closes_at
    assert play_tricks(held, min(after, RELEASE + 14 * MINUTE), renewal) == 0
    take_what_comes_back(after, renewal)

    assert Booking.objects.filter(state="confirmed").count() >= PLACES - LENT // 10
    assert is_fair(), shares()
    assert broken(after) == []


def test_over_many_releases_the_share_is_exactly_theirs():
    """One room scatters. Over 300 releases the bots' mean share of the first 96 turns may
    be off by three of its standard deviations: less than one percent. Needs no database."""
    means = []
    for n in range(300):
        release = RELEASE + n * MINUTE
        first = sorted([*lent, *people], key=lambda number: lot_of(release, number))[:PLACES]
        means.append(sum(number in REAL_LENT for number in first) / PLACES)

    fair = LENT / (LENT + PEOPLE)
    deviation = sqrt(fair * (1 - fair) / PLACES / len(means))
    assert abs(sum(means) / len(means) - fair) < 3 * deviation < 0.01


def test_first_come_first_served_without_a_room_is_not_fair(hot, renewal):
    """Mutant: no room. The bots are there in the first second."""
    for number in [*lent, *people]:
        free = open_slots()
        if not free:
            break
        confirm(booking=take(number, free[0], RELEASE, renewal), now=RELEASE)

    assert shares()[1] > 0.9
    assert not is_fair()


def test_bots_have_no_more_than_their_share_of_a_draw(hot, renewal, monkeypatch):
    seeded = Random(31)
    monkeypatch.setattr(secrets, "token_bytes", seeded.randbytes)
    monkeypatch.setattr(secrets, "token_urlsafe", lambda n=16: seeded.randbytes(n).hex()[:22])
    ends = NOON + timedelta(hours=2)
    draw = announce(session=hot, registers_from=NOON, registers_until=ends, now=NOON)
    entered = partial(enter_draw, draw, renewal)

    tried = list(read(typed_by_bots()))[: LENT + MADE_UP + 40]
    outcomes = [entered(number) for number in tried]
    enter_many(like=outcomes[0], numbers=people)
    draw_now(draw_id=draw.pk, now=ends)
    for booking in Booking.objects.filter(state="held"):
        confirm(booking=booking, now=ends + MINUTE)

    assert outcomes.count(AlreadyRegistered) == 40
    assert DrawEntry.objects.count() == LENT + MADE_UP + PEOPLE
    assert Booking.objects.filter(state="confirmed").count() == PLACES
    assert is_fair(), shares()


def enter_draw(draw, renewal, number: str):
    person = Attendee(name="陈小宁", id_number=clean_id_number(number, today=DAY))
    asked = Registration(matter=renewal, people=[person], wishes=(), any_other=True)
    try:
        return register(draw=draw, asked=asked, phone=phone_of(number), now=NOON)
    except Refusal as refusal:
        return type(refusal)


def enter_many(*, like: DrawEntry, numbers: list[str]) -> None:
    """Entries as `register` would write them, all at once."""
    entries = DrawEntry.objects.bulk_create(
        DrawEntry(
            draw=like.draw, matter=like.matter, minutes=like.minutes, wishes=like.wishes,
            phone_sealed=seal(phone_of(number), purpose="phone"),
            phone_index=blind_index(phone_of(number), purpose="phone"),
            language=like.language, made_at=NOON,
        )
        for number in numbers
    )  # fmt: skip
    attending = [
        sealed_person(Attendee(name="陈小宁", id_number=clean_id_number(number, today=DAY)))
        for number in numbers
    ]
    DrawPerson.objects.bulk_create(
        DrawPerson(entry=entry, draw=like.draw, **person)
        for entry, person in zip(entries, attending, strict=True)
    )


@pytest.fixture
def sold(hot, renewal) -> list[Booking]:
    """Twelve places that bots have booked to sell, in slots that are full."""
    slots = Slot.objects.filter(session=hot).order_by("pk")
    slots.update(booking_opens_at=NOON, online_quota=6, walkin_quota=F("minutes") - 6)
    chosen = list(slots.values_list("pk", flat=True)[:12])
    booked = [take(number, slot, NOON, renewal) for number, slot in zip(lent, chosen, strict=False)]
    for one in booked:
        confirm(booking=one, now=NOON)
    return booked


def test_a_place_cannot_be_handed_over(sold, renewal):
    buyers = people[: len(sold)]
    pairs = list(zip(sold, buyers, strict=True))

    assert [hand_over(one, buyer, NOON, renewal) for one, buyer in pairs] == [False] * 12
    waits = [place.returns_at - place.left_at for place in ReturningPlace.objects.all()]
    assert min(waits) >= MINUTE
    assert max(waits) <= 10 * MINUTE
    assert len(set(waits)) == 12, "nobody can know when to press"


def test_without_cooling_off_every_place_is_handed_over(sold, renewal):
    """Mutant: a place that is given up is on offer at once."""
    for name in ("cooling_min_minutes", "cooling_max_minutes"):
        Rule.objects.create(name=name, value=0, effective_on=NOON.date())

    assert all(
        hand_over(one, buyer, NOON, renewal)
        for one, buyer in zip(sold, people[: len(sold)], strict=True)
    )


def test_a_number_is_booked_once_however_often_it_is_tried(sold, renewal):
    for number in lent[:12] * 3:
        with pytest.raises(Refusal):
            take(number, chance.choice(open_slots()), NOON, renewal)

    assert Booking.objects.filter(state__in=["held", "confirmed"]).count() == 12
