"""The twin of a real hall's day: the product's own order of calls, what is read, what is told.
# C5 C9

Mutant that was seen red: walk-ins rank at their arrival in `twin/drawing.py`, not at the
arrival plus the patience (test_the_twin_calls_in_the_order_of_the_real_hall).
"""

import json
from datetime import date, time, timedelta
from heapq import heappop, heappush
from io import StringIO
from time import process_time

import pytest
from django.core.management import CommandError, call_command

from appointments.arriving import check_in
from appointments.booking import hold
from appointments.changes.asking import Ask, preview_change
from appointments.confirming import confirm, find
from appointments.models import (
    DayClosing,
    DemandFact,
    ForecastRun,
    ForecastValue,
    UnmetDemand,
)
from appointments.twin.day import Habits, HourDemand, TwinDay, TwinSlot, lognormal
from appointments.twin.drawing import draw
from appointments.twin.effecting import effect_of_change, effect_of_opening
from appointments.twin.line import play_line
from appointments.twin.playing import play
from appointments.twin.reading import NothingKnown, minutes_of, read_day, staffed_in, windows_from
from appointments.twin.telling import effect_words, source_words, why_not
from appointments.twin.wanting import days_before, wanted_in
from config import civil
from queues.calling import NobodyWaiting, call_next, finish, sign_out
from queues.issuing import issue_walk_in
from queues.models import Ticket
from queues.pacing import learn
from tests.conftest import DAY, NOON, a_person, make_session
from windows.models import HallClosure, PlannedBreak
from windows.planning import preview_session
from windows.shifts import sign_in

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)
MIDNIGHT = civil.city_day(DAY)[0]


def instant(minutes: float, day: date = DAY):
    return civil.city_day(day)[0] + timedelta(minutes=minutes)


def on_the_wall(day: date, hour: int, minute: int = 0):
    return civil.city_instant(day, time(hour, minute))


# --- the same people, called by the product and by the twin


class RealHall:
    """The commands of the product, driven through a day: whoever is free calls."""

    def __init__(self, hall, windows, clerks) -> None:
        self.hall, self.windows, self.clerks = hall, windows, clerks
        self.events: list = []
        self.idle = {}
        self.called: list[int] = []
        self.who: dict[int, int] = {}
        self.at: dict[int, Ticket] = {}

    def play(self, people, arrive) -> list[int]:
        """`arrive(n, now)` gives the n-th person a number; in the order of the calls."""
        self.people = people
        for n, one in enumerate(people):
            heappush(self.events, (one.arrives, 2, n))
        for n, (window, clerk) in enumerate(zip(self.windows, self.clerks, strict=True)):
            sign_in(staff=clerk, window=window, now=instant(540))
            self.idle[n] = 540.0
            heappush(self.events, (540.0, 0, n))
        while self.events:
            at, what, which = heappop(self.events)
            if what == 2:
                ticket = arrive(which, instant(at))
                self.who[ticket.pk] = which
                if at >= 540:
                    self.offer(at)
            elif what == 1:
                finish(ticket=self.at.pop(which), staff=self.clerks[which], now=instant(at))
                self.idle[which] = at
                self.call(which, at)
            elif which in self.idle:
                self.call(which, at)
        return self.called

    def offer(self, at: float) -> None:
        for place in sorted(self.idle, key=lambda n: (self.idle[n], n)):
            if self.call(place, at):
                return

    def call(self, place: int, at: float) -> bool:
        window, clerk = self.windows[place], self.clerks[place]
        try:
            ticket = call_next(window=window, staff=clerk, now=instant(at))
        except NobodyWaiting:
            return False
        person = self.who[ticket.pk]
        self.called.append(person)
        self.at[place] = ticket
        del self.idle[place]
        heappush(self.events, (at + self.people[person].minutes, 1, place))
        return True


