"""The waiting list: joining, offers, answers, nights. # C31"""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from appointments import housekeeping
from appointments.answering_offers import (
    NoOffer,
    NotWaiting,
    kept_places,
    leave,
    let_pass,
    settle,
    take,
)
from appointments.attending import Attendee
from appointments.booking import AlreadyBooked, PersonNotOnline, SlotFull, TooManyPeople, hold
from appointments.changing import cancel
from appointments.confirming import HoldExpired, confirm
from appointments.models import (
    Booking,
    Message,
    ReturningPlace,
    WaitEntry,
    WaitOffer,
    WaitPerson,
)
from appointments.offering_back import offer_free
from appointments.returning import return_due
from appointments.sealing import link_secret, unseal
from appointments.waitlist import (
    AlreadyWaiting,
    DaysNotFitting,
    NoHallChosen,
    before,
    end_over,
    find,
    join,
    latest_day,
)
from appointments.withdrawing import withdraw_session
from config import civil
from config.refusals import NotFound
from tests.concurrency.asking import nothing_is_broken
from tests.conftest import DAY, NOON, PHONE, a_person, an_id, make_session, slot_at
from windows.models import HallSession, Slot

pytestmark = pytest.mark.django_db
State = WaitEntry.State
TOMORROW = DAY + timedelta(days=1)
COOLED = timedelta(minutes=10)
EVERYWHERE: dict[str, Any] = {"first": DAY, "last": DAY + timedelta(days=7)}


@pytest.fixture
def wait(hall, renewal):
    """Joins the list: person n with a phone of their own."""

    def joined(*numbers: int, now: datetime = NOON, **wish: Any) -> WaitEntry:
        facts = {"matter": renewal, "halls": [hall], **EVERYWHERE} | wish
        people = facts.pop("people", [a_person(n) for n in numbers])
        phone = facts.pop("phone", f"+86138{numbers[0] if numbers else 0:08d}")
        return join(people=people, phone=phone, now=now, **facts)

    return joined


@pytest.fixture
def full(hall, windows) -> HallSession:
    """A session of tomorrow whose half-hours have room for one renewal each."""
    return make_session(hall, windows, day=TOMORROW, online=6)


def at(hour: int, minute: int = 0, day: date = DAY) -> datetime:
    return civil.city_instant(day, time(hour, minute))


def fill(session: HallSession, book, *, but: int = 0) -> list[Booking]:
    """Everything is booked, by people from 500 on."""
    slots = list(session.slots.order_by("starts_at"))[but:]
    return [book(slot, person=500 + n, limited=False) for n, slot in enumerate(slots)]


def come_back(booking: Booking, now: datetime = NOON) -> None:
    """The booking is cancelled, and its cooling-off is over."""
    cancel(booking=booking, now=now)
    return_due(now=now + COOLED)


def now_of(entry: WaitEntry) -> WaitEntry:
    return WaitEntry.objects.get(pk=entry.pk)


def states() -> list[str]:
    return list(WaitEntry.objects.order_by("pk").values_list("state", flat=True))


def texts(kind: str) -> list[str]:
    owed = Message.objects.filter(kind=kind).order_by("pk")
    return [unseal(one.text_sealed, purpose="message") for one in owed]


