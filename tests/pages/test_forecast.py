"""The forecast on its page and over the API: who is expected, how right it was. C9, C10."""

import re
from datetime import date, timedelta

import pytest

from appointments.forecast_hours import week_of
from appointments.forecasting.reading import hours_of
from appointments.forecasting.storing import forecast_city
from appointments.models import CardCohort
from config import civil
from tests.conftest import NOON, make_session
from tests.integration.forecasting.facts import write_weeks
from tests.pages.reading import files_of, signed_in, words_of
from windows.models import DemandEvent, Hall, Matter

pytestmark = pytest.mark.django_db
PAGE = "/supervise/forecast/"
TODAY = date(2027, 3, 4)


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    monkeypatch.setattr(civil, "now", lambda: NOON)


@pytest.fixture
def boss(supervisor):
    return signed_in(supervisor)


@pytest.fixture
def foreseen(hall, windows, renewal):
    """A hundred people on a Monday, and one window that opens from nine to ten."""
    matters = list(Matter.objects.filter(pk=renewal.pk))
    monday = TODAY + timedelta(days=4)
    make_session(hall, windows[:1], day=monday)
    DemandEvent.objects.create(
        kind="exam", name_zh="中考", name_en="Exam", first_day=monday, last_day=monday,
        uplift_percent=25, made_at=NOON,
    )  # fmt: skip
    write_weeks([hall], matters, last=TODAY - timedelta(days=1), now=NOON, usual=120)
    return forecast_city(now=NOON)


def test_without_a_forecast_it_says_so(boss):
    page = boss.get(PAGE)

    assert page.status_code == 200
    assert "There is no forecast yet" in words_of(page)


