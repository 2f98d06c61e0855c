"""Which window should also serve which matter. C8"""

import pytest

from appointments.rebalancing.skilling import HallDayNeeds, WindowTime, best_lesson, unserved

RENEW, MINOR, PICKUP = 1, 2, 3


def a_day(needs, *skills, minutes=480):
    windows = [WindowTime(n, minutes, frozenset(can)) for n, can in enumerate(skills, start=1)]
    return HallDayNeeds(tuple(windows), needs)


def test_what_every_window_serves_is_served():
    assert unserved(a_day({RENEW: 900}, {RENEW}, {RENEW})) == {}


def test_what_only_a_full_window_serves_is_left_over():
    day = a_day({RENEW: 300, MINOR: 600}, {RENEW}, {RENEW, MINOR})

    assert unserved(day) == {MINOR: pytest.approx(120)}


def test_too_much_work_for_all_is_no_matter_of_skills():
    assert unserved(a_day({RENEW: 5000}, {RENEW}, {RENEW})) == {}


def test_the_idle_window_learns_what_is_left_over():
    days = [a_day({RENEW: 100, MINOR: 600, PICKUP: 400}, {RENEW}, {PICKUP, RENEW}, {MINOR})] * 5

    lesson = best_lesson(days)

    assert (lesson.window_id, lesson.matter_id) == (1, MINOR)
    assert lesson.before == pytest.approx(600)
    assert lesson.after == pytest.approx(0, abs=1)


@pytest.mark.parametrize(
    "day",
    [
        a_day({}, {RENEW}),
        a_day({RENEW: 400}, {RENEW}),
        a_day({RENEW: 400}),
        a_day({MINOR: 500}, {MINOR}, {MINOR}),
        a_day({MINOR: 20}, {RENEW}),  # less than half an hour
    ],
)
def test_no_lesson_where_none_helps(day):
    assert best_lesson([day]) is None
