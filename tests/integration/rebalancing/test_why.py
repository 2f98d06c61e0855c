"""A move says what it would be, what it is, and that it was taken back. C8

Mutant seen red: fate_of that answers "made" for whatever has a row, moved or not.
"""

import pytest
from django.utils import translation

from appointments.rebalancing import approve, decline, make_plan, rebalance, undo_run, why
from tests.conftest import DAY
from tests.integration.rebalancing.conftest import NIGHT

pytestmark = pytest.mark.django_db

WORDS = {
    "en": {
        "would be": "with this move it would be 43 %",
        "is": "with this move it is 43 %",
        "taken back": "it was taken back",
        "not made": "this move was not made",
    },
    "zh-hans": {
        "would be": "调整后将为 43%",
        "is": "调整后为 43%",
        "taken back": "该调整已撤回",
        "not made": "未执行",
    },
}


@pytest.fixture(params=WORDS)
def said(request):
    """Which of the four is said of the first move, in both languages."""

    def which(moves):
        with translation.override(request.param):
            told = why(moves[0])
        assert "33" in told  # walk-ins' share before it
        return [name for name, words in WORDS[request.param].items() if words in told]

    return which


def test_what_a_night_would_move_would_be(ten_came, tomorrow, said):
    assert said(make_plan(demand_day=DAY, now=NIGHT, kind="night").moves) == ["would be"]


def test_before_approval_it_would_be_then_it_is(proposed, hall, said):
    assert said(proposed.moves.all()) == ["would be"]

    approve(run=proposed, halls=[hall.pk], by=None, now=NIGHT)

    assert said(proposed.moves.all()) == ["is"]


def test_what_was_declined_was_not_made(proposed, hall, said):
    decline(run=proposed, halls=[hall.pk], by=None, now=NIGHT)

    assert said(proposed.moves.all()) == ["not made"]


def test_what_was_undone_was_taken_back(ten_came, tomorrow, hall, said):
    run = rebalance(demand_day=DAY, now=NIGHT)
    undo_run(run=run, halls=[hall.pk], by=None, now=NIGHT)

    assert said(run.moves.all()) == ["taken back"]