class TestJoining:
    def test_is_told_with_the_link(self, wait):
        entry = wait(1, language="en")

        assert entry.state == State.WAITING
        assert (
            f"/w/{entry.public_id}/?k={link_secret('waiting', entry.public_id)}"
            in (texts("waiting")[0])
        )
        assert an_id(1).number not in texts("waiting")[0]

    def test_keeps_the_people_sealed_with_what_they_need(self, wait):
        people = [
            Attendee("陈小宁", an_id(1), needs=("time",)),
            Attendee("陈大宁", an_id(2)),
        ]

        entry = wait(people=people)

        assert entry.minutes == 9 + 6
        kept = entry.people.order_by("position")
        assert [unseal(one.name_sealed, purpose="name") for one in kept] == ["陈小宁", "陈大宁"]
        assert unseal(kept[0].needs_sealed, purpose="needs") == "time"

    def test_a_person_waits_once_for_a_matter(self, wait, pickup):
        wait(1)

        wait(1, matter=pickup)
        with pytest.raises(AlreadyWaiting):
            wait(1)

    def test_strangers_are_told_neither_that_one_waits_nor_that_one_has_a_booking(
        self, wait, book, session
    ):
        wait(1)
        book(slot_at(session, 14), person=2)

        for number in (1, 2):
            with pytest.raises(PersonNotOnline) as told:
                wait(number, phone="+8613900139000")
            assert told.value.facts == {}

    def test_nobody_waits_for_what_they_have(self, wait, book, session):
        book(slot_at(session, 14), person=2)

        with pytest.raises(AlreadyBooked):
            wait(2, phone=PHONE)

    @pytest.mark.parametrize(
        ("wish", "refusal"),
        [
            ({"halls": []}, NoHallChosen),
            ({"first": DAY - timedelta(days=1)}, DaysNotFitting),
            ({"first": DAY + timedelta(days=8)}, DaysNotFitting),
            ({"last": latest_day}, DaysNotFitting),
            ({"people": [a_person(n) for n in range(5)]}, TooManyPeople),
        ],
    )
    def test_strange_wishes_are_refused(self, wait, wish, refusal):
        if callable(wish.get("last")):
            wish = {"last": latest_day(NOON) + timedelta(days=1)}

        with pytest.raises(refusal):
            wait(1, **wish)

    def test_it_is_found_by_its_secret_only(self, wait):
        entry = wait(1)

        assert find(entry.public_id, link_secret("waiting", entry.public_id)) == entry
        for public_id, secret in [
            (entry.public_id, "x"),
            (entry.public_id, link_secret("booking", entry.public_id)),
            ("nobody", link_secret("waiting", "nobody")),
            ("\x00", ""),
        ]:
            with pytest.raises(NotFound):
                find(public_id, secret)

    def test_who_lost_a_place_to_the_hall_goes_first(self, wait, book, full, session):
        booking = book(slot_at(full, 14), person=7)
        withdraw_session(session=full, by=None, now=NOON)

        wait(1)
        entry = wait(7, phone=PHONE, now=NOON + timedelta(hours=1))

        assert booking.group_id
        assert (entry.priority, before(entry)) == (1, 0)


class TestPlaceInLine:
    def test_counts_who_stands_before_for_the_same_halls_and_days(self, wait, other_hall):
        wait(1)
        wait(2, halls=[other_hall])
        wait(3, first=DAY + timedelta(days=7))

        assert before(wait(4, last=DAY + timedelta(days=3))) == 1
        assert before(wait(5)) == 3

    def test_does_not_count_who_left(self, wait):
        leave(entry=wait(1), now=NOON)

        assert before(wait(2)) == 0


