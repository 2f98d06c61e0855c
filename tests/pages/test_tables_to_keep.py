"""The numbers behind a chart leave as a file that runs nothing. # C8

Mutant: cells that are written as they are turn it red.
"""

import pytest

from appointments.charting_counts import Chart, Column
from appointments.tables_to_keep import table_of


@pytest.mark.parametrize("mark", ["=", "+", "-", "@", "\t"])
def test_no_name_in_a_chart_is_a_formula(mark):
    chart = Chart(
        key="k", title="", finding="", draws="bar", unit="", head="Hall",
        columns=[Column(f"{mark}head")], rows=[(f"{mark}1+1", [-3])],
    )  # fmt: skip

    told = table_of([chart], "k", "x").content.decode("utf-8-sig")

    assert [line.strip('"').replace('"', "") for line in told.splitlines()] == [
        f"Hall,'{mark}head", f"'{mark}1+1,-3",
    ]  # fmt: skip
