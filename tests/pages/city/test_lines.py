"""Who waits in the halls, how long, and whether that is too much. # C35"""

from datetime import time, timedelta

import pytest

from config import civil
from queues.calling import call_next
from queues.issuing import issue_walk_in
from queues.models import Rating, Ticket
from tests.conftest import DAY, NOON, make_session
from tests.pages.city.conftest import CITY, TOMORROW, city_of
from tests.pages.reading import words_of
from windows.models import Rule

pytestmark = pytest.mark.django_db


class TestLines:
    @pytest.fixture
    def waited(self, hall, session, renewal, at_window_3, clerk):
        """One was called after 40 minutes, one waits since 70."""
        early = NOON - timedelta(minutes=70)
        for at in (NOON - timedelta(minutes=40), early):
            issue_walk_in(hall=hall, matter=renewal, now=at)
        call_next(window=at_window_3, staff=clerk, now=NOON - timedelta(minutes=20))
        return hall

    def test_tells_who_waits_how_long_and_where_it_is_too_long(self, waited):
        line = city_of(waited).rows[0].line

        assert (line.waiting, line.longest, line.nine_in_ten) == (1, 40, 50)
        assert (line.is_long, line.level) == (False, "4")
        Rule.objects.create(name="alert_longest_minutes", value=50, effective_on=DAY)
        assert city_of(waited).rows[0].line.level == "over"

    def test_says_how_long_somebody_has_waited_when_it_is_too_long(self, boss, waited):
        Rule.objects.create(name="alert_longest_minutes", value=40, effective_on=DAY)

        assert "40 min so far too long" in words_of(boss.get(CITY))

    def test_the_halls_own_rule_goes_before_the_citys(self, waited):
        Rule.objects.create(name="alert_waiting", value=1, effective_on=DAY)
        assert city_of(waited).rows[0].line.is_many

        Rule.objects.create(name="alert_waiting", value=2, effective_on=DAY, hall=waited)
        assert not city_of(waited).rows[0].line.is_many

    def test_all_together_is_no_sum_of_percentiles(self, waited, other_hall):
        assert city_of(waited, other_hall).line.nine_in_ten == 50
        assert city_of(other_hall).line.nine_in_ten is None

    def test_after_midnight_the_evenings_people_still_wait(self, hall, windows, renewal):
        make_session(hall, windows, opens=time(18, 30), closes=time(0, 30), kind="night")
        late = civil.city_instant(TOMORROW, time(0, 10))
        issue_walk_in(hall=hall, matter=renewal, now=late - timedelta(minutes=20))

        line = city_of(hall, now=late).line

        assert (line.waiting, line.longest, line.served) == (1, 20, 0)

    def test_compares_with_a_week_ago_by_this_hour(self, hall, windows, renewal, session):
        before = make_session(hall, windows, day=DAY - timedelta(days=7))
        for n, hour in enumerate((9, 10, 15), start=1):
            at = civil.city_instant(DAY - timedelta(days=7), time(hour))
            Ticket.objects.create(
                hall=hall, session=before, matter=renewal, service_day=before.service_day,
                prefix="A", number=n, source="walk_in", state="finished", rank_at=at, issued_at=at,
                called_at=at, started_at=at, finished_at=at, window=None,
            )  # fmt: skip

        line = city_of(hall).line

        assert line.served_before == 2  # what came at three is not counted at noon
        assert line.served_change == -100

    def test_says_how_satisfied_people_were(self, boss, hall, session, renewal):
        for level in (5, 4, 2):
            ticket = issue_walk_in(hall=hall, matter=renewal, now=NOON)
            Rating.objects.create(ticket=ticket, level=level, made_at=NOON)

        assert "Satisfied today 67% of 3 ratings" in words_of(boss.get(CITY))
