"""A hall's day, played: against what queueing theory knows, and against common sense. # C5 C9

Mutants that were seen red here: the rank of walk-ins is their arrival (the order of calls, in
tests/integration/appointments/test_twin.py); a window calls while it rests; a full slot is
booked all the same; no-shows forget how many days before somebody asked.
"""

from dataclasses import replace
from math import factorial

import numpy as np
import pytest

from appointments.twin.drawing import draw
from appointments.twin.line import Comer, play_line
from appointments.twin.playing import (
    BOOKING,
    Booked,
    Habits,
    HourDemand,
    Span,
    TwinDay,
    TwinSlot,
    TwinWindow,
    lognormal,
    play,
)

ALL = frozenset({1, 2})
MORNING = Span(540, 720)
EXPONENTIAL = -np.log(1 - (np.arange(20_000) + 0.5) / 20_000)


def window(number: int, *spans: Span, matters=ALL, **more) -> TwinWindow:
    return TwinWindow(number, matters, spans or (MORNING,), **more)


def a_day(*, windows: int = 3, online: float = 60, walk_in: float = 20, **more) -> TwinDay:
    """Three hours, two matters, a slot every half hour."""
    slots = tuple(TwinSlot(at, at + 30, online) for at in range(540, 720, 30))
    demand = tuple(
        HourDemand(hour, matter, online=6, walk_in=walk_in / 2)
        for hour in (9, 10, 11)
        for matter in (1, 2)
    )
    usual = {
        "slots": slots,
        "windows": tuple(window(n) for n in range(1, windows + 1)),
        "demand": demand,
        "needs": {1: 6, 2: 3},
        "services": {1: lognormal(6), 2: lognormal(3)},
    }
    return TwinDay(**{**usual, **more})


def erlang_c(windows: int, load: float) -> float:
    """The chance to wait when so much work is offered."""
    last = load**windows / factorial(windows) * windows / (windows - load)
    return last / (sum(load**k / factorial(k) for k in range(windows)) + last)


@pytest.mark.parametrize(("windows", "a_minute"), [(1, 0.14), (3, 0.5), (6, 1.05)])
def test_the_mean_wait_is_that_of_theory(windows, a_minute):
    """M/M/c: after some hours, and within what chance allows."""
    whole = Span(0, 2400)
    day = a_day(
        windows=0, slots=(), spread=0.0, services={1: 5 * EXPONENTIAL, 2: 5 * EXPONENTIAL},
        demand=tuple(HourDemand(h, 1, 0, 60 * a_minute) for h in range(40)),
    ).with_windows([window(n, whole) for n in range(windows)])  # fmt: skip
    expected = erlang_c(windows, a_minute * 5) / (windows / 5 - a_minute)

    played = play(day, runs=120, seed=3)

    late = played.arrives > 400
    each = [played.waits[late & (played.run == run)].mean() for run in range(120)]
    error = np.std(each) / np.sqrt(len(each))
    assert abs(np.mean(each) - expected) < 2.5 * error
    assert error < expected / 8


def test_everybody_who_came_is_served_or_has_left():
    played = play(a_day(walk_in=60, habits=Habits(leaves_after=15)), runs=40)

    assert (played.came == played.served + played.left).all()
    assert played.left.sum() > 0
    assert (played.wanted == played.came + played.no_shows + played.unmet).all()


def test_nobody_is_sent_away_when_the_hall_closes():
    played = play(a_day(windows=1, walk_in=60), runs=20)

    assert played.left.sum() == 0
    assert np.isfinite(played.waits).all()
    assert (played.ends > 720).all()
    assert (played.overtime > 0).all()


def test_who_has_a_matter_that_nobody_serves_leaves():
    day = a_day().with_windows([window(1, matters=frozenset({1}))])

    played = play(day, runs=10)

    assert (played.left > 0).all()
    assert np.isinf(played.waits[played.matter == 2]).all()
    assert np.isfinite(played.waits[played.matter == 1]).all()


def test_the_same_seed_gives_the_same_and_another_one_not():
    once, again, other = (play(a_day(), runs=5, seed=seed) for seed in (7, 7, 8))

    assert np.array_equal(once.waits, again.waits)
    assert np.array_equal(once.unmet, again.unmet)
    assert not np.array_equal(once.wanted, other.wanted)


def test_another_plan_meets_the_same_people():
    few, many = play(a_day(windows=2), runs=20), play(a_day(windows=4), runs=20)

    assert np.array_equal(few.wanted, many.wanted)
    assert np.array_equal(few.arrives, many.arrives)


@pytest.mark.parametrize("seed", range(5))
def test_more_windows_never_make_anybody_wait_longer(seed):
    """For one kind of people in order of arrival this is a theorem."""
    day = a_day(slots=(), demand=tuple(HourDemand(h, 1, 0, 40) for h in (9, 10, 11)))

    waits = [play(a, 10, seed).waits for a in (
        day.with_windows([window(n) for n in range(windows)]) for windows in (2, 3, 5)
    )]  # fmt: skip

    assert (waits[1] <= waits[0] + 1e-9).all()
    assert (waits[2] <= waits[1] + 1e-9).all()
    assert waits[2].mean() < waits[0].mean()


