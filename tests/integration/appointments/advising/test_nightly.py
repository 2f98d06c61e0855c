"""What a night advises and keeps: which windows, what the twin says, once. # C5 C6 C9

Seen red: played again when the night runs twice; a hall that breaks stops the others; the
bounds of a hall and of the city left out.
"""

from datetime import time, timedelta

import pytest

from appointments.advised import storing
from appointments.advised.storing import advise_city
from appointments.models import SessionAdvice
from config import civil
from tests.conftest import DAY, NOON, make_session
from tests.integration.appointments.advising.foretold import TOMORROW, expect, made_run
from windows.models import Hall, Matter, Rule, Window

pytestmark = pytest.mark.django_db
EVENING = dict.fromkeys((18, 19), 80)


@pytest.fixture(autouse=True)
def few_runs(db):
    Rule.objects.create(name="advice_runs", value=20, effective_on=DAY)


@pytest.fixture
def run(db):
    return made_run()


@pytest.fixture
def evening(hall, windows, renewal, run):
    """Two of three windows from six to eight, and many more people than places."""
    expect(run, hall, EVENING, matter=renewal)
    return make_session(
        hall, windows[:2], day=TOMORROW, opens=time(18), closes=time(20), kind="night"
    )


def another_hall(code: str, matter: Matter) -> Hall:
    hall = Hall.objects.create(code=code, name_zh=code, name_en=code)
    Window.objects.create(hall=hall, number=1).matters.add(matter)
    return hall


class TestAWindowMore:
    def test_names_the_window_its_hours_and_what_it_takes(self, evening, windows, run):
        advise_city(now=NOON)

        (advice,) = SessionAdvice.objects.all()
        assert (advice.reason, advice.session_id, advice.kind) == ("window", evening.pk, "night")
        assert (advice.numbers, advice.staff_hours) == ([windows[2].number], 2)
        assert (advice.first_hour, advice.ends_hour) == (18, 20)
        assert advice.starts_at == civil.city_instant(TOMORROW, time(18))
        assert (advice.expected, advice.places) == (160, 24)

    def test_keeps_what_the_twin_says_with_its_range(self, evening, run):
        advise_city(now=NOON)

        effect = SessionAdvice.objects.get().effect
        assert (effect["runs"], effect["source"]) == (20, "forecast")
        assert 0 < effect["fewer"]["low"] <= effect["fewer"]["middle"] <= effect["fewer"]["high"]
        assert {"low", "middle", "high"} == set(effect["before"]) == set(effect["after"])

    def test_a_window_that_stands_elsewhere_is_not_free(self, evening, hall, windows, run):
        make_session(hall, windows[2:], day=TOMORROW, opens=time(19), closes=time(20))

        advise_city(now=NOON)

        assert not SessionAdvice.objects.filter(reason="window").exists()

    def test_it_lasts_no_longer_than_the_session_that_is_open(self, hall, windows, renewal, run):
        make_session(
            hall, windows[:1], day=TOMORROW, opens=time(18, 30), closes=time(20), kind="night"
        )
        expect(run, hall, EVENING, matter=renewal)

        advise_city(now=NOON)

        assert SessionAdvice.objects.get().starts_at == civil.city_instant(TOMORROW, time(18, 30))


class TestASessionMore:
    def test_where_the_hall_is_closed_then(self, evening, windows, renewal, run):
        other = another_hall("H02", renewal)
        expect(run, other, EVENING, matter=renewal)

        advise_city(now=NOON)

        advice = SessionAdvice.objects.get(hall=other)
        assert (advice.reason, advice.session, advice.numbers) == ("session", None, [1])
        assert (advice.kind, advice.staff_hours) == ("night", 2)


class TestASessionThatRunsEmpty:
    @pytest.fixture
    def idle(self, hall, windows, renewal, run):
        expect(run, hall, {18: 2, 19: 1}, matter=renewal)
        for window in windows:
            window.matters.set([renewal])
        return make_session(
            hall, windows, day=TOMORROW, opens=time(18), closes=time(20), kind="night"
        )

    def test_names_the_windows_that_could_close(self, idle, windows, run):
        advise_city(now=NOON)

        (advice,) = SessionAdvice.objects.all()
        assert (advice.reason, advice.session_id) == ("empty", idle.pk)
        assert advice.numbers == [windows[1].number, windows[2].number]
        assert advice.staff_hours == 4

    def test_not_the_only_one_that_serves_a_matter(self, idle, windows, renewal, pickup, run):
        windows[1].matters.set([pickup])

        advise_city(now=NOON)

        assert SessionAdvice.objects.get().numbers == [windows[2].number]

    def test_not_while_somebody_would_lose_a_place(self, idle, run):
        idle.slots.update(online_taken=25)  # a part of each time, more than one window has
        idle.slots.update(online_quota=90)

        advise_city(now=NOON)

        assert not SessionAdvice.objects.filter(numbers__len=2).exists()


class TestOnce:
    def test_a_second_night_plays_nothing(self, evening, run, monkeypatch):
        advise_city(now=NOON)
        once = list(SessionAdvice.objects.values())
        monkeypatch.setattr(storing, "foresee", lambda *_: pytest.fail("played again"))

        advise_city(now=NOON + timedelta(hours=1))

        assert list(SessionAdvice.objects.values()) == once
        run.refresh_from_db()
        assert (run.facts["advice"]["stored"], run.facts["advice"]["broken"]) == (1, [])

    @pytest.mark.django_db(transaction=True)
    def test_a_hall_that_breaks_stops_no_other_and_is_tried_again(
        self, evening, renewal, run, monkeypatch
    ):
        other = another_hall("H02", renewal)
        expect(run, other, dict.fromkeys((18, 19), 60), matter=renewal)
        whole = storing.more_for

        def breaks(need, hall, is_workday, *, now):
            if hall == other:
                raise RuntimeError
            return whole(need, hall, is_workday, now=now)

        monkeypatch.setattr(storing, "more_for", breaks)
        advise_city(now=NOON)
        first = set(SessionAdvice.objects.values_list("hall__code", flat=True))
        monkeypatch.setattr(storing, "more_for", whole)
        advise_city(now=NOON + timedelta(hours=1))

        assert first == {"H01"}
        assert set(SessionAdvice.objects.values_list("hall__code", flat=True)) == {"H01", "H02"}

    def test_without_a_forecast_there_is_none(self, hall):
        advise_city(now=NOON)

        assert SessionAdvice.objects.count() == 0


class TestBounds:
    def test_the_best_of_a_hall_and_of_the_city(self, evening, hall, windows, renewal, run):
        make_session(hall, windows[:1], day=TOMORROW)
        expect(run, hall, {10: 9, 13: 12, 16: 10}, matter=renewal)
        other = another_hall("H02", renewal)
        expect(run, other, {18: 12}, matter=renewal)
        Rule.objects.create(name="advice_plays_hall", value=2, effective_on=DAY, hall=hall)

        advise_city(now=NOON)

        kept = SessionAdvice.objects.order_by("hall__code", "first_hour")
        assert [(one.hall.code, one.first_hour) for one in kept] == [
            ("H01", 13), ("H01", 18), ("H02", 18),
        ]  # fmt: skip

    def test_none_when_the_city_plays_none(self, evening, run):
        Rule.objects.create(name="advice_plays_city", value=0, effective_on=DAY)

        advise_city(now=NOON)

        assert SessionAdvice.objects.count() == 0
