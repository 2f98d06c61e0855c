"""The checker of the fault tests sees each lie that is planted."""

from dataclasses import replace

import pytest

from tests.faults.ledger import Places, Row, Said, Told, lies

NINE = "2027-03-05T01:00:00+00:00"
TEN = "2027-03-05T02:00:00+00:00"
HELD = Said("Chen", "k1", 201, (Told("AAAA", "held", NINE),))
CONFIRMED = Said("Chen", "k2", 200, (Told("AAAA", "confirmed", NINE),))
REFUSED = Said("Wang", "k3", 409, refusal="slot_full")
OTHER = Said("Li", "k4", 201, (Told("BBBB", "held", NINE),))
CHENS = Row("AAAA", "Chen", 1, 6, "confirmed", NINE)
LIS = Row("BBBB", "Li", 1, 6, "held", NINE)
STORY = [HELD, CONFIRMED, REFUSED, OTHER]
ROWS = [CHENS, LIS]
SLOTS = {1: Places(quota=12, taken=12)}


def test_a_true_story_has_no_lies():
    repeated = [*STORY, HELD, CONFIRMED]  # asked again with the same keys

    assert lies(repeated, ROWS, SLOTS) == []


def test_a_place_on_its_way_back_is_neither_lost_nor_free():
    gone = replace(CHENS, state="cancelled")
    told = [*STORY, Said("Chen", "k5", 200, (Told("AAAA", "cancelled", NINE),))]

    assert lies(told, [gone, LIS], {1: Places(12, 12, returning=6)}) == []


PLANTED = {
    "lost": (STORY, [LIS], {1: Places(12, 6)}),
    "phantom": (
        STORY,
        [*ROWS, Row("CCCC", "Wang", 2, 6, "held", NINE)],
        {**SLOTS, 2: Places(6, 6)},
    ),
    "phantom that ended": ([HELD, CONFIRMED, OTHER], [*ROWS, replace(CHENS, reference="CCCC",
        state="expired")], SLOTS),
    "different state": (STORY, [replace(CHENS, state="held"), LIS], SLOTS),
    "different time": (STORY, [replace(CHENS, starts_at=TEN), LIS], SLOTS),
    "different person": (STORY, [replace(CHENS, person="Zhao"), LIS], SLOTS),
    "doubled": (
        [*STORY, Said("Chen", "k6", 201, (Told("DDDD", "held", NINE),))],
        [*ROWS, Row("DDDD", "Chen", 2, 6, "held", NINE)],
        {**SLOTS, 2: Places(6, 6)},
    ),
    "oversold": (STORY, ROWS, {1: Places(quota=6, taken=12)}),
    "oversold, and the counter hides it": (STORY, ROWS, {1: Places(quota=6, taken=6)}),
    "miscounted": (STORY, ROWS, {1: Places(quota=18, taken=18)}),
    "told twice different": ([*STORY, replace(HELD, told=(Told("CCCC", "held", NINE),))], ROWS,
        SLOTS),
    "told twice different, yes and no": ([*STORY, replace(REFUSED, status=201, refusal="")], ROWS,
        SLOTS),
}  # fmt: skip


@pytest.mark.parametrize("lie", PLANTED)
def test_a_planted_lie_is_seen(lie):
    found = lies(*PLANTED[lie])

    assert any(one.startswith(lie.partition(" ")[0].rstrip(",")) for one in found), found


def test_what_stayed_unknown_is_a_lie():
    assert lies(STORY, ROWS, SLOTS, unknown=["k9"]) == [
        "unknown: nobody knows what became of key k9"
    ]