def test_more_windows_shorten_a_mixed_day():
    most = [play(a_day(windows=n, walk_in=40), runs=30).wait(0.9).mean() for n in (2, 3, 5)]

    assert most[0] > most[1] > most[2]


def test_who_finds_no_place_is_turned_to_another_day_or_comes_anyway():
    plenty, scarce = play(a_day(online=60), runs=30), play(a_day(online=9), runs=30)
    none = play(a_day(online=0, habits=Habits(walks_in=0.0)), runs=30)

    assert plenty.unmet.sum() == 0
    assert scarce.unmet.mean() > 10
    assert 0.2 < scarce.walked_after.sum() / (scarce.walked_after + scarce.unmet).sum() < 0.4
    assert none.walked_after.sum() == 0
    assert (none.source != BOOKING).all()


def test_no_slot_is_booked_beyond_its_quota():
    drawn = draw(a_day(online=13), seed=1, run=0)  # room for two of six minutes, or four of three

    starts = drawn.starts[~np.isnan(drawn.starts)]
    _, taken = np.unique(starts, return_counts=True)
    assert taken.max() <= 4


def test_more_places_turn_fewer_people_away():
    unmet = [play(a_day(online=minutes), runs=20).unmet for minutes in (9, 18, 36)]

    assert (unmet[0] >= unmet[1]).all()
    assert (unmet[1] >= unmet[2]).all()
    assert unmet[0].sum() > unmet[2].sum()


def test_who_asked_long_before_comes_less_often():
    early = (Booked(600, 1, lead_days=20, people=60),)
    same_day = (Booked(600, 1, lead_days=0, people=60),)
    away = [
        play(a_day(walk_in=0, demand=(), booked=booked, windows=9), runs=40).no_shows.mean() / 60
        for booked in (same_day, early)
    ]

    assert away[0] == pytest.approx(0.033, abs=0.015)
    assert away[1] == pytest.approx(0.364, abs=0.03)


def test_those_who_booked_already_are_part_of_what_is_wanted():
    """Twelve hold a place in an hour in which about six ask for one: nobody is added to
    them but by chance."""
    booked = (Booked(540, 1, 0, 12),)
    demand = (HourDemand(9, 1, online=6, walk_in=0),)

    played = play(a_day(demand=demand, booked=booked), runs=50)

    assert (played.wanted >= 12).all()
    assert played.wanted.mean() < 12.5


def test_a_window_in_its_break_calls_nobody():
    day = a_day(walk_in=60).with_windows([window(1, breaks=((600, 630),))])
    drawn = draw(day, seed=1, run=0)

    course = play_line(drawn.comers, day.windows)

    calls = np.array(course.called)
    assert ((calls < 600) | (calls >= 630)).all()
    assert ((calls >= 630) & (calls < 720)).any()


def test_after_the_end_only_those_are_called_who_came_before_it():
    """The window of the morning stays for its own people; who comes early in the evening
    waits for the evening's window."""
    windows = [window(1, MORNING), window(2, Span(760, 800))]
    people = [Comer(at, at + 20, 1, 15) for at in (700, 701, 702)] + [Comer(735, 755, 1, 5)]

    course = play_line(people, windows)

    assert course.window == [0, 0, 0, 1]
    assert course.called == [700, 715, 730, 760]


def test_the_green_channel_jumps_once_in_three_calls():
    people = [Comer(n / 100, 20 + n, 1, 5, green=n >= 4) for n in range(8)]

    order = play_line(people, [window(1, Span(1, 600))]).order

    assert order == [4, 0, 1, 5, 2, 3, 6, 7]


@pytest.mark.parametrize(
    "day",
    [
        a_day(demand=()),
        a_day(demand=(HourDemand(9, 1, 0, 0),)),
        a_day(windows=0),
        a_day(slots=()),
        a_day(demand=(HourDemand(3, 7, 2, 2),)),
        a_day(spread=3.0),
    ],
    ids=["nobody", "zeros", "no windows", "no slots", "an unknown matter at night", "wild"],
)
def test_poor_days_are_played_all_the_same(day):
    played = play(day, runs=5)

    assert (played.came == played.served + played.left).all()
    for figure in (played.idle, played.overtime, played.ends):
        assert np.isfinite(figure).all()
        assert (figure >= 0).all()


def test_no_run_is_no_answer():
    with pytest.raises(ValueError, match="at least one run"):
        play(a_day(), runs=0)


def test_hours_that_are_added_draw_some_of_the_others():
    evening = Span(1110, 1260)
    before = a_day(walk_in=80)
    after = replace(
        before.with_windows([*before.windows, window(9, evening)]), added=((1110, 1260),)
    )

    first, then = play(before, runs=20), play(after, runs=20)

    assert ((then.arrives > 1000).mean()) == pytest.approx(0.15 * 0.87, abs=0.04)
    assert then.wait(0.9).mean() < first.wait(0.9).mean()


def test_nobody_is_sent_away_where_the_plan_sends_the_clerks_home():
    people = [Comer(550 + n, 570 + n, 1, 10) for n in range(12)]

    course = play_line(people, [window(1, Span(540, 600, stays=False))])

    assert np.isfinite(course.called).all()
    assert max(course.done) == 670
