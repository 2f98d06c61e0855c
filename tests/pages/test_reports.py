"""Reports over a period as their readers get them. # C35"""

import csv
import io
from datetime import timedelta
from urllib.parse import urlencode

import openpyxl
import pytest

from appointments.models import DayFigure
from appointments.reports.correcting import correct_figure
from appointments.reports.gathering import write_figures
from queues.calling import call_next, finish
from queues.issuing import issue_walk_in
from queues.rating import rate
from tests.conftest import DAY, NOON, make_staff
from tests.pages.reading import files_of, signed_in, text_of, words_of
from windows.models import Hall, Matter

pytestmark = pytest.mark.django_db
PAGE, MONTH = "/supervise/reports/", "/supervise/reports/month/"
NEXT_DAY = NOON + timedelta(days=1)
BY = ("hall", "matter", "window", "hour", "day")


@pytest.fixture(autouse=True)
def tomorrow(clock):
    clock.now = NEXT_DAY


@pytest.fixture
def boss(supervisor):
    return signed_in(supervisor)


@pytest.fixture
def a_day(hall, session, renewal, at_window_3, clerk):
    """One person waited 60 minutes and was served 10 at window 3."""
    issue_walk_in(hall=hall, matter=renewal, now=NOON - timedelta(minutes=60))
    ticket = call_next(window=at_window_3, staff=clerk, now=NOON)
    finish(ticket=ticket, staff=clerk, now=NOON + timedelta(minutes=10))
    ticket.refresh_from_db()
    rate(ticket=ticket, level=5, now=NOON + timedelta(minutes=11))
    write_figures(hall=hall, day=DAY, now=NEXT_DAY)


def rows(answer) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


class TestPage:
    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    @pytest.mark.parametrize("by", BY)
    def test_is_shown_by_each_grouping(self, supervisor, a_day, by, language):
        answer = signed_in(supervisor, language).get(PAGE, {"by": by})

        assert answer.status_code == 200
        assert sum(values[1] for _name, values, _of in answer.context["rows"]) == 1
        assert text_of(answer).count("data-chart=") == 6
        assert "None" not in words_of(answer)
        assert "nan" not in words_of(answer).lower().split()

    def test_what_a_window_has_no_figure_for_is_not_a_zero(self, boss, a_day):
        (row,) = boss.get(PAGE, {"by": "window"}).context["rows"]

        assert row[:2] == (
            "Window 3", [None, 1, None, 0, 68, 74, 10, None, None, None, 1, 100, 24]
        )  # fmt: skip

    def test_days_without_figures_say_so(self, boss, hall):
        assert "No closed day is written for these halls and days." in words_of(boss.get(PAGE))

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ({"from": "2027-03-05", "to": "2027-03-01"}, "lies before the first"),
            ({"from": "2020-01-01", "to": "2027-03-01"}, "at most 731 days"),
            ({"from": "yesterday"}, "Write the day like this"),
            ({"to": "2027-02-30"}, "Write the day like this"),
            ({"from": ""}, "Enter the day"),
            ({"to": "\x00"}, ""),
            ({"hall": "H02"}, "Choose one of these"),
            ({"hall": "\x00"}, "Choose one of these"),
            ({"by": "name"}, "Choose one of these"),
        ],
    )
    def test_what_cannot_be_shown_is_said_at_its_field(self, boss, other_hall, asked, said):
        for more in ({}, {"format": "csv"}):
            answer = boss.get(PAGE, {**asked, **more})

            assert answer.status_code == 400
            assert said in words_of(answer)
            for name, value in asked.items():
                if name in ("from", "to") and value.isprintable():
                    assert f'value="{value}"' in text_of(answer)

    def test_two_years_are_few_queries(self, boss, a_day, django_assert_max_num_queries):
        with django_assert_max_num_queries(25):
            answer = boss.get(PAGE, {"from": "2025-03-05", "to": f"{DAY}", "by": "day"})

        assert answer.status_code == 200

    def test_a_correction_stands_with_its_author(self, boss, supervisor, a_day):
        served = DayFigure.objects.get(name="served", matter=None, window=None, hour=None)
        correct_figure(
            figure=served, count=9, seconds=0, reason="=Counted <again>", by=supervisor,
            now=NEXT_DAY,
        )  # fmt: skip

        told = words_of(boss.get(PAGE))

        assert "Numbers that were put right" in told
        assert f"Served 1 9 {supervisor}" in told
        assert "=Counted &lt;again&gt;" in told

    def test_a_journal_that_grew_is_told(self, boss, hall, a_day, renewal):
        assert "tells it differently" not in words_of(boss.get(PAGE))
        issue_walk_in(hall=hall, matter=renewal, now=NOON + timedelta(hours=1))

        assert "tells it differently" in words_of(boss.get(PAGE))
        assert "Numbers given · Walk-in 1 2" in words_of(boss.get(PAGE))

    def test_nobody_is_named(self, boss, a_day, clerk):
        for by in BY:
            shown = words_of(boss.get(PAGE, {"by": by})).replace("boss", "")
            assert str(clerk) not in shown.split("All figures", 1)[1]


