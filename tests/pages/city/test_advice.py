"""Where a session is missing, why, and the page that opens it. # C1 C4 C5 C35"""

import re
from datetime import datetime, time, timedelta

import pytest

from appointments.advising import advise
from config import civil
from tests.conftest import DAY, NOON, make_session
from tests.pages.city.conftest import CITY, SATURDAY, TOMORROW, city_of, searched, text_of
from tests.pages.reading import words_of
from windows.models import Hall, KindDefault

pytestmark = pytest.mark.django_db


class TestAdvice:
    @pytest.fixture
    def full(self, hall, session, renewal):
        session.slots.update(online_taken=90)
        searched(hall, renewal, 24)
        return hall

    def annotated(self, hall: Hall) -> Hall:
        hall.windows_in_use, hall.is_mine = 3, True  # type: ignore[attr-defined]
        return hall

    def first(self, hall: Hall, now: datetime = NOON):
        return next(iter(advise(city_of(self.annotated(hall), now=now), now=now)), None)

    def test_names_the_evening_why_and_what_it_takes(self, boss, full):
        page = words_of(boss.get(CITY))

        assert "Hetang Hall · Thu 4 Mar" in page
        assert "24 searches in vain · 100% booked" in page
        assert "3 windows · 9 staff hours" in page

    def test_leads_to_the_filled_in_page_that_opens_it(self, boss, full):
        page = text_of(boss.get(CITY))
        (address,) = re.findall(r'role="button" draggable="false" href="([^"]+)"', page)
        address = address.replace("&amp;", "&")
        assert address.endswith("?hall=H01&day=2027-03-04&kind=night&opens=18:30&closes=21:30")

        form = text_of(boss.get(address))

        assert 'value="2027-03-04"' in form
        assert 'value="18:30"' in form

    def test_another_day_when_the_evening_is_there_already(self, full, windows):
        make_session(full, windows, opens=time(18, 30), closes=time(21, 30), kind="night")

        advice = self.first(full)

        assert civil.city_date(advice.starts_at) == TOMORROW
        assert advice.reasons[0] == "Thu 4 Mar has no room for another session"

    def test_not_what_nobody_can_come_to_any_more(self, full):
        at_seven = civil.city_instant(DAY, time(19))

        assert civil.city_date(self.first(full, at_seven).starts_at) == TOMORROW

    def test_a_day_where_a_weekend_is_empty(self, hall, session, renewal):
        searched(hall, renewal, 30, day=SATURDAY)

        advice = self.first(hall)

        assert (advice.kind, advice.hours) == ("weekend", "09:00 to 16:00")

    def test_takes_the_hours_that_the_hall_has_set(self, boss, full):
        KindDefault.objects.create(kind="night", effective_on=DAY, opens=time(19), closes=time(22))
        KindDefault.objects.create(
            kind="night", hall=full, effective_on=DAY, opens=time(19), closes=time(23)
        )

        assert "19:00 to 23:00" in words_of(boss.get(CITY))

    def test_knows_such_weekdays_of_the_last_weeks(self, hall, session, renewal):
        for weeks in (1, 2, 3, 4):
            day = DAY - timedelta(weeks=weeks)
            searched(hall, renewal, 20, day=day, on=day)

        advice = self.first(hall)

        assert advice.people == 20
        assert "20 in vain on such a weekday, on average of four weeks" in advice.reasons

    def test_a_few_searches_are_no_reason(self, boss, hall, session, renewal):
        searched(hall, renewal, 9)

        assert self.first(hall) is None
        assert "no session is missing" in words_of(boss.get(CITY))

    def test_nowhere_while_the_hall_is_shut(self, full, session):
        session.slots.update(is_open=False)
        evening = time(18, 30), time(21, 30)
        for ahead in range(7):
            make_session(
                full, [], day=DAY + timedelta(days=ahead), opens=evening[0], closes=evening[1]
            ).slots.update(is_open=False)

        assert all(one.kind == "weekend" for one in advise(city_of(full), now=NOON))