@pytest.mark.parametrize("seed", [1, 2])
def test_the_twin_calls_in_the_order_of_the_real_hall(
    hall, windows, session, clerks, renewal, pickup, first_minor, seed
):
    """Walk-ins, people who booked and come early or late, and the green channel; one window
    serves matters that the others do not."""
    matters = {one.pk: one for one in (renewal, pickup, first_minor)}
    twin = TwinDay(
        slots=tuple(TwinSlot(at, at + 30, 60) for at in range(540, 660, 30)),
        windows=read_windows(hall),
        demand=tuple(
            HourDemand(hour, pk, online=online, walk_in=walk_in)
            for hour in (9, 10)
            for pk, online, walk_in in (
                (renewal.pk, 6, 9),
                (pickup.pk, 3, 3),
                (first_minor.pk, 0, 2),
            )
        ),
        needs={pk: one.minutes for pk, one in matters.items()},
        services={pk: lognormal(one.minutes) for pk, one in matters.items()},
        habits=Habits(green=0.15, offsets=(-29.0, 30.0)),
    )
    drawn = draw(twin, seed=seed, run=0)
    booked = {}
    for n, (comer, starts) in enumerate(zip(drawn.comers, drawn.starts.tolist(), strict=True)):
        if starts == starts:
            slot = session.slots.get(starts_at=instant(starts))
            held = hold(
                slot_id=slot.pk, matter=matters[comer.matter], people=[a_person(n)],
                phone=f"+861380013{n:04d}", now=MIDNIGHT,
            ).bookings[0]  # fmt: skip
            confirm(booking=find(held.reference, held.secret), now=MIDNIGHT)
            booked[n] = held.reference

    def arrive(n, now):
        comer = drawn.comers[n]
        if n in booked:
            ticket = check_in(hall=hall, reference=booked[n], now=now)
        else:
            green = "elderly" if comer.green else ""
            matter = matters[comer.matter]
            ticket = issue_walk_in(hall=hall, matter=matter, now=now, priority=green)
        assert minutes_of(DAY, ticket.rank_at) == pytest.approx(comer.rank, abs=1e-6)
        return ticket

    really = RealHall(hall, windows, clerks).play(drawn.comers, arrive)
    course = play_line(drawn.comers, twin.windows)

    assert len(booked) > 8
    assert any(one.green for one in drawn.comers)
    assert len(really) == len(drawn.comers) > 30
    assert course.order == really
    by_arrival = sorted(range(len(really)), key=lambda n: drawn.comers[n].arrives)
    assert really != by_arrival


def read_windows(hall):
    sessions = tuple(hall.sessions.filter(service_day=DAY))
    return windows_from(hall, staffed_in(sessions), DAY, learn(hall, DAY))


# --- what is read


@pytest.fixture
def weeks_before(hall, windows, renewal):
    """Two Thursdays before: twelve came without a booking from ten on, twenty searched in vain."""
    for back in (1, 2):
        day = DAY - back * WEEK
        make_session(hall, windows, day=day, online=0)
        for n in range(12):
            issue_walk_in(hall=hall, matter=renewal, now=on_the_wall(day, 10, 4 * n))
        UnmetDemand.objects.create(
            hall=hall, matter=renewal, service_day=day, asked_on=day - WEEK, count=20
        )


def test_without_forecast_the_same_weekdays_say_what_is_wanted(hall, renewal, weeks_before):
    wanted = wanted_in(hall, DAY)

    assert (wanted.source, wanted.days) == ("weekdays", 2)
    (hour,) = wanted.demand
    assert (hour.hour, hour.matter) == (10, renewal.pk)
    assert (hour.online, hour.walk_in) == (20, pytest.approx(12 - 0.3 * 20))  # six came anyway


def test_a_day_without_a_session_is_not_a_day_without_people(hall, weeks_before):
    assert len(days_before(hall, DAY)) == 2
    assert wanted_in(hall, DAY + timedelta(days=1)).source == "days"  # a Friday, from Thursdays


def test_working_days_say_nothing_about_a_day_off(hall, weeks_before, session):
    saturday = DAY + timedelta(days=2)

    assert wanted_in(hall, saturday) is None
    with pytest.raises(NothingKnown):
        read_day(hall=hall, day=saturday, now=NOON)


def foretell(hall, matter, mean, *, hour=None, **more):
    run = ForecastRun.objects.create(
        made_at=NOON, first_day=DAY, last_day=DAY, last_known_day=DAY - timedelta(days=1),
        method="test",
    )  # fmt: skip
    values = {f"p{n:02d}": mean * n / 50 for n in (5, 25, 50, 75, 90, 95)}
    ForecastValue.objects.create(
        run=run, hall=hall, matter=matter, service_day=DAY, hour=hour, mean=mean, minutes=6 * mean,
        **values | more,
    )  # fmt: skip


def test_the_newest_forecast_says_more_than_the_days_before(hall, renewal, weeks_before):
    foretell(hall, renewal, 90, hour=10)
    foretell(hall, renewal, 60, hour=10)

    wanted = wanted_in(hall, DAY)

    (hour,) = wanted.demand
    assert wanted.source == "forecast"
    assert hour.online + hour.walk_in == pytest.approx(60)
    assert hour.online == pytest.approx(60 * 20 / 26, rel=0.03)


