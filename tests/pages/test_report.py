"""The day's report as its readers get it. # C35"""

import pytest
from django.urls import reverse

from queues.issuing import issue_walk_in
from tests.conftest import DAY, NOON, make_staff
from tests.pages.reading import files_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
PAGE = "/supervise/report/"


@pytest.fixture
def reader(client, supervisor):
    client.force_login(supervisor)
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def somebody(hall, session, renewal):
    return issue_walk_in(hall=hall, matter=renewal, now=NOON)


def test_today_is_shown_and_adds_up(reader, somebody):
    page = reader.get(PAGE)

    assert page.status_code == 200
    assert page.context["report"].issued == 1
    assert "everybody is accounted for" in page.content.decode()


def test_the_table_has_a_line_for_each_window(reader, somebody, windows):
    table = reader.get(PAGE, {"format": "csv"})

    assert table["Content-Type"].startswith("text/csv")
    assert f"H01-{DAY}.csv" in table["Content-Disposition"]
    assert len(table.content.decode("utf-8-sig").splitlines()) == 1 + len(windows)


def test_the_table_is_offered_in_both_kinds(reader, somebody, windows):
    assert len(files_of(reader, PAGE)[f"H01-{DAY}"]) == 1 + len(windows)


@pytest.mark.parametrize("said", ["tomorrow", "2027-03-05", "1999-01-01", "2027-02-30"])
def test_a_day_that_cannot_be_shown_is_answered_in_words(reader, somebody, said):
    page = reader.get(PAGE, {"day": said})

    assert page.status_code == 400
    assert page.context["errors"]
    assert f'value="{said}"' in page.content.decode()
    assert page.context["report"].day == DAY


def test_it_is_for_the_halls_own_readers(client, session, clerk, stranger_clerk, other_hall):
    for staff in (clerk, stranger_clerk):
        client.force_login(staff)
        assert client.get(PAGE).status_code == 403
    client.force_login(make_staff("there", other_hall, "supervisor"))
    assert client.get(PAGE, {"hall": "H01"}).status_code == 404


def test_an_auditor_reads_it(client, session, somebody):
    client.force_login(make_staff("audit", None, "auditor"))

    assert client.get(reverse("appointments:supervise_report"), {"hall": "H01"}).status_code == 200
