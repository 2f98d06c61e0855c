"""`manage.py backtest` says how wrong each method would have been. # C9

The two series (tests/data/README.md) are real; the figures asked of them leave room below what
was measured, since later days are another sample.
"""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

DATA = Path(settings.BASE_DIR) / "tests" / "data"
NAMES = {"seasonal_naive", "last_four", "weekday_level", "monthly_level", "shared", "blend"}


def run(name: str, *options: str) -> str:
    out = StringIO()
    call_command("backtest", str(DATA / name), *options, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "daily", "hourly"),
    [("bank_calls_hourly.csv", 0.25, 0.22), ("warsaw_idcard_hourly.csv", 0.14, 0.14)],
)
def test_the_blend_is_well_below_the_naive_guess(name, daily, hourly):
    found = json.loads(run(name, "--horizon", "5", "--json"))

    for part, goal in (("daily", daily), ("hourly", hourly)):
        methods = found[part]["methods"]
        assert set(methods) == NAMES
        assert methods["seasonal_naive"]["below_naive"] == 0
        assert methods["blend"]["below_naive"] > goal
        assert methods["blend"]["below_naive"] > methods["last_four"]["below_naive"]
        assert methods["blend"]["pinball"] < methods["seasonal_naive"]["pinball"]
        assert 0.87 <= methods["blend"]["coverage_90"] <= 0.935


def test_origins_can_begin_on_a_day():
    found = json.loads(
        run("bank_calls_hourly.csv", "--horizon", "5", "--from", "2003-07-01", "--json")
    )

    assert (found["first_origin"], found["last_origin"]) == ("2003-07-01", "2003-08-22")
    assert found["daily"]["scored"] == 5 * found["origins"] - 10
    assert found["daily"]["methods"]["blend"]["below_naive"] > 0.25


def test_it_is_said_in_words():
    said = run("warsaw_idcard_hourly.csv", "--horizon", "5")

    assert "19 series" in said
    assert "By day: 377 compared" in said
    assert "By hour" in said
    assert "Our forecast (blend) was off by" in said
    assert "less" in said


def test_a_file_of_days_has_no_hours(tmp_path):
    path = tmp_path / "days.csv"
    rows = [f"a,2026-10-{day:02},{day % 7}\n" for day in range(1, 31)]
    path.write_text("series,date,count\n" + "".join(rows))

    assert json.loads(run(str(path), "--json"))["hourly"] is None
    assert "By hour" not in run(str(path))


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        ("series,date,count\na,2026-10-01,-1\n", [], "counts.csv: Line 2: '-1' is less than"),
        ("series,date,count\na,2026-10-01,1\n", [], "counts.csv: The file is too short"),
        ("", ["--horizon", "0"], "--horizon is a number of days"),
        ("", ["--horizon", "5000"], "--horizon is a number of days"),
    ],
)
def test_it_refuses_in_words(tmp_path, content, options, said):
    path = tmp_path / "counts.csv"
    path.write_text(content)

    with pytest.raises(CommandError, match=said):
        run(str(path), *options)