def test_a_forecast_of_the_day_is_shared_out_over_its_usual_hours(hall, renewal, weeks_before):
    foretell(hall, renewal, 84)

    (hour,) = wanted_in(hall, DAY).demand

    assert (hour.hour, hour.online + hour.walk_in) == (10, pytest.approx(84))


def test_a_day_is_read_as_it_is_planned(hall, windows, session, book, renewal, weeks_before):
    slot = session.slots.order_by("starts_at").last()
    book(slot)
    rest = [instant(900), instant(915)]
    PlannedBreak.objects.create(window=windows[0], period=tuple(rest))
    HallClosure.objects.create(
        hall=hall, period=(instant(960), instant(990)), reason="power", made_at=NOON
    )

    read = read_day(hall=hall, day=DAY, now=MIDNIGHT)

    assert len(read.twin.slots) == 16
    assert read.twin.slots[-1].online == 84
    assert [(b.starts, b.matter, b.people) for b in read.twin.booked] == [(990, renewal.pk, 1)]
    first = read.twin.windows[0]
    assert first.breaks == ((900, 915),)
    assert [(s.begins, s.ends, s.stays) for s in first.spans] == [
        (540, 960, True), (990, 1020, True)
    ]  # fmt: skip


def test_nobody_asks_for_a_place_in_an_hour_that_is_over(hall, session, weeks_before):
    read = read_day(hall=hall, day=DAY, now=NOON)

    assert [one.online for one in read.twin.demand] == [0]
    assert min(slot.starts for slot in read.twin.slots) > 720


def test_written_facts_are_believed_more_than_the_journal(hall, renewal, weeks_before):
    """A correction says that half as many came."""
    day = DAY - WEEK
    DayClosing.objects.create(hall=hall, service_day=day, written_at=NOON, was_open=True)
    DemandFact.objects.create(
        hall=hall, matter=renewal, service_day=day, hour=11, kind="regular", channel="walkin",
        what="walked_in", people=6, minutes=36, recorded_at=NOON,
    )  # fmt: skip

    known = days_before(hall, DAY)

    assert known[day] == {(11, renewal.pk): (0, 6)}
    assert (10, renewal.pk) in known[day - WEEK]


# --- what is told


def test_an_evening_session_turns_fewer_away_and_shortens_waits(hall, windows, weeks_before):
    """One window for those who come without a place; the evening has places for all."""
    make_session(hall, windows[:1], online=0)
    plan = preview_session(
        hall=hall, kind="night", day=DAY, opens=time(18, 30), closes=time(21), windows=windows,
        now=MIDNIGHT,
    )  # fmt: skip

    effect = effect_of_opening(plan, now=MIDNIGHT)

    assert effect.fewer.low > 0
    assert effect.after.most.middle < effect.before.most.middle
    assert effect.after.unmet.middle < effect.before.unmet.middle
    said = effect_words(effect)
    assert said[0].startswith("Nine in ten people would wait at most")
    assert " instead of " in said[0]
    assert "people fewer would be turned to another day" in said[1]
    assert "from 2 such weekdays before" in source_words(effect)


def test_cutting_a_session_turns_more_away(hall, windows, session, weeks_before):
    ask = Ask.cut(session, windows=(windows[0].pk,))

    effect = effect_of_change(preview_change(ask, now=MIDNIGHT), now=MIDNIGHT)

    assert effect.after.most.middle > effect.before.most.middle
    assert effect.fewer.middle <= 0


def test_cancelling_the_only_session_serves_nobody(hall, session, weeks_before):
    seen = preview_change(Ask.cancel(session), now=MIDNIGHT)

    effect = effect_of_change(seen, now=MIDNIGHT)

    assert effect.after.most is None
    assert effect_words(effect)[0] == "Nobody would be served that day."
    assert effect.fewer.high < 0


def test_a_move_to_another_day_is_not_worked_out(session, weeks_before):
    day = timedelta(days=1)
    ask = Ask.move(session, starts_at=session.starts_at + day, ends_at=session.ends_at + day)

    effect = effect_of_change(preview_change(ask, now=MIDNIGHT), now=MIDNIGHT)

    assert "not worked out" in why_not(effect)
    assert effect_words(effect) == []


