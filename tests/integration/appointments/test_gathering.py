"""Asks that are served together: order, own answers, lost connections, a bounded line. C7, C11"""

from datetime import timedelta
from threading import Thread

import pytest
from django.db import OperationalError, connection
from django.test import RequestFactory

from appointments import sharing
from appointments.api.hot_path import understand
from appointments.booking import NotReleased, SlotFull
from appointments.changing import cancel
from appointments.claiming_together import DECIDE, LOCK_ASKING, TAKE
from appointments.confirming import find
from appointments.gathering import Line, line
from appointments.models import Booking, BookingEvent, BookingGroup
from appointments.sealing import booking_secret
from tests.concurrency.asking import nothing_is_broken
from tests.concurrency.ways import body_of, by_command, press
from tests.conftest import NOON, PHONE, a_person, make_session, slot_at
from windows.models import RequestKey
from windows.prepared import Prepared

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _gathered(settings, monkeypatch):
    monkeypatch.setattr("config.civil.now", lambda: NOON)
    settings.GATHER_BOOKINGS = True
    sharing._look_first.clear()
    yield
    line.rest()


@pytest.fixture
def five_places(hall, windows, renewal):
    return slot_at(make_session(hall, windows, online=30), 14)


def phone_of(n):
    return f"+86138{n:08d}"


def ask_of(slot, matter, *people, phone=None, key="", now=NOON):
    body = body_of(slot, matter, [a_person(n) for n in people], phone or phone_of(people[0]))
    headers = {"Idempotency-Key": key or f"key {people}"}
    request = RequestFactory().post("/", body, "application/json", headers=headers)
    return understand(request, "en", now)


def held(asks):
    return [n for n, ask in enumerate(asks) if isinstance(ask.outcome, sharing.Kept)]


def test_who_came_first_has_the_place(five_places, renewal):
    asks = [ask_of(five_places, renewal, n) for n in range(12)]

    sharing.serve(asks)

    assert held(asks) == [0, 1, 2, 3, 4]
    assert {type(ask.outcome) for ask in asks[5:]} == {SlotFull}
    nothing_is_broken()


def test_a_party_gets_all_places_or_none_and_a_smaller_one_after_it_may_fit(five_places, renewal):
    last = slot_at(five_places.session, 16, 30)  # nothing follows it
    parties = [(1, 2, 3), (4, 5, 6), (7, 8), (9,)]
    asks = [ask_of(last, renewal, *people) for people in parties]

    sharing.serve(asks)

    assert held(asks) == [0, 2]
    last.refresh_from_db()
    assert last.online_taken == 30
    nothing_is_broken()


def test_a_party_takes_the_rest_in_the_next_slot(five_places, renewal):
    asks = [ask_of(five_places, renewal, 1, 2, 3), ask_of(five_places, renewal, 4, 5, 6, 7)]

    sharing.serve(asks)

    assert held(asks) == [0, 1]
    starts = Booking.objects.order_by("position").values_list("group", "starts_at")
    of_second = [at for group, at in starts if group == asks[1].outcome.answer["group"]]
    first, following = five_places.starts_at, five_places.ends_at
    assert of_second == [first, first, following, following]
    nothing_is_broken()


def test_what_is_written_is_what_the_command_writes(session, renewal):
    slot = slot_at(session, 14)
    by_command(slot, renewal, [a_person(1), a_person(2)], phone_of(1))
    ask = ask_of(slot, renewal, 3, 4)
    ask.phone_index, ask.language = BookingGroup.objects.get().phone_index, "zh-hans"
    BookingGroup.objects.update(made_at=NOON - timedelta(days=40))

    sharing.serve([ask])

    own = {"id", "group", "reference", "name_sealed", "id_sealed", "id_index", "booking"}
    own |= {"phone_sealed", "made_at"}
    for model in (Booking, BookingEvent, BookingGroup):
        rows = model.objects.order_by("pk").values()
        kept = [{k: v for k, v in row.items() if k.removesuffix("_id") not in own} for row in rows]
        half = len(kept) // 2
        assert half
        assert sorted(kept[:half], key=str) == sorted(kept[half:], key=str)


def test_each_caller_gets_an_answer_of_its_own(session, renewal, book):
    slot = slot_at(session, 14)
    book(slot, person=1)
    asks = [ask_of(slot, renewal, 1), ask_of(slot, renewal, 2), ask_of(slot, renewal, 3)]
    asks.append(ask_of(slot, renewal, 2, phone=phone_of(9), key="the other tab"))

    sharing.serve(asks)

    assert held(asks) == [1, 2]
    assert asks[0].outcome == asks[3].outcome == sharing.ALONE
    shown = asks[1].outcome.answer["bookings"][0]
    assert find(shown["reference"], booking_secret(shown["reference"])).group.language == "en"


