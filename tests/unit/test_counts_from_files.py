"""Counts from CSV files of any origin: what is wrong is told with its line. # C9

Proof that the guards hold: without `once` a day given twice is added up and the test of the
repeated row is red; with `nan_to_num` in `as_series` the closed day becomes zero and its test is
red. Without `first_foreign` asked for the second encoding the spreadsheet of GB18030 is red.
"""

from datetime import date, timedelta

import numpy as np
import pytest

from appointments.forecasting import file_texts, files
from appointments.forecasting.backtesting import TooShort, backtest
from appointments.forecasting.file_texts import Unreadable
from appointments.forecasting.files import read

DAYS = "series,date,count\n"
TIMES = "at,count\n"
FIRST = date(2026, 10, 1)  # a Thursday


@pytest.fixture
def file(tmp_path):
    """Writes what a file says and returns its path."""

    def write(content: str | bytes):
        path = tmp_path / "counts.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def daily(people: list[float | None], name: str = "a") -> str:
    """Rows of days in turn; None leaves the day out."""
    return "".join(
        f"{name},{FIRST + timedelta(days=n)},{count}\n"
        for n, count in enumerate(people)
        if count is not None
    )


def hourly(days: int, hours: range = range(24)) -> list[str]:
    return [
        f"{FIRST + timedelta(days=n)}T{hour:02}:00,{hour + 1}\n"
        for n in range(days)
        for hour in hours
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "The file is empty."),
        ("\n\n", "The file is empty."),
        (DAYS, "no rows"),
        ("lead,rate\n1,2\n", "Line 1: the columns"),
        ("lead,rate\n1,2\n", "Other names that are understood: at .datetime, .* 人数"),
        (DAYS + "a,2026-10-01\n", "Line 2: 2 columns"),
        (DAYS + "a,2026-10-01,3\n\na,2026-10-02,-3\n", "Line 4: '-3' is less than nobody"),
        (DAYS + "a,2026-10-01,many\n", "Line 2: 'many' is not a number"),
        (DAYS + "a,2026-10-01,\n", "Line 2: '' is not a number"),
        (DAYS + "a,2026-10-01,nan\n", "Line 2: 'nan' is not a number"),
        (DAYS + "a,2026-10-01,inf\n", "Line 2: 'inf' is not a number"),
        (DAYS + "a,2026-10-01,1e12\n", "Line 2: '1e12' is more than"),
        (DAYS + daily([3] * 20 + [99_999]), "Line 22: 99,999 people where 3 are usual"),
        (DAYS + "a,2026-02-30,3\n", "Line 2: '2026-02-30' is not a date"),
        (DAYS + "a,01/02/2026,3\n", "Line 2: '01/02/2026' is not a date"),
        (DAYS + daily([3] * 3) + "a,1926-10-01,3\n", "more than ten years"),
        (DAYS + "a,2026-10-01,3\na,2026-10-01,4\n", "Line 3: the same series and time as line 2"),
        (TIMES + "2026-10-01 10:00,3\n2026-10-01 10:00,3\n", "Line 3: the same series and time"),
        (TIMES + "2026-10-01 noon,3\n", "Line 2: '2026-10-01 noon' is not a time"),
        (TIMES + "2026-10-01 09:00,3\n2026-10-02,3\n", "Some lines have a time and others only a"),
        (TIMES + "2026-10-01 25:00,3\n", "Line 2: '25' is not an hour"),
        (TIMES + "2026-10-01 10:77,3\n", "is not a time"),
        ("date,hour,count\n2026-10-01,x,3\n", "Line 2: 'x' is not an hour"),
        ((DAYS + "é,2026-10-01,3\n").encode("latin-1"), "Line 2: not UTF-8"),
        ((DAYS + "a,2026-10-01,3\n").encode("utf-16"), "Line 1: not UTF-8"),
        (DAYS + "a\0,2026-10-01,3\n", "Line 2: not text"),
        (DAYS + '"a,2026-10-01,3\n', "Line 2: not a line of CSV"),
        (DAYS + "a" * 200_000 + ",2026-10-01,3\n", "Line 2: not a line of CSV"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(file, content, said):
    with pytest.raises(Unreadable, match=said.replace("(", r"\(")):
        read(file(content))


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(Unreadable, match="cannot be read"):
        read(tmp_path / "none.csv")


def test_a_huge_file_is_refused_before_it_is_read(file, monkeypatch):
    monkeypatch.setattr(file_texts, "MOST_BYTES", 1_000_000)

    with pytest.raises(Unreadable, match="larger than 1 MB"):
        read(file(DAYS + "x" * 1_000_001))


def test_too_many_series_and_rows_and_cells_are_refused(file, monkeypatch):
    path = file(DAYS + daily([1] * 9, "a") + daily([1] * 9, "b"))

    for name, value in (("MOST_SERIES", 1), ("MOST_ROWS", 5), ("MOST_CELLS", 17)):
        with monkeypatch.context() as small:
            small.setattr(files, name, value)
            with pytest.raises(Unreadable):
                read(path)
    assert read(path).daily.shape == (2, 9)


def test_a_day_without_a_row_is_not_known_and_not_zero(file):
    found = read(file(DAYS + daily([5, None, 0, 7])))

    assert found.daily[0, [0, 2, 3]].tolist() == [5, 0, 7]
    assert np.isnan(found.daily[0, 1])
    assert found.kinds.tolist() == [3, 4, 5, 6]


def test_columns_come_in_any_order_and_under_other_names(file):
    found = read(file("\ufeffCalls,note,office,group_id,date,hour\r\n3,x,A,1,2026/10/1,9\r\n"))

    assert found.names == ("A/1",)
    assert (found.first_day, found.hours, found.daily.tolist()) == (FIRST, (9,), [[3.0]])


@pytest.mark.parametrize(
    "head", ["hall,ds,y", "queue,Day,Visits", "大厅,日期,人数", "派出所,日期时间,数量"]
)
def test_names_of_other_systems_are_understood(file, head):
    found = read(file(head + "\n" + daily([3, 4])))

    assert (found.names, found.hourly, found.daily.tolist()) == (("a",), None, [[3.0, 4.0]])


def test_a_time_in_the_column_of_dates_is_a_time(file):
    found = read(file("date,count\n2026-10-01 09:30,3\n2026-10-01 10:30,4\n"))

    assert (found.hours, found.daily.tolist()) == ((9, 10), [[7.0]])


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(("end", "mark"), [("\n", ""), ("\r\n", "\ufeff")])
def test_a_file_may_come_from_any_spreadsheet(file, separator, end, mark):
    rows = mark + "\n\n" + DAYS + daily([3, 4], "东区")

    found = read(file(rows.replace(",", separator).replace("\n", end)))

    assert (found.names, found.daily.tolist(), found.notes) == (("东区",), [[3.0, 4.0]], ())


def test_what_a_chinese_spreadsheet_saves_is_read_and_a_note_says_how(file):
    found = read(file(("大厅,日期,人数\n" + daily([3, 4], "东区")).encode("gb18030")))

    assert found.names == ("东区",)
    assert "read as GB18030" in found.notes[0]


def test_times_are_summed_to_hours_and_days(file):
    found = read(file(TIMES + "2026-10-01 09:00,1\n2026-10-01T09:05:00,2\n2026-10-01 17:30,4\n"))

    assert (found.names, found.hours) == (("all",), (9, 17))
    assert found.hourly.tolist() == [[[3.0], [4.0]]]
    assert found.daily.tolist() == [[7.0]]


def test_a_day_that_lacks_rows_is_not_known_and_a_note_says_so(file):
    kept = [row for row in hourly(30) if not row.startswith("2026-10-20T1")]

    found = read(file(TIMES + "".join(kept)))

    assert np.isnan(found.daily[0, 19])
    assert np.isfinite(found.daily).sum() == 29
    assert "2026-10-20" in found.notes[0]


def test_the_clocks_going_back_and_forward_are_survived(file):
    rows = hourly(30)
    twice = [row for row in rows if row.startswith("2026-10-25T02")]

    back = read(file(TIMES + "".join(rows + twice)))
    forward = read(file(TIMES + "".join(row for row in rows if row not in twice)))

    assert back.hourly[0, 2, 24] == 6
    assert "2026-10-25: the clock shows an hour twice" in back.notes[0]
    assert np.isnan(forward.hourly[0, 2, 24])
    assert forward.daily[0, 24] == 300 - 3


@pytest.mark.parametrize("people", [[4] * 3, [None, 4]])
def test_three_days_are_too_short_to_compare(file, people):
    with pytest.raises(TooShort, match="too short"):
        backtest(read(file(DAYS + daily(people))), 5)


@pytest.mark.parametrize(
    "people",
    [[0] * 60, [4] * 8, [5, 6, None, 8] * 15, [0, 0, 0, 9] * 10, [None] * 3 + [1] * 200],
)
def test_odd_series_are_scored_without_nan(file, people):
    found = backtest(read(file(DAYS + daily(people) + daily([1, 2], "new"))), 5)

    for score in found.daily.methods:
        assert np.isfinite([score.absolute_error, score.below_naive, score.wmape]).all()
        assert np.isfinite([score.coverage, score.pinball, score.mase or 0]).all()
