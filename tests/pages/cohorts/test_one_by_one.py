"""Cards that expire, as those who run the city or a district know them. # C10

Mutants: a district's supervisor who may write the city's months, a month written twice and a
key that is not kept each turn it red.
"""

from datetime import date

import pytest

from appointments.models import CardCohort, DemandFact
from tests.conftest import NOON
from tests.pages.reading import files_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

LIST, NEW = "/supervise/cohorts/", "/supervise/cohorts/new/"
MAY = {"key": "a" * 8, "month": "2027-05", "years": "20", "cards": "12000", "where": "city"}


def test_a_month_is_added_and_told_with_what_it_brings(city):
    assert city.post(NEW, MAY).status_code == 302

    page = words_of(city.get(LIST))

    assert "May 2027 The whole city 20 years 12,000 city 2027-03-04" in page
    assert "Most of them in May 2027: about 3,600 people more." in page  # three in ten


def test_the_wave_can_be_taken_away(city, may):
    told = files_of(city, LIST)["wave-2027-03-04"]

    assert told[0] == ["Month", "Cards of 20 years"]
    assert ["May 2027", "3600"] in told


def test_without_cards_there_is_no_wave_to_take_away(city):
    assert city.get(f"{LIST}?chart=wave&format=csv").status_code == 404


def test_renewals_of_late_stand_beside_the_wave(city, may, hall, renewal):
    DemandFact.objects.create(
        hall=hall, matter=renewal, service_day=date(2027, 3, 3), hour=9, kind="regular",
        channel="online", what="booked", people=28, minutes=168, recorded_at=NOON,
    )  # fmt: skip

    assert "Lately about 30 renewals a month came" in words_of(city.get(LIST))


def test_pressed_twice_it_is_one_month(city):
    city.post(NEW, MAY)
    city.post(NEW, MAY)

    assert CardCohort.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"month": ""}, "Enter the month."),
        ({"month": "May"}, "Enter the month like 2027-03."),
        ({"cards": "many"}, "Enter a whole number."),
        ({"years": "7"}, "Select a valid choice"),
        ({"where": "district:Atlantis"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_read_stays_with_an_error_beside_it(city, wrong, words):
    answer = city.post(NEW, MAY | wrong)

    assert answer.status_code == 400
    assert words in words_of(answer)
    assert 'value="12000"' in answer.content.decode() or "many" in answer.content.decode()
    assert not CardCohort.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"cards": "0"}, "Enter a number from 1 to a million cards."),
        ({"cards": "-5"}, "Enter a number from 1 to a million cards."),
        ({"cards": "99999999999"}, "Enter a number from 1 to a million cards."),
        ({"month": "2019-01"}, "from two years ago to five years ahead"),
        ({"month": "2099-01"}, "from two years ago to five years ahead"),
    ],
)
def test_what_cannot_be_is_refused(city, wrong, words):
    answer = city.post(NEW, MAY | wrong)

    assert answer.status_code == 409
    assert words in words_of(answer)
    assert not CardCohort.objects.exists()


def test_a_month_twice_is_refused(city, may):
    answer = city.post(NEW, MAY)

    assert answer.status_code == 409
    assert "This month is in the list already" in words_of(answer)


def test_a_number_is_put_right_and_removed(city, may):
    page = f"{LIST}{may.pk}/"
    assert 'value="2027-05"' in city.get(page).content.decode()

    city.post(page, MAY | {"cards": "13000"})
    may.refresh_from_db()
    assert (may.cards, may.made_by.username) == (13_000, "city")

    for _press in range(2):
        assert city.post(f"{page}remove/", {"key": "b"}).status_code == 302
    assert not CardCohort.objects.exists()


class TestRights:
    def test_a_district_writes_its_own_months_only(self, district, hall, may):
        own = MAY | {"where": f"district:{hall.district_zh}"}
        assert district.post(NEW, own).status_code == 302
        assert district.post(NEW, MAY | {"key": "c" * 8}).status_code == 400
        assert district.post(f"{LIST}{may.pk}/", MAY).status_code == 403
        assert district.post(f"{LIST}{may.pk}/remove/", {"key": "d"}).status_code == 403
        assert sorted(CardCohort.objects.values_list("district", flat=True)) == [
            "", hall.district_zh,
        ]  # fmt: skip

    def test_a_halls_supervisor_reads(self, boss, may):
        page = words_of(boss.get(LIST))

        assert "12,000" in page
        assert "Add a month" not in page
        assert boss.get(NEW).status_code == 404


def test_without_any_month_the_page_says_so(city):
    assert "No month is known yet" in words_of(city.get(LIST))