@pytest.mark.parametrize("again_gathered", [True, False])
def test_a_key_gets_its_first_answer_whichever_way_it_comes(
    session, renewal, settings, again_gathered
):
    body = body_of(slot_at(session, 14), renewal, [a_person(1)], PHONE)
    first = press(body, key="mine")
    settings.GATHER_BOOKINGS = again_gathered

    again, other = press(body, key="mine"), press({**body, "slot": 1}, key="mine")

    assert (first.status_code, first.json()) == (201, again.json())
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Booking.objects.count() == 1


def test_the_same_key_twice_in_one_batch_is_one_booking(session, renewal):
    slot = slot_at(session, 14)
    asks = [ask_of(slot, renewal, 1, key="mine") for _ in range(2)]

    sharing.serve(asks)

    assert held(asks) == [0]
    assert asks[1].outcome == sharing.ALONE


def test_a_gatherer_that_forgets_the_key_books_twice(session, renewal, monkeypatch):
    """Mutant: the key is not written; the person who asks again gets another answer."""
    tail = TAKE.sql[TAKE.sql.index("INSERT INTO windows_requestkey") :]
    forgetful = Prepared("forgetful", TAKE.sql.replace(tail, "SELECT id FROM party"))
    monkeypatch.setattr(sharing, "TAKE", forgetful)
    body = body_of(slot_at(session, 14), renewal, [a_person(1)], PHONE)

    answers = [press(body, key="mine").json() for _ in range(2)]

    assert answers[0] != answers[1]
    assert BookingGroup.objects.count() == 2


def blind(ask, rooms, channel):
    return [rooms[ask.slot_id]] * len(ask.visits) if ask.slot_id in rooms else []


def test_a_gatherer_that_ignores_the_quota_is_stopped_by_the_constraint(
    five_places, renewal, monkeypatch
):
    """Mutant: minutes are shared out blindly. The batch breaks, and one by one it holds."""
    monkeypatch.setattr(sharing, "_places", blind)
    asks = [ask_of(five_places, renewal, n) for n in range(8)]

    sharing.serve(asks)

    assert held(asks) == [0, 1, 2, 3, 4]
    nothing_is_broken()


def test_without_the_constraint_it_oversells(five_places, renewal, monkeypatch):
    """Mutant: both lines gone. This is what the two of them prevent."""
    monkeypatch.setattr(sharing, "_places", blind)
    check = "CHECK (online_taken >= 0 AND online_taken <= online_quota)"
    name = "slot_online_within_quota"
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE windows_slot DROP CONSTRAINT {name}")
    asks = [ask_of(five_places, renewal, n) for n in range(8)]
    try:
        sharing.serve(asks)
    finally:
        type(five_places).objects.update(online_taken=0)
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE windows_slot ADD CONSTRAINT {name} {check}")

    assert len(held(asks)) == 8


class Broken:
    """TAKE on a connection that is cut, before its commit or just after it."""

    def __init__(self, times, *, after_commit):
        self.times, self.after_commit = times, after_commit

    def run(self, facts, last):
        if self.after_commit or not self.times:
            TAKE.run(facts, last=last)
        if self.times:
            self.times -= 1
            connection.connection.close()
            raise OperationalError("server closed the connection unexpectedly")


@pytest.mark.parametrize("after_commit", [False, True])
def test_a_lost_connection_is_resolved_by_the_keys(session, renewal, monkeypatch, after_commit):
    """Mutant: without the second attempt, callers are told to come back who
    have their places already."""
    monkeypatch.setattr(sharing, "TAKE", Broken(1, after_commit=after_commit))
    asks = [ask_of(slot_at(session, 14), renewal, n) for n in range(3)]

    sharing.serve_surely(asks)

    assert held(asks) == [0, 1, 2]
    assert {ask.outcome.replayed for ask in asks} == {after_commit}
    told = {one["reference"] for ask in asks for one in ask.outcome.answer["bookings"]}
    assert told == set(Booking.objects.values_list("reference", flat=True))
    assert RequestKey.objects.count() == 3
    nothing_is_broken()


def test_a_database_that_stays_away_is_told(session, renewal, monkeypatch):
    monkeypatch.setattr(sharing, "TAKE", Broken(2, after_commit=False))

    answer = press(body_of(slot_at(session, 14), renewal, [a_person(1)], PHONE))

    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert 1 <= int(answer["Retry-After"]) <= 12
    assert not Booking.objects.exists()


