"""Addresses of the pages of demand that no page leads to. # C8 C9 C10 C35"""

import re

import pytest

from tests.pages.reading import words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("session")]
WAYS = [
    "city/", "demand/", "forecast/", "rebalancing/", "quotas/", "cohorts/",
    "reports/", "reports/month/", "charts/", "open/", "events/", "report/",
]  # fmt: skip
ASKED = [
    "day=abc", "day=9999-12-31", "day=0001-01-01", "day=2027-02-31", "day=%00",
    "first=abc&last=abc", "first=2027-03-09&last=2027-03-01", "first=0001-01-01&last=9999-12-31",
    "first=9999-12-31&last=9999-12-31", "month=abc", "month=9999-99", "month=0000-01",
    "month=9999-12", "year=0", "hall=%00", "of=%00", "of=NOPE", "hour=99", "hour=-1", "hour=abc",
    "matter=99999999999999999999", "matter=%00", "run=99999999999999999999", "run=abc",
    "page=-1", "page=99999999999999999999", "format=exe", "format=csv", "format=csv&chart=%00",
    "format=xlsx&chart=nope", "format=csv&chart=nope", "chart=nope", "area=nope", "area=%00",
    "district=%00", "order=%00", "map=%00", "kind=%00", "kind=nope", "opens=99:99", "opens=abc",
    "closes=%00", "window=%00&window=-1", "many=-1", "many=99999999999999999999", "many=²",
    "look=1&day=abc&opens=08:00&closes=07:00", "from=abc&to=abc", "from=9999-12-31&to=0001-01-01",
    "by=nope", "of=H01&first=2027-03-31&last=2027-03-01&format=xlsx", "weeks=-1", "wave=%00",
]  # fmt: skip


NO_NUMBER = re.compile(r"\b(NaN|nan|inf)\b")


@pytest.mark.parametrize("way", WAYS)
def test_a_strange_address_gets_a_page_that_can_be_read(boss, way):
    for asked in ASKED:
        answer = boss.get(f"/supervise/{way}?{asked}")

        assert answer.status_code in (200, 302, 400, 404), asked
        if "html" in answer["Content-Type"]:
            assert not NO_NUMBER.search(words_of(answer)), asked


@pytest.mark.parametrize("way", ["demand/{}/{}/", "reports/{}/{}/"])
@pytest.mark.parametrize("day", ["abc", "9999-12-31", "0001-01-01", "2027-02-31", "%00", "1e9"])
def test_a_strange_day_gets_an_answer(boss, hall, way, day):
    for asked in ("", "?of=%00", "?hour=99", "?of=99999999999999999999", "?format=csv"):
        answer = boss.get("/supervise/" + way.format(hall.code, day) + asked)

        assert answer.status_code in (200, 400, 404), asked
