"""What must hold for every line, however it is made up. Row C17."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from queues.foreseeing import RUNS, Opening, Person, foresee
from queues.pacing import NORMAL

MINUTES = 6 * np.exp(0.4 * NORMAL)
ENOUGH = settings(max_examples=40, deadline=None)

kinds = st.sampled_from([frozenset({0}), frozenset({1}), frozenset({0, 1}), frozenset({0, 1, 2})])
lines = st.lists(kinds, min_size=1, max_size=12)


def people(made_up: list[frozenset[int]]) -> list[Person]:
    return [Person(float(n), serve, MINUTES, key=n) for n, serve in enumerate(made_up)]


def windows(count: int = 3) -> list[Opening]:
    return [Opening(MINUTES * 0.7, key=100 + n) for n in range(count)]


def newcomer(serve: frozenset[int]) -> Person:
    return Person(1e6, serve, MINUTES, key=77, counts=False)


def by_hand(line: list[Person], openings: list[Opening], run_of: np.ndarray) -> list[float]:
    """The rule, told slowly: whoever is free first calls the lowest rank it can serve."""
    free = [float(f) for f in run_of]
    called: dict[int, float] = {}
    while len(called) < len(line):
        able = [
            (free[w], w)
            for w in range(len(openings))
            if any(n not in called and w in one.windows for n, one in enumerate(line))
        ]
        if not able:
            break
        at, window = min(able)
        n = next(n for n, one in enumerate(line) if n not in called and window in one.windows)
        called[n] = at
        free[window] = at + 6.0
    return [called.get(n, np.inf) for n in range(len(line))]


@ENOUGH
@given(lines)
def test_the_calls_are_those_of_the_rule(made_up):
    """Where services and windows leave nothing to chance, every run is the rule itself."""
    sure = np.full(RUNS, 6.0)
    line = [Person(float(n), serve, sure, key=n) for n, serve in enumerate(made_up)]
    openings = [Opening(free, key=n) for n, free in enumerate((0.5, 2.0, 3.5))]

    waits = foresee(line, openings)

    for n, at in enumerate(by_hand(line, openings, np.array([0.5, 2.0, 3.5]))):
        assert np.allclose(waits[n], at, atol=0.01)


@ENOUGH
@given(lines, kinds)
def test_one_more_person_ahead_never_makes_the_wait_shorter(made_up, kind):
    line = people(made_up)
    more = [*line, Person(5e5, kind, MINUTES, key=50)]

    before = foresee([*line, newcomer(frozenset({0, 1, 2}))], windows())[-1]
    after = foresee([*more, newcomer(frozenset({0, 1, 2}))], windows())[-1]

    assert after.mean() >= before.mean() - 1e-9


@ENOUGH
@given(st.integers(1, 12), st.integers(1, 5))
def test_one_more_window_never_makes_the_wait_longer(people_ahead, count):
    """Windows that serve everything; others can help some and so change who comes first."""
    fewer, more = frozenset(range(count)), frozenset(range(count + 1))

    def wait(serve: frozenset[int]) -> float:
        line = [*people([serve] * people_ahead), newcomer(serve)]
        return float(foresee(line, windows(len(serve)))[-1].mean())

    assert wait(more) <= wait(fewer) + 1e-9


@ENOUGH
@given(lines, st.integers(1, 40), st.integers(5, 30))
def test_a_break_never_makes_the_wait_shorter(made_up, begins, lasts):
    line = [*people(made_up), newcomer(frozenset({0, 1, 2}))]
    resting = windows()
    resting[0] = Opening(
        resting[0].free, breaks=((float(begins), float(begins + lasts)),), key=resting[0].key
    )

    plain, rested = foresee(line, windows())[-1], foresee(line, resting)[-1]

    assert rested.mean() >= plain.mean() - 0.5  # who overtakes whom may change a little


@ENOUGH
@given(lines)
def test_nobody_is_called_before_a_lower_rank_of_the_same_kind(made_up):
    line = people(made_up)
    waits = foresee(line, windows())

    for n, one in enumerate(line):
        for later in range(n + 1, len(line)):
            if line[later].windows == one.windows:
                assert (waits[n] <= waits[later]).all()


@ENOUGH
@given(lines, st.integers(1, 30))
def test_nobody_is_called_before_they_came(made_up, comes):
    line = people(made_up)
    times = comes + np.arange(RUNS) / RUNS
    booked = Person(-1.0, frozenset({0, 1, 2}), MINUTES, key=9, arrives=times)

    waits = foresee([*line, booked], windows())

    called = waits[-1][np.isfinite(waits[-1])]
    assert (called >= comes - 0.01).all()


@ENOUGH
@given(lines)
def test_who_no_window_serves_is_never_called(made_up):
    line = people(made_up)

    waits = foresee(line, [*windows(1), Opening(ends=0.0), Opening(ends=0.0)])

    for one, runs in zip(line, waits, strict=True):
        assert np.isfinite(runs).all() == (0 in one.windows)


@ENOUGH
@given(lines)
def test_the_same_line_gives_the_same_answer(made_up):
    line = people(made_up)

    assert (foresee(line, windows()) == foresee(line, windows())).all()