def test_without_history_it_says_so(hall, windows, session):
    ask = Ask.cut(session, windows=(windows[0].pk,))

    effect = effect_of_change(preview_change(ask, now=MIDNIGHT), now=MIDNIGHT)

    assert "cannot be said" in why_not(effect)


# --- the command


def simulate(*args: str) -> str:
    out = StringIO()
    call_command("simulate", *args, stdout=out)
    return out.getvalue()


@pytest.fixture
def at_midnight(monkeypatch):
    monkeypatch.setattr(civil, "now", lambda: MIDNIGHT)


ASKED = ("--hall", "H01", "--day", DAY.isoformat(), "--runs", "20")


def test_simulate_invents_a_day_to_come(hall, session, weeks_before, at_midnight):
    told = json.loads(simulate(*ASKED, "--json"))

    assert told["kind"] == "invented"
    assert told["demand_from"] == "weekdays"
    assert told["came"]["middle"] > 15
    assert told["wait_minutes"]["half"]["middle"] <= told["wait_minutes"]["nine_in_ten"]["middle"]
    assert json.loads(simulate(*ASKED, "--json"))["came"] == told["came"]
    words = simulate(*ASKED)
    assert "invented 20 times" in words
    assert "nine in ten wait at most, minutes" in words


def test_simulate_plays_a_past_day_again(hall, windows, clerk, renewal, weeks_before, at_midnight):
    day = DAY - 2 * WEEK
    sign_in(staff=clerk, window=windows[0], now=on_the_wall(day, 9))
    at = on_the_wall(day, 10)
    waits = []
    while Ticket.objects.waiting().of_day(hall.pk, day).filter(issued_at__lte=at).exists():
        ticket = call_next(window=windows[0], staff=clerk, now=at)
        waits.append((at - ticket.issued_at).total_seconds() / 60)
        at += timedelta(minutes=6)
        finish(ticket=ticket, staff=clerk, now=at)
    sign_out(staff=clerk, now=on_the_wall(day, 17))

    told = json.loads(simulate("--hall", "H01", "--day", str(day), "--runs", "40", "--json"))

    assert told["kind"] == "replayed"
    assert (told["people"], told["really_called"], told["windows"]) == (12, len(waits), 1)
    real, twin = (told["wait_minutes"]["nine_in_ten"][name] for name in ("real", "twin"))
    assert twin["low"] <= real <= twin["high"]
    assert "really" in simulate("--hall", "H01", "--day", str(day), "--runs", "5")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--hall", "H99", "--day", "2027-03-04"), "there is no hall H99"),
        (("--hall", "H\x00", "--day", "2027-03-04"), "there is no hall"),
        (("--hall", "H01", "--day", "tomorrow"), "tomorrow is no date"),
        (("--hall", "H01", "--day", "2027-03-05"), "no session on that day"),
        (("--hall", "H01", "--day", "2027-03-04", "--runs", "0"), "between 1 and 5000, not 0"),
        (("--hall", "H01", "--day", "2027-03-04", "--runs", "10000000"), "between 1 and 5000"),
        (("--hall", "H01", "--day", "2027-03-04", "--seed", "-3"), "choose 0 or more, not -3"),
        (("--hall", "H01", "--day", "2027-03-04", "--replay"), "not over yet"),
        (("--hall", "H01", "--day", "2027-02-24"), "no session on that day"),
    ],
)
def test_simulate_says_what_is_wrong(hall, session, weeks_before, at_midnight, args, said):
    with pytest.raises(CommandError, match=said):
        simulate(*args)


def test_simulate_knows_nothing_of_a_new_hall(hall, session, at_midnight):
    with pytest.raises(CommandError, match="no forecast for that day"):
        simulate(*ASKED)


def test_a_day_on_which_nobody_came_is_not_played_again(hall, windows, at_midnight):
    make_session(hall, windows, day=DAY - WEEK)

    with pytest.raises(CommandError, match="Nobody had a number"):
        simulate("--hall", "H01", "--day", str(DAY - WEEK))


def test_the_whole_hall_is_played_two_hundred_times_in_seconds(hall, session, weeks_before):
    """Processor time, so that neighbours on the machine do not count."""
    twin = read_day(hall=hall, day=DAY, now=MIDNIGHT).twin
    busy = tuple(HourDemand(h, twin.demand[0].matter, 20, 30) for h in range(9, 17))
    began = process_time()

    played = play(TwinDay(**{**vars(twin), "demand": busy}), runs=200)

    assert process_time() - began < 10
    assert played.came.mean() > 250