class TestReturningPlace:
    def test_is_held_for_the_first_who_waits_and_can_be_taken(self, full, wait, book):
        booked = fill(full, book)
        entry, second = wait(1), wait(2)

        come_back(booked[3])

        assert [now_of(one).state for one in (entry, second)] == [State.OFFERED, State.WAITING]
        place = kept_places(entry, NOON + COOLED)[0]
        assert place.slot_id == booked[3].slot_id
        assert place.hold_expires_at == NOON + COOLED + timedelta(minutes=20)
        assert "12:30" in texts("offer")[0]
        taken = take(entry=entry, now=NOON + timedelta(minutes=15))
        assert [one.state for one in taken] == ["confirmed"]
        assert now_of(entry).state == State.BOOKED
        assert WaitOffer.objects.get().end == "taken"
        nothing_is_broken()

    def test_nobody_outside_can_have_it_meanwhile(self, full, wait, book, renewal):
        booked = fill(full, book)
        wait(1)

        come_back(booked[3])

        with pytest.raises(SlotFull):
            hold(
                slot_id=booked[3].slot_id, matter=renewal, people=[a_person(9)],
                phone="+8613900139000", now=NOON + COOLED,
            )  # fmt: skip

    def test_goes_to_everyone_when_nobody_waits_for_it(self, full, wait, book, other_hall):
        booked = fill(full, book)
        wait(1, halls=[other_hall])

        come_back(booked[3])

        assert WaitOffer.objects.count() == 0
        assert Slot.objects.get(pk=booked[3].slot_id).online_taken == 0

    def test_goes_by_priority_then_by_time(self, full, wait, book):
        booked = fill(full, book)
        late = wait(1, now=NOON + timedelta(minutes=1))
        early = wait(2)
        first = wait(3, now=NOON + timedelta(minutes=2))
        WaitEntry.objects.filter(pk=first.pk).update(priority=1)

        for place in booked[3:6]:
            come_back(place)

        asked = WaitOffer.objects.order_by("pk").values_list("entry", flat=True)
        assert list(asked) == [first.pk, early.pk, late.pk]

    @pytest.mark.parametrize(
        "wish",
        [
            {"first": DAY, "last": DAY},
            {"first": TOMORROW + timedelta(days=1)},
            {"evenings_only": True},
        ],
    )
    def test_is_not_offered_to_those_who_cannot_come_then(self, full, wait, book, wish):
        booked = fill(full, book)
        wait(1, **wish)

        come_back(booked[3])

        assert WaitOffer.objects.count() == 0

    @pytest.mark.parametrize(
        ("kind", "opens", "closes"), [("regular", 17, 19), ("late", 16, 18), ("night", 20, 23)]
    )
    def test_evenings_are_late_and_night_sessions_and_times_from_five(
        self, hall, windows, wait, book, kind, opens, closes
    ):
        session = make_session(
            hall, windows, day=TOMORROW, opens=time(opens), closes=time(closes), online=6, kind=kind
        )
        booked = fill(session, book)
        wait(1, evenings_only=True)

        come_back(booked[0])

        assert WaitOffer.objects.count() == 1

    def test_is_not_offered_for_a_matter_that_is_not_served_there(
        self, hall, windows, wait, book, pickup
    ):
        session = make_session(hall, windows[:2], day=TOMORROW, online=6)
        booked = fill(session, book)
        wait(1, matter=pickup)

        come_back(booked[3])

        assert WaitOffer.objects.count() == 0

    def test_is_not_offered_when_there_is_no_time_left_to_come(self, hall, windows, wait, book):
        session = make_session(hall, windows, online=6)
        booked = book(slot_at(session, 13), person=1)
        wait(2)

        come_back(booked)

        assert WaitOffer.objects.count() == 0

    def test_passes_over_who_is_just_booking_otherwise(self, full, wait, book, renewal, session):
        booked = fill(full, book)
        busy, free = wait(1), wait(2)
        own = hold(
            slot_id=slot_at(session, 15).pk, matter=renewal, people=[a_person(1)],
            phone="+8613800000001", now=NOON + timedelta(minutes=9),
        )  # fmt: skip

        come_back(booked[3])

        assert [now_of(one).state for one in (busy, free)] == [State.WAITING, State.OFFERED]
        assert Booking.objects.get(reference=own.bookings[0].reference).state == "held"

    def test_of_the_assisted_quota_goes_back_there(self, full, wait, book):
        slot = slot_at(full, 14)
        Slot.objects.filter(pk=slot.pk).update(assisted_quota=6, walkin_quota=78)
        booked = book(slot, person=9, channel="assisted")
        Slot.objects.filter(pk=slot.pk).update(online_quota=0, walkin_quota=84)
        Slot.objects.exclude(pk=slot.pk).update(is_open=False)
        wait(1)

        come_back(booked)

        assert WaitOffer.objects.count() == 0


