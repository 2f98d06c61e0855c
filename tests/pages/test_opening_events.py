"""Events of the day beside a session that is being opened, with their effect in words. # C5 C10"""

from datetime import timedelta

import pytest

from tests.conftest import DAY
from tests.pages.reading import words_of
from tests.pages.test_absence_asked import browser_of
from tests.pages.test_supervise import evening
from windows.models import DemandEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(supervisor, clerk, clock):
    return browser_of(supervisor)


def happens(name: str, percent: int, **more) -> None:
    facts = {
        "kind": "exam", "name_zh": name, "name_en": name, "first_day": DAY, "last_day": DAY,
        "uplift_percent": percent, "made_at": "2027-01-01T00:00Z", **more,
    }  # fmt: skip
    DemandEvent.objects.create(**facts)


def preview(boss, windows) -> str:
    return words_of(boss.post("/supervise/open/preview/", evening(windows)))


def test_an_exam_of_some_days_for_some_people(boss, session, windows):
    until = DAY + timedelta(days=2)
    happens("Exams", 40, last_day=until, audience_zh="学生", audience_en="students")

    said = (
        "Exams (Thu 4 Mar to Sat 6 Mar): about 40% more people than usual. It is about: students."
    )
    assert said in preview(boss, windows)


def test_fewer_people_and_as_many(boss, session, windows):
    happens("Fair", -30)
    happens("Market", 0)

    page = preview(boss, windows)

    assert "Fair (Thu 4 Mar): about 30% fewer people than usual." in page
    assert "Market (Thu 4 Mar): about as many people as usual." in page


def test_not_those_of_other_days_or_other_halls(boss, session, windows, other_hall):
    tomorrow = DAY + timedelta(days=1)
    happens("Tomorrow", 40, first_day=tomorrow, last_day=tomorrow)
    happens("Elsewhere", 40, hall=other_hall)
    happens("District", 40, district=other_hall.district_zh)

    assert "than usual" not in preview(boss, windows)