class TestTables:
    def test_each_chart_leaves_as_its_table(self, boss, a_day):
        asked = {"hall": "H01", "from": f"{DAY}", "to": f"{DAY}"}
        told = files_of(boss, f"{PAGE}?{urlencode(asked)}")
        charts = [one for one, _ in boss.get(PAGE, asked).context["charts"] if not one.is_empty]
        for chart in charts:
            heads, *lines = told[f"{chart.key}-H01-{DAY}-{DAY}"]
            assert heads == [chart.head, *(column.text for column in chart.columns)]
            assert [line[0] for line in lines] == [name for name, _values in chart.rows]
        assert len(told) == len(charts) + 1 > 3
        assert boss.get(PAGE, {"chart": "none", "format": "csv"}).status_code == 404

    def test_csv_holds_the_rows_with_a_mark(self, boss, a_day):
        answer = boss.get(PAGE, {"by": "hour", "format": "csv"})

        assert answer.content.startswith(b"\xef\xbb\xbf")
        assert "hour.csv" in answer["Content-Disposition"]
        assert rows(answer)[0][:3] == ["Hour", "Numbers given", "Served"]
        assert "11:00" in [line[0] for line in rows(answer)]

    def test_xlsx_opens_with_numbers_as_numbers(self, boss, a_day):
        answer = boss.get(PAGE, {"by": "day", "format": "xlsx"})

        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        assert [cell.value for cell in sheet[1]][:3] == ["Day", "Numbers given", "Served"]
        assert [cell.value for cell in sheet[2]][1:3] == [1, 1]

    @pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)"])
    def test_no_cell_is_a_formula(self, boss, a_day, name):
        """Mutant: cells written as they are turn it red."""
        Matter.objects.update(name_en=name)

        in_csv = rows(boss.get(PAGE, {"by": "matter", "format": "csv"}))[1][0]
        answer = boss.get(PAGE, {"by": "matter", "format": "xlsx"})

        cell = openpyxl.load_workbook(io.BytesIO(answer.content)).active["A2"]
        assert in_csv == f"'{name}"
        assert (cell.value, cell.data_type) == (f"'{name}", "s")


class TestMonth:
    @pytest.mark.parametrize(
        ("language", "title"), [("zh-hans", "<h1>"), ("en", "Monthly report · March 2027")]
    )
    def test_in_both_languages(self, supervisor, a_day, language, title):
        answer = signed_in(supervisor, language).get(MONTH, {"hall": "H01", "month": "2027-03"})

        assert answer.status_code == 200
        assert title in text_of(answer)
        assert text_of(answer).count('class="card report-part"') == 6
        assert "None" not in words_of(answer)

    def test_of_all_halls_it_has_a_line_for_each_in_the_place_of_windows(
        self, hall, other_hall, a_day
    ):
        write_figures(hall=other_hall, day=DAY, now=NEXT_DAY)
        asked = {"month": "2027-03"}
        admin = signed_in(make_staff("chief", None, "admin"))
        assert "The month of all halls" in words_of(admin.get(MONTH, {"hall": "H01", **asked}))

        answer = admin.get(MONTH, {"hall": "all", **asked})

        tables = {
            label: [row[0] for row in rows] for label, _heads, rows in answer.context["tables"]
        }
        assert tables["By hall"] == [hall.name, other_hall.name]
        assert list(tables) == ["By matter", "By hall", "By hour"]
        assert "Dengta · All halls" in words_of(answer)
        assert "hall=all&amp;month=2027-02" in text_of(answer)
        month = "/supervise/reports/month/?hall=all&amp;month=2027-03"
        assert month in text_of(admin.get(PAGE, {"hall": "all", "to": "2027-03-08"}))

    def test_who_has_one_hall_has_no_month_of_all(self, boss, a_day):
        assert "The month of all halls" not in words_of(boss.get(MONTH, {"month": "2027-03"}))
        assert boss.get(MONTH, {"hall": "all"}).status_code == 404

    def test_a_month_without_figures_says_so(self, boss, hall):
        answer = boss.get(MONTH, {"month": "2027-01"})

        assert "No closed day is written for these halls and days." in words_of(answer)

    @pytest.mark.parametrize("month", ["2027-13", "march", "0000-00", "'"])
    def test_what_is_no_month_is_said_beside_it(self, boss, hall, month):
        answer = boss.get(MONTH, {"month": month})

        assert answer.status_code == 400
        assert "Write the month like this: 2026-11." in words_of(answer)
        assert f'value="{month}"' in text_of(answer).replace("&#x27;", "'")


class TestRights:
    @pytest.mark.parametrize(
        ("role", "status"), [("clerk", 403), ("guide", 403), ("viewer", 200), ("auditor", 200)]
    )
    @pytest.mark.parametrize("page", [PAGE, MONTH])
    def test_each_role(self, hall, role, status, page):
        assert signed_in(make_staff(role, hall, role)).get(page).status_code == status

    def test_of_ones_own_halls_only(self, a_day, other_hall):
        there = signed_in(make_staff("there", other_hall, "supervisor"))

        assert there.get(PAGE, {"hall": "H01"}).status_code == 400
        assert there.get(PAGE, {"by": "hall"}).context["rows"] == []
        assert there.get(MONTH, {"hall": "H01"}).status_code == 404

    def test_the_whole_city_for_who_sees_it(self, a_day, other_hall):
        admin = signed_in(make_staff("admin", None, "admin"))

        answer = admin.get(PAGE, {"hall": "all", "by": "hall"})

        assert [name for name, _values, _of in answer.context["rows"]] == [
            Hall.objects.get(code="H01").name
        ]
