"""The waiting room: fair order, computed turns, and the guard before a hold. C30."""

from datetime import timedelta
from functools import partial
from random import Random

import pytest

from appointments import admitting
from appointments.admitting import (
    RoomFirst,
    RoomNotOpen,
    RoomOver,
    Turn,
    enter,
    hours_of,
    lot_of,
    open_rooms,
    place_of,
    require,
    room_before,
    standing,
)
from appointments.housekeeping import forget
from appointments.limiting import TooManyAsked
from appointments.models import RoomPlace, WaitingRoom
from appointments.puzzling import WorkNeeded, WorkNotValid, challenge_for
from config.refusals import NotFound
from tests.conftest import NOON, an_id, make_session, race, slot_at
from tests.integration.appointments.test_puzzling import solved
from windows.models import HallSession, Rule, Slot

RELEASE = NOON + timedelta(minutes=10)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def number(n: int) -> str:
    return an_id(n).number


@pytest.fixture
def room(db) -> WaitingRoom:
    """Opens at 11:55, releases at 12:10, lets in 60 a minute, closes at 12:40."""
    Rule.objects.create(name="room_admits_a_minute", value=60, effective_on=NOON.date())
    return room_before(RELEASE)


@pytest.fixture
def hot(hall, windows):
    """A session whose places are released at 12:10 behind a waiting room."""
    session = make_session(hall, windows)
    HallSession.objects.filter(pk=session.pk).update(release="room", booking_opens_at=RELEASE)
    Slot.objects.filter(session=session).update(booking_opens_at=RELEASE)
    return slot_at(session, 15)


def come(room, n, now=NOON, address=None, work=""):
    address = address or f"192.0.2.{n % 250}"
    return enter(room=room, id_number=number(n), address=address, work=work, now=now)


def numbers(room) -> list[int | None]:
    return list(room.places.order_by("pk").values_list("number", flat=True))


def test_a_release_has_one_room(db):
    outcomes = {room_before(RELEASE).pk for _ in range(3)}

    assert len(outcomes) == WaitingRoom.objects.count() == 1


def test_rooms_are_opened_for_every_release_to_come(hot):
    assert open_rooms(now=NOON) == open_rooms(now=NOON) == 1
    assert WaitingRoom.objects.get().releases_at == RELEASE
    assert open_rooms(now=RELEASE) == 0


def test_one_comes_in_while_the_room_stands(room):
    hours = hours_of(RELEASE)

    with pytest.raises(RoomNotOpen, match=r"11:55"):
        come(room, 1, now=hours.opens_at - SECOND)
    with pytest.raises(RoomOver):
        come(room, 1, now=hours.closes_at)
    assert come(room, 1, now=hours.opens_at).number is None
    assert come(room, 2, now=hours.closes_at - SECOND).number == 2


def test_the_early_ones_stand_by_lot_and_the_late_ones_behind(room):
    early = [come(room, n) for n in range(30)]
    late = [come(room, n, now=RELEASE + SECOND) for n in range(30, 40)]

    by_lot = sorted(early, key=lambda place: place.lot)
    order = room.places.filter(pk__in=[p.pk for p in early]).order_by("number")
    assert [place.pk for place in order] == [place.pk for place in by_lot]
    assert sorted(place.number for place in order) == list(range(1, 31))
    assert [place.number for place in late] == list(range(31, 41))


def test_turns_follow_from_number_and_clock(room):
    places = [come(room, n) for n in range(90)]
    assert {standing(place, RELEASE - SECOND).turn for place in places} == {Turn.EARLY}

    after = [standing(place_of(place.token), RELEASE + MINUTE) for place in places]
    waiting = [one for one in after if one.turn == Turn.WAITING]
    assert sum(one.turn == Turn.ADMITTED for one in after) == 60
    assert sorted(one.before for one in waiting) == list(range(30))
    assert {one.minutes for one in waiting} == {1}


