"""Medians and nine-in-ten from counted parts, against the exact ones. # C35

Mutants: the width of a part taken from the next one, people not spread within their part, and
`>` for `>=` at the border of a part each turn it red.
"""

from collections import Counter
from datetime import timedelta
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointments.reports.names import EDGES, LEADS, edge_of, lead_of, width_of
from appointments.reports.quantiles import minutes_at

MINUTES = st.lists(st.integers(0, 419 * 60), min_size=1, max_size=80)


@given(MINUTES, st.sampled_from([0.1, 0.5, 0.9]))
def test_never_further_from_the_exact_one_than_its_part_is_wide(seconds, share):
    told = minutes_at(share, Counter(edge_of(one) for one in seconds))

    exact = sorted(seconds)[max(ceil(share * len(seconds)) - 1, 0)]
    first, last = width_of(edge_of(exact))
    assert last is not None
    assert first <= told <= last


def test_people_are_spread_evenly_within_a_part():
    assert minutes_at(0.5, {"0010": 10}) == 12.5
    assert minutes_at(0.9, {"0010": 5, "0020": 5}) == 24.0
    assert minutes_at(0.5, {"0010": 5, "0020": 5}) == 15.0


def test_of_nobody_nothing_is_told():
    assert minutes_at(0.5, {}) is None
    assert minutes_at(0.5, {"0010": 0}) is None


def test_the_last_part_is_open_and_its_beginning_is_told():
    assert minutes_at(0.5, {edge_of(timedelta(hours=9).total_seconds()): 3}) == EDGES[-1]


@pytest.mark.parametrize(
    ("days", "lead"),
    [(-1, "0"), (0, "0"), (1, "1"), (2, "2-7"), (7, "2-7"), (8, "8-14"), (14, "8-14"),
     (15, "15-30"), (30, "15-30"), (31, "31+"), (400, "31+")],
)  # fmt: skip
def test_days_ahead_fall_into_the_usual_parts(days, lead):
    assert lead_of(days) == lead
    assert lead in LEADS


@pytest.mark.parametrize(
    ("seconds", "edge"), [(0, "0000"), (59, "0000"), (60, "0001"), (3600, "0060")]
)
def test_a_part_begins_with_its_edge(seconds, edge):
    assert edge_of(seconds) == edge
