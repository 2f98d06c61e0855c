"""What a session would do to waits and to people turned away. # C5 C6 C9"""

from datetime import time, timedelta

import pytest

from appointments.changes.asking import Ask, preview_change
from appointments.twin.effecting import effect_of_change, effect_of_opening
from appointments.twin.telling import effect_words, source_words, why_not
from tests.conftest import DAY, make_session
from tests.integration.appointments.twin.days import MIDNIGHT
from windows.planning import preview_session

pytestmark = pytest.mark.django_db


def test_an_evening_session_turns_fewer_away_and_shortens_waits(hall, windows, weeks_before):
    """One window for those who come without a place; the evening has places for all."""
    make_session(hall, windows[:1], online=0)
    plan = preview_session(
        hall=hall, kind="night", day=DAY, opens=time(18, 30), closes=time(21), windows=windows,
        now=MIDNIGHT,
    )  # fmt: skip

    effect = effect_of_opening(plan, now=MIDNIGHT)

    assert effect.fewer.low > 0
    assert effect.after.most.middle < effect.before.most.middle
    assert effect.after.unmet.middle < effect.before.unmet.middle
    said = effect_words(effect)
    assert said[0].startswith("Nine in ten people would wait at most")
    assert " instead of " in said[0]
    assert "people fewer would be turned to another day" in said[1]
    assert "from 2 such weekdays before" in source_words(effect)


def test_cutting_a_session_turns_more_away(hall, windows, session, weeks_before):
    ask = Ask.cut(session, windows=(windows[0].pk,))

    effect = effect_of_change(preview_change(ask, now=MIDNIGHT), now=MIDNIGHT)

    assert effect.after.most.middle > effect.before.most.middle
    assert effect.fewer.middle <= 0


def test_cancelling_the_only_session_serves_nobody(hall, session, weeks_before):
    seen = preview_change(Ask.cancel(session), now=MIDNIGHT)

    effect = effect_of_change(seen, now=MIDNIGHT)

    assert effect.after.most is None
    assert effect_words(effect)[0] == "Nobody would be served that day."
    assert effect.fewer.high < 0


def test_a_move_to_another_day_is_not_worked_out(session, weeks_before):
    day = timedelta(days=1)
    ask = Ask.move(session, starts_at=session.starts_at + day, ends_at=session.ends_at + day)

    effect = effect_of_change(preview_change(ask, now=MIDNIGHT), now=MIDNIGHT)

    assert "not worked out" in why_not(effect)
    assert effect_words(effect) == []


def test_without_history_it_says_so(hall, windows, session):
    ask = Ask.cut(session, windows=(windows[0].pk,))

    effect = effect_of_change(preview_change(ask, now=MIDNIGHT), now=MIDNIGHT)

    assert "cannot be said" in why_not(effect)