def test_a_turn_lasts_a_quarter_of_an_hour_and_one_can_come_again(room):
    place = come(room, 1)
    begins = RELEASE + SECOND  # number 1 at sixty a minute

    assert standing(place, begins).turn == Turn.ADMITTED
    assert standing(place, begins).admitted_until == begins + 15 * MINUTE
    assert standing(place, begins + 15 * MINUTE).turn == Turn.PASSED
    again = come(room, 1, now=begins + 16 * MINUTE)
    assert again.number == 2
    assert standing(again, begins + 16 * MINUTE).turn == Turn.ADMITTED
    assert standing(again, RELEASE + 30 * MINUTE).turn == Turn.OVER


def test_a_hundred_browsers_of_one_person_have_one_lot(room):
    """Mutant: a random lot per place; then somebody with many browsers is nearly always
    among the first (see `test_a_crowd_of_browsers_is_no_advantage`)."""
    mine = [come(room, 1, address=f"198.51.100.{n}") for n in range(100)]
    others = [come(room, n) for n in range(2, 12)]
    told = {standing(place, RELEASE + SECOND).turn for place in mine}
    everybody = [place_of(place.token) for place in [*mine, *others]]
    shared = {admitting._number_of(place, RELEASE + SECOND) for place in everybody}

    assert len(told) == 1
    assert shared == set(range(1, 12)), "eleven people, eleven numbers"
    assert WaitingRoom.objects.get().last_number == 11


def test_a_place_tells_nothing_about_who_else_came(room):
    """Somebody types another's number: the answers are the same whether or not the owner
    is in the room, before the release and, from the same moment on, after it."""
    strangers_alone = come(room, 1)
    alone = standing(strangers_alone, RELEASE + SECOND)
    RoomPlace.objects.all().delete()
    WaitingRoom.objects.update(numbered_at=None, last_number=0)
    come(room_before(RELEASE), 1, address="203.0.113.1")  # the owner
    beside = come(room_before(RELEASE), 1)

    assert standing(beside, NOON) == standing(strangers_alone, NOON)
    assert standing(beside, RELEASE + SECOND) == alone


def order_of(room) -> list[int]:
    """The places' order of coming, read in the order of their turns."""
    coming = {pk: n for n, pk in enumerate(room.places.order_by("pk").values_list("pk", flat=True))}
    return [coming[pk] for pk in room.places.order_by("number").values_list("pk", flat=True)]


def fill(room, people, now=NOON):
    """Many come in at once, as `enter` would write them."""
    RoomPlace.objects.bulk_create(
        RoomPlace(room=room, came_at=now, lot=lot_of(RELEASE, one)) for one in people
    )
    admitting._number_early(room, RELEASE)


def mean_turn_of_first_hundred(order) -> float:
    return sum(turn for turn, came in enumerate(order) if came < 100) / 100


def test_the_shuffle_does_not_favour_who_came_first(room):
    """With 1,000 people the mean turn of the first hundred has mean 499.5 and standard
    deviation 27.4; five of them are allowed. The mutant below is far outside."""
    fill(room, [f"person {n}" for n in range(1000)])

    assert abs(mean_turn_of_first_hundred(order_of(room)) - 499.5) < 5 * 27.4


def test_an_order_of_coming_would_be_seen(room, monkeypatch):
    """Mutant: numbers by arrival."""
    biased = admitting.NUMBER_EARLY.replace("ORDER BY lot) AS number", "ORDER BY id) AS number")
    monkeypatch.setattr(admitting, "NUMBER_EARLY", biased)
    fill(room, [f"person {n}" for n in range(1000)])

    assert mean_turn_of_first_hundred(order_of(room)) == 49.5


def test_lots_are_spread_evenly(db):
    """Chi-square over 16 classes of 8,000 lots; 44.3 is passed once in ten thousand."""
    counts = [0] * 16
    for n in range(8000):
        counts[lot_of(RELEASE, f"person {n}") >> 58] += 1

    assert sum((count - 500) ** 2 / 500 for count in counts) < 44.3


def share_of_first(room, crowd: set[int], count=100) -> float:
    lots = room.places.order_by("number").filter(number__lte=count).values_list("lot", flat=True)
    return sum(lot in crowd for lot in lots) / count