def test_a_killed_backend_costs_no_booking(session, renewal):
    slot = slot_at(session, 14)
    press(body_of(slot, renewal, [a_person(1)], phone_of(1)))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )

    answer = press(body_of(slot, renewal, [a_person(2)], phone_of(2)))

    assert answer.status_code == 201
    assert Booking.objects.count() == 2


def test_a_bug_in_the_batch_leaves_everybody_to_the_other_way(session, renewal, monkeypatch):
    monkeypatch.setattr(sharing, "_share_out", lambda asks, rooms: 1 / 0)

    answer = press(body_of(slot_at(session, 14), renewal, [a_person(1)], PHONE))

    assert answer.status_code == 201
    nothing_is_broken()


def full(slot):
    slot.online_taken = slot.online_quota
    slot.save(update_fields=["online_taken"])


def test_a_sold_out_answer_waits_for_no_lock_and_keeps_nothing(five_places, renewal):
    """Mutant: without `online_taken < online_quota` in DECIDE it waits for the other's lock."""
    full(five_places)
    body = body_of(five_places, renewal, [a_person(1)], PHONE)
    answers = []

    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM windows_slot WHERE id = %s FOR UPDATE", [five_places.pk])
        asking = Thread(target=lambda: answers.extend(press(body, key="mine") for _ in range(2)))
        asking.start()
        asking.join(timeout=2.5)  # a lock would be waited for 3 seconds
        cursor.execute("ROLLBACK")
    asking.join()

    assert [(a.status_code, a.json()["code"]) for a in answers] == [(409, "slot_full")] * 2
    assert not RequestKey.objects.exists()


def test_a_full_slot_that_has_room_again_is_booked_with_the_same_key(five_places, renewal):
    full(five_places)
    body = body_of(five_places, renewal, [a_person(1)], PHONE)
    refused = press(body, key="mine")
    type(five_places).objects.update(online_taken=0)

    assert (refused.status_code, press(body, key="mine").status_code) == (409, 201)


def test_what_one_left_in_a_full_slot_is_still_ones_own(five_places, renewal, book):
    mine = book(five_places, person=1)
    for n in range(2, 6):
        book(five_places, person=n, now=NOON)
    cancel(booking=mine, now=NOON)

    stranger = press(body_of(five_places, renewal, [a_person(7)], phone_of(7)))
    owner = press(body_of(five_places, renewal, [a_person(1)], PHONE))

    assert (stranger.status_code, owner.status_code) == (409, 201)
    nothing_is_broken()


def test_a_slot_before_its_release_is_told_without_a_lock(five_places, renewal):
    five_places.booking_opens_at = NOON + timedelta(minutes=30)
    five_places.save(update_fields=["booking_opens_at"])
    asks = [ask_of(five_places, renewal, 1)]

    sharing.serve(asks)
    later = [ask_of(five_places, renewal, 1, now=NOON + timedelta(minutes=30))]
    sharing.serve(later)

    assert isinstance(asks[0].outcome, NotReleased)
    assert str(asks[0].outcome) == "This time can be booked from 2027-03-04 12:30."
    assert held(later) == [0]


def test_who_does_not_fit_into_the_line_is_told_to_come_back(session, renewal):
    short = Line(most=0)

    assert short.ask(ask_of(slot_at(session, 14), renewal, 1)) is sharing.BUSY
    assert not Booking.objects.exists()


def test_what_waits_is_served_together(session, renewal, monkeypatch):
    batches, serve = [], sharing.serve_surely
    own = Line(most=50)

    def slowly(asks):
        batches.append(len(asks))
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.3)")
        serve(asks)

    monkeypatch.setattr("appointments.gathering.serve_surely", slowly)
    asks = [ask_of(slot_at(session, 14), renewal, n) for n in range(12)]
    threads = [Thread(target=own.ask, args=[ask]) for ask in asks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    own.rest()

    assert held(asks) == list(range(12))
    assert sum(batches) == 12
    assert len(batches) <= 4
    assert own.length == 0


def test_statements_are_prepared_once_for_each_connection(session, renewal, settings):
    slot = slot_at(session, 14)
    sharing.serve([ask_of(slot, renewal, 1)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements")
        prepared = {name for (name,) in cursor.fetchall()}
    settings.DATABASE_PREPARE = False
    asks = [ask_of(slot, renewal, 2)]

    sharing.serve(asks)

    assert {one.name for one in (LOCK_ASKING, DECIDE, TAKE)} <= prepared
    assert held(asks) == [0]