class TestGroups:
    def test_get_only_what_fits_all_of_them(self, full, wait, book):
        booked = fill(full, book)
        family, alone = wait(1, 2, 3), wait(4)

        come_back(booked[3])

        assert [now_of(one).state for one in (family, alone)] == [State.WAITING, State.OFFERED]

    def test_get_a_place_with_other_free_minutes_of_the_slot(self, hall, windows, wait, book):
        session = make_session(hall, windows, day=TOMORROW, online=18)
        slot = slot_at(session, 14)
        Slot.objects.exclude(pk=slot.pk).update(is_open=False)
        booked = book(slot, person=9)
        family = wait(1, 2, 3)

        come_back(booked)

        assert len(kept_places(family, NOON + COOLED)) == 3
        nothing_is_broken()

    def test_get_the_places_that_another_family_leaves(self, hall, windows, wait, book):
        """Each place cools off for itself; the first ones wait for the last."""
        session = make_session(hall, windows, day=TOMORROW, online=18)
        slot = slot_at(session, 14)
        Slot.objects.exclude(pk=slot.pk).update(is_open=False)
        booked = [book(slot, person=n) for n in (7, 8, 9)]
        family = wait(1, 2, 3)
        for n, one in enumerate(booked):
            cancel(booking=one, now=NOON)
            ReturningPlace.objects.filter(booking=one).update(
                returns_at=NOON + timedelta(minutes=2 + n)
            )

        for minute in (2, 3):
            return_due(now=NOON + timedelta(minutes=minute))
            assert now_of(family).state == State.WAITING
            assert Slot.objects.get(pk=slot.pk).online_taken == 18
        return_due(now=NOON + timedelta(minutes=4))

        assert len(kept_places(family, NOON + COOLED)) == 3
        nothing_is_broken()

    def test_let_a_place_go_to_those_who_need_no_other(self, hall, windows, wait, book):
        session = make_session(hall, windows, day=TOMORROW, online=18)
        slot = slot_at(session, 14)
        Slot.objects.exclude(pk=slot.pk).update(is_open=False)
        booked = [book(slot, person=n) for n in (7, 8, 9)]
        family, *alone = wait(1, 2, 3), wait(4), wait(5)
        for one in booked:
            cancel(booking=one, now=NOON)
        ReturningPlace.objects.update(returns_at=NOON + timedelta(minutes=2))
        ReturningPlace.objects.filter(booking=booked[0]).update(returns_at=NOON + COOLED)

        return_due(now=NOON + timedelta(minutes=2))

        assert [now_of(one).state for one in (family, *alone)] == [
            State.WAITING, State.OFFERED, State.OFFERED,
        ]  # fmt: skip
        return_due(now=NOON + COOLED)
        assert Slot.objects.get(pk=slot.pk).online_taken == 12
        nothing_is_broken()

    def test_hand_all_their_places_to_the_next_family(self, hall, windows, wait):
        session = make_session(hall, windows, day=TOMORROW, online=18)
        Slot.objects.exclude(pk=slot_at(session, 14).pk).update(is_open=False)
        first, second = wait(1, 2, 3), wait(4, 5, 6)
        offer_free(now=NOON)

        let_pass(entry=first, now=NOON)
        settle(now=NOON)

        assert len(kept_places(second, NOON)) == 3
        nothing_is_broken()

    @pytest.mark.parametrize("left", [14, 15])
    def test_get_two_slots_that_follow_each_other(self, hall, windows, wait, book, left):
        """A place that comes back fills up the slot before it, or the one after."""
        session = make_session(hall, windows, day=TOMORROW, online=6)
        pair = [slot_at(session, 14, 30), slot_at(session, 15)]
        Slot.objects.exclude(pk__in=[slot.pk for slot in pair]).update(is_open=False)
        booked = {14: book(pair[0], person=8), 15: book(pair[1], person=9)}
        other = booked.pop(29 - left)
        cancel(booking=other, now=NOON)
        return_due(now=NOON + COOLED)
        family = wait(1, 2, now=NOON + COOLED)

        cancel(booking=booked[left], now=NOON + COOLED)
        return_due(now=NOON + 2 * COOLED)

        assert {one.slot_id for one in kept_places(family, NOON + 2 * COOLED)} == {
            slot.pk for slot in pair
        }
        nothing_is_broken()