def test_a_crowd_of_browsers_is_no_advantage(room):
    """3,000 browsers share 100 numbers, 500 people have one each: of the first hundred
    turns the crowd has about 16.7 (standard deviation 3.4)."""
    crowd = [f"crowd {n}" for n in range(100)]
    people = [f"person {n}" for n in range(500)]
    arrivals = crowd * 30 + people
    Random(7).shuffle(arrivals)
    fill(room, arrivals)

    share = share_of_first(room, {lot_of(RELEASE, one) for one in crowd})
    assert share <= 100 / 600 + 3 * 0.034


def test_with_a_lot_for_each_browser_the_crowd_takes_the_room(room, monkeypatch):
    """Mutant: the lot is drawn for the browser."""
    arrivals = [f"browser {n}" for n in range(3000)] + [f"person {n}" for n in range(500)]
    fill(room, arrivals)

    share = share_of_first(room, {lot_of(RELEASE, one) for one in arrivals[:3000]})
    assert share > 0.7


def test_beyond_an_addresss_share_work_is_needed(room):
    Rule.objects.create(name="room_free_an_hour", value=2, effective_on=NOON.date())
    Rule.objects.create(name="room_most_an_hour", value=3, effective_on=NOON.date())
    here = partial(come, room, address="192.0.2.1")
    here(1)
    here(2)

    with pytest.raises(WorkNeeded) as refusal:
        here(3)
    with pytest.raises(WorkNotValid):
        here(3, work=solved(challenge_for("code", now=NOON)))
    assert here(3, work=solved(refusal.value.challenge)).pk
    with pytest.raises(TooManyAsked):
        here(4, work=solved(challenge_for("room", now=NOON)))
    come(room, 5)  # others come in


@pytest.mark.parametrize("token", ["", "x", "\x00", "a" * 22])
def test_an_unknown_token_has_no_place(db, token):
    with pytest.raises(NotFound):
        place_of(token)


def ask(slot, place, n, now):
    tokens = [place.token] if place else ["", "\x00", "x" * 22]
    require(slot_id=slot.pk, tokens=tokens, id_numbers=[number(n), number(90)], now=now)


def test_only_people_whose_turn_it_is_may_book(hot, room):
    place = come(room, 1)
    turn = RELEASE + SECOND

    for one, n, now in [(None, 1, turn), (place, 1, RELEASE), (place, 2, turn)]:
        with pytest.raises(RoomFirst) as refusal:
            ask(hot, one, n, now)
        assert refusal.value.body()["room"] == room.pk
    ask(hot, place, 1, turn)
    with pytest.raises(RoomFirst):
        ask(hot, place, 1, turn + 15 * MINUTE)
    ask(hot, None, 1, RELEASE + 30 * MINUTE)  # the room is over
    ask(hot, None, 1, RELEASE - 16 * MINUTE)  # too early for a room; the hold says when


def test_another_rooms_turn_is_none(hot, room):
    other = room_before(RELEASE - MINUTE)
    place = come(other, 1)

    with pytest.raises(RoomFirst):
        ask(hot, place, 1, RELEASE + SECOND)


def test_other_sessions_have_no_guard(session):
    ask(slot_at(session, 15), None, 1, NOON)
    assert not WaitingRoom.objects.exists()


def test_rooms_are_forgotten_after_a_day(room):
    come(room, 1)

    forget(now=RELEASE + timedelta(hours=23))
    assert WaitingRoom.objects.count() == 1
    forget(now=RELEASE + timedelta(hours=25))
    assert not RoomPlace.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_numbers_are_given_once_in_the_minute_of_the_release(room):
    """Early ones come in while others look and late ones stand behind.

    Mutant: without FOR SHARE in `_is_early` somebody who commits after the numbering has
    no number; without the lock in `_number_early` the numbers are given twice."""
    early = [partial(come, room, n) for n in range(12)]
    late = [partial(come, room, n, now=RELEASE + SECOND) for n in range(12, 24)]
    mixed = [one for pair in zip(early, late, strict=True) for one in pair]

    race(*mixed)
    given = [
        admitting._number_of(place, RELEASE + SECOND)
        for place in RoomPlace.objects.select_related("room")
    ]

    assert sorted(given) == list(range(1, 25))
    assert WaitingRoom.objects.get().last_number == 24