@pytest.mark.parametrize("area", ["hall", "district", "city", "nonsense"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_area_answers_in_both_languages(supervisor, foreseen, area, language):
    page = signed_in(supervisor, language).get(PAGE, {"area": area})

    assert page.status_code == 200
    assert re.findall(r"\bnan\b", page.content.decode().lower()) == []  # keys have such letters


def test_the_error_is_said_beside_the_naive_guess(boss, foreseen):
    errors = foreseen.facts["accuracy"]
    ours, naive = round(100 * errors["ours"]["H01"]), round(100 * errors["naive"]["H01"])

    words = words_of(boss.get(PAGE))

    assert f"this was off by {ours}% on average" in words
    assert f"a week before” by {naive}%" in words


class TestWhatWasReallySaid:
    def test_it_is_too_early(self, boss, foreseen):
        words = words_of(boss.get(PAGE))

        assert "1 day ahead no such forecast is stored of a day that came" in words
        assert "What was said, and who wanted to come" not in words

    @pytest.fixture
    def compared(self, foreseen):
        foreseen.facts["said"] = {
            "horizons": {
                "1": {"H01": [12, 0.081, 0.9167]},
                "7": {"H01": [3, 0.5, 1.0]},
                "28": {"H01": [11, 0.2, None]},
            },
            "days": {"H01": [["2027-03-03", 95, 101, 88, None]]},
        }
        foreseen.save(update_fields=["facts"])

    def test_each_horizon_says_how_right_it_was_or_how_few_days_it_has(self, boss, compared):
        words = words_of(boss.get(PAGE))

        assert "1 day ahead on 12 days off by 8%, 92% of them within the range" in words
        assert "7 days ahead only 3 days can be compared so far; it takes 10" in words
        assert "28 days ahead on 11 days off by 20%" in words

    def test_the_days_stand_beside_each_other_without_what_nobody_said(self, boss, compared):
        table = boss.get(PAGE, {"format": "csv", "chart": "said"}).content.decode("utf-8-sig")

        assert table.splitlines() == [
            "Day,Wanted to come,Said: 1 day ahead,Said: 7 days ahead",
            "Wed 3 Mar,95,101,88",
        ]


def test_hours_with_too_few_places_lead_to_a_session(boss, foreseen):
    page = boss.get(PAGE)

    assert "expected," in words_of(page)
    assert "/supervise/open/?hall=H01&amp;day=2027-03-08&amp;" in page.content.decode()


def test_what_is_known_beforehand_is_named_once_for_all_its_days(boss, foreseen):
    DemandEvent.objects.update(last_day=TODAY + timedelta(days=6))

    words = words_of(boss.get(PAGE))

    assert words.count("Exam (+25%)") == 1
    assert "Mon 8 Mar to Wed 10 Mar Exam (+25%)" in words


class TestCardsThatExpire:
    @pytest.fixture
    def cards(self, hall):
        for month, years, cards, district in (
            (3, 20, 1240, ""), (3, 10, 300, ""), (4, 20, 9999, ""), (3, 20, 777, "无"),
        ):  # fmt: skip
            CardCohort.objects.create(
                month=date(2027, month, 1), years=years, cards=cards, district=district,
                made_at=NOON,
            )  # fmt: skip

    def test_they_are_named_with_the_renewals_they_bring(self, cards, foreseen, boss):
        percent = round(100 * (foreseen.facts["waves"]["禾塘区"]["2027-03-01"] - 1))

        words = words_of(boss.get(PAGE))

        assert percent > 0
        assert (
            "Thu 4 Mar to Wed 31 Mar 20-year cards expire: 1,240 cards in March, "
            f"10-year cards expire: 300 cards in March (renewals +{percent}%)"
        ) in words
        assert "9,999" not in words  # beyond the days that are foreseen
        assert "777" not in words  # of another district

    def test_a_district_with_cards_of_its_own_has_these(self, cards, foreseen, hall, boss):
        CardCohort.objects.filter(district="无").update(district=hall.district_zh)

        assert "20-year cards expire: 777 cards in March" in words_of(boss.get(PAGE))
        assert "1,240 cards" not in words_of(boss.get(PAGE))


def test_the_days_go_into_a_table(boss, foreseen):
    heads, *days = files_of(boss, PAGE)["expected-H01-hall"]

    assert heads[:2] == ["Day", "Expected"]
    assert len(days) >= 15


def test_how_far_off_each_hall_is_goes_into_a_table(boss, foreseen):
    facts = {"ours": {"H01": 0.09}, "naive": {"H01": 0.14}, "inside": {"H01": 0.9}, "days": 28}
    foreseen.facts = {"accuracy": facts}
    foreseen.save(update_fields=["facts"])

    told = files_of(boss, f"{PAGE}?area=city")["errors-H01-city"]

    assert told == [["Hall", "This forecast", "As a week before"], ["Hetang Hall", "9", "14"]]


class TestTheWeekByHour:
    def test_every_hour_has_its_people_their_range_and_its_places(self, boss, foreseen):
        """One window: 60 minutes are ten people's."""
        hours = {hour for _day, hour in hours_of(foreseen, Hall.objects.get().pk)}
        week = week_of(foreseen, Hall.objects.get(), TODAY)

        assert [day.day for day in week.days] == [
            TODAY + timedelta(days=n) for n in (0, 1, 4, 5, 6)
        ]
        assert len(week.rows) == len({*hours, *range(9, 17)})
        monday = dict(week.rows)["09:00"][2]
        assert (monday.places, monday.shade) == (10, "over")
        assert monday.low < monday.expected < monday.high
        assert week.days[2].expected == pytest.approx(195, rel=0.2)

    def test_an_hour_with_room_is_pale_and_an_hour_without_people_is_closed(self, foreseen):
        renewal = Matter.objects.get(code="RENEW")
        foreseen.values.filter(hour=9, matter=None).update(mean=4, minutes=4 * renewal.minutes)
        foreseen.values.filter(hour=10, matter=None).delete()
        week = week_of(foreseen, Hall.objects.get(), TODAY)

        assert dict(week.rows)["09:00"][2].shade == "2"
        assert dict(week.rows)["09:00"][0].shade == "over"
        assert dict(week.rows)["10:00"][0] is None
        assert dict(week.rows)["10:00"][2].expected == 0

    def test_the_page_says_them(self, boss, foreseen):
        words = words_of(boss.get(PAGE))

        assert "The coming week by hour" in words
        assert "10 places" in words
        assert "The coming week by hour" not in words_of(boss.get(PAGE, {"area": "city"}))