class TestAnswers:
    @pytest.fixture
    def offered(self, full, wait, book):
        """Two wait; the place at 10:30 tomorrow is kept for the first until 12:30."""
        booked = fill(full, book)
        pair = wait(1), wait(2)
        come_back(booked[3])
        return pair

    def test_passing_hands_the_place_to_the_next_at_once(self, offered, full):
        first, second = offered
        slot = kept_places(first, NOON + COOLED)[0].slot_id

        let_pass(entry=first, now=NOON + COOLED)
        settle(now=NOON + COOLED)

        assert [now_of(one).state for one in offered] == [State.WAITING, State.OFFERED]
        assert kept_places(second, NOON + COOLED)[0].slot_id == slot
        assert now_of(first).offers_passed == 1
        nothing_is_broken()

    def test_the_last_one_leaves_it_to_everyone_after_another_cooling_off(self, offered, full):
        """Otherwise two friends could hand a place over by the clock."""
        for entry in offered:
            let_pass(entry=entry, now=NOON + COOLED)
            settle(now=NOON + COOLED)

        assert states() == [State.WAITING] * 2
        assert Slot.objects.filter(online_taken=0).count() == 0
        return_due(now=NOON + 2 * COOLED)
        assert Slot.objects.filter(online_taken=0).count() == 1
        nothing_is_broken()

    @pytest.mark.parametrize("sweep_first", [True, False])
    def test_an_offer_that_nobody_answers_passes_on(self, offered, sweep_first):
        over = NOON + timedelta(minutes=31)
        if sweep_first:
            housekeeping.expire_holds(now=over)

        settle(now=over)

        assert [now_of(one).state for one in offered] == [State.WAITING, State.OFFERED]
        assert WaitOffer.objects.order_by("pk")[0].end == "expired"
        nothing_is_broken()

    def test_is_too_late_when_the_time_is_over(self, offered):
        with pytest.raises(HoldExpired):
            take(entry=offered[0], now=NOON + timedelta(minutes=31))

    def test_twice_taken_is_taken_once(self, offered):
        first, again = (take(entry=offered[0], now=NOON + COOLED) for _ in range(2))

        assert first == again
        assert Message.objects.filter(kind="confirmed", subject=f"booking:{first[0].pk}").count()

    def test_confirming_on_the_bookings_own_page_takes_the_offer(self, offered):
        place = kept_places(offered[0], NOON + COOLED)[0]

        confirm(booking=place, now=NOON + COOLED)
        settle(now=NOON + COOLED)

        assert now_of(offered[0]).state == State.BOOKED
        assert WaitOffer.objects.get().end == "taken"
        nothing_is_broken()

    def test_cancelling_on_the_bookings_own_page_lets_it_pass(self, offered):
        cancel(booking=kept_places(offered[0], NOON + COOLED)[0], now=NOON + COOLED)
        settle(now=NOON + COOLED)

        assert [now_of(one).state for one in offered] == [State.WAITING, State.OFFERED]
        assert WaitOffer.objects.order_by("pk")[0].end == "declined"

    def test_leaving_gives_the_place_up(self, offered):
        leave(entry=offered[0], now=NOON + COOLED)
        settle(now=NOON + COOLED)

        assert [now_of(one).state for one in offered] == [State.LEFT, State.OFFERED]
        assert leave(entry=offered[0], now=NOON + COOLED).state == State.LEFT
        nothing_is_broken()

    def test_a_place_that_the_hall_cancels_is_no_offer_passed(self, offered, full):
        withdraw_session(session=full, by=None, now=NOON + COOLED)
        settle(now=NOON + COOLED)

        first = now_of(offered[0])
        assert (first.state, first.priority, first.offers_passed) == (State.WAITING, 1, 0)
        nothing_is_broken()

    def test_there_must_be_an_offer(self, offered):
        for command in (take, let_pass):
            with pytest.raises(NoOffer):
                command(entry=offered[1], now=NOON + COOLED)

    def test_who_left_is_asked_nothing(self, offered):
        leave(entry=offered[0], now=NOON + COOLED)

        for command in (take, let_pass):
            with pytest.raises(NotWaiting):
                command(entry=offered[0], now=NOON + COOLED)

    def test_nobody_is_asked_again_for_a_time_they_let_pass(self, full, wait, book):
        booked = fill(full, book)
        entry = wait(1)
        come_back(booked[3])
        let_pass(entry=entry, now=NOON + COOLED)
        settle(now=NOON + COOLED)

        return_due(now=NOON + 2 * COOLED)
        offer_free(now=NOON + timedelta(hours=3))

        assert now_of(entry).state == State.WAITING

    def test_who_did_not_answer_is_left_in_peace_for_a_while(self, full, wait, book):
        booked = fill(full, book)
        entry = wait(1)
        come_back(booked[3])
        settle(now=NOON + timedelta(minutes=31))

        come_back(booked[4], now=NOON + timedelta(minutes=40))
        assert now_of(entry).state == State.WAITING
        come_back(booked[5], now=NOON + timedelta(minutes=100))
        assert now_of(entry).state == State.OFFERED

    def test_after_three_offers_the_entry_leaves_with_a_word(self, full, wait, book):
        booked = fill(full, book)
        entry = wait(1, language="en")
        for n in range(3):
            come_back(booked[3 + n], now=NOON + n * timedelta(minutes=20))
            let_pass(entry=entry, now=NOON + n * timedelta(minutes=20) + COOLED)

        assert now_of(entry).state == State.LEFT
        assert "3 offers were not taken" in texts("waiting")[-1]
        assert wait(1).state == State.WAITING
        nothing_is_broken()


class TestNight:
    @pytest.fixture
    def leaving(self, full, wait, book):
        """Somebody waits; a place of tomorrow at 10:30 cools off at that moment."""
        booked = fill(full, book)
        entry = wait(1)

        def left(when: datetime, place: int = 3) -> WaitEntry:
            cancel(booking=booked[place], now=when - COOLED)
            return_due(now=when)
            return now_of(entry)

        return left

    @pytest.mark.parametrize("when", [at(21, 45), at(22, 30), at(6, 59, TOMORROW)])
    def test_nobody_is_asked_and_the_place_is_kept(self, leaving, when):
        entry = leaving(when, place=4)

        assert entry.state == State.WAITING
        assert ReturningPlace.objects.get().returns_at == at(7, 0, TOMORROW)
        assert not Slot.objects.filter(online_taken=0).exists()
        return_due(now=at(7, 0, TOMORROW))
        assert now_of(entry).state == State.OFFERED
        nothing_is_broken()

    @pytest.mark.parametrize("when", [at(21, 39), at(7, 0, TOMORROW)])
    def test_by_day_they_are_asked(self, leaving, when):
        assert leaving(when, place=4).state == State.OFFERED

    def test_what_begins_early_goes_to_everyone(self, hall, windows, wait, book):
        session = make_session(
            hall, windows, day=TOMORROW, opens=time(8), closes=time(12), online=6
        )
        booked = fill(session, book)
        wait(1)

        for place in (booked[1], booked[2]):  # 8:30 and 9:00
            cancel(booking=place, now=at(22, 20))
        return_due(now=at(22, 30))

        assert list(Slot.objects.filter(online_taken=0)) == [booked[1].slot]

    def test_what_nobody_waits_for_goes_to_everyone(self, full, book):
        booked = fill(full, book)

        come_back(booked[3], now=at(22, 20))

        assert Slot.objects.filter(online_taken=0).count() == 1

    def test_free_places_are_not_offered(self, full, wait):
        wait(1)

        assert offer_free(now=at(21, 45)) == offer_free(now=at(6, 59, TOMORROW)) == 0
        assert offer_free(now=at(7, 0, TOMORROW)) == 1


class TestFreePlaces:
    def test_of_a_new_session_are_offered_in_order(self, full, wait):
        entries = [wait(n) for n in (1, 2, 3)]

        assert offer_free(now=NOON, most=2) == 2
        assert states() == [State.OFFERED, State.OFFERED, State.WAITING]
        first = kept_places(entries[0], NOON)[0]
        assert first.slot == slot_at(full, 9)
        assert offer_free(now=NOON) == 1
        nothing_is_broken()

    def test_wait_for_their_release(self, full, wait):
        wait(1)
        Slot.objects.update(booking_opens_at=NOON + timedelta(minutes=1))

        assert offer_free(now=NOON) == 0
        assert offer_free(now=NOON + timedelta(minutes=1)) == 1

    def test_behind_a_waiting_room_are_left_to_those_in_it(self, full, wait):
        wait(1)
        Slot.objects.update(booking_opens_at=NOON)
        HallSession.objects.update(release="room")

        assert offer_free(now=NOON + timedelta(minutes=29)) == 0
        assert offer_free(now=NOON + timedelta(minutes=30)) == 1

    def test_of_a_draw_wait_until_it_is_drawn(self, full, wait):
        from appointments.models import Draw

        wait(1)
        draw = Draw.objects.create(
            session=full, registers_from=NOON, registers_until=NOON + timedelta(hours=1),
            hold_until=NOON + timedelta(hours=24), commitment="", seed_sealed=b"", made_at=NOON,
        )  # fmt: skip

        assert offer_free(now=NOON) == 0
        draw.drawn_at, draw.seed, draw.result = NOON, "00", {}
        draw.save()
        assert offer_free(now=NOON) == 1

    def test_two_who_want_the_same_place_do_not_both_get_it(self, full, wait):
        Slot.objects.exclude(pk=slot_at(full, 14).pk).update(is_open=False)
        wait(1), wait(2)

        assert offer_free(now=NOON) == 1
        assert states() == [State.OFFERED, State.WAITING]


class TestEnd:
    def test_comes_with_the_days_and_is_told_in_the_morning(self, wait):
        entry = wait(1, last=DAY, language="en")

        end_over(now=NOON)
        assert now_of(entry).state == State.WAITING
        end_over(now=at(0, 15, TOMORROW))

        assert now_of(entry).state == State.ENDED
        message = Message.objects.get(kind="waiting", version=2)
        assert message.due_at == at(7, 0, TOMORROW)
        assert "no place came free" in texts("waiting")[-1]
        assert wait(1, now=at(8, 0, TOMORROW), first=TOMORROW).state == State.WAITING

    def test_comes_quietly_for_who_booked_otherwise(self, wait, book, session):
        entry, other = wait(1), wait(2)
        book(slot_at(session, 14), person=1)

        assert end_over(now=NOON) == 1
        assert [now_of(one).state for one in (entry, other)] == [State.BOOKED, State.WAITING]
        assert Message.objects.filter(subject=f"wait:{entry.pk}").count() == 1

    def test_is_forgotten_after_a_month_with_its_people(self, full, wait, book):
        booked = fill(full, book)
        entry = wait(1)
        come_back(booked[3])
        leave(entry=entry, now=NOON + COOLED)
        wait(2)

        housekeeping.forget(now=NOON + timedelta(days=30))
        assert WaitEntry.objects.count() == 2
        housekeeping.forget(now=NOON + timedelta(days=31))

        assert WaitEntry.objects.count() == WaitPerson.objects.count() == 1
        assert WaitOffer.objects.count() == 0
