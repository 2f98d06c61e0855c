"""The simulated city has a draw to register for and one that was drawn. # C30"""

from datetime import timedelta

import pytest

from appointments import draw_rule
from appointments.draw_facts import figures_of
from appointments.invariants import holds
from appointments.models import Draw
from appointments.simulating import city, drawn, preparing
from appointments.simulating.preparing import prepare
from tests.integration.appointments.test_simulating import TUESDAY_AT_11

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(city, "HALLS", city.HALLS[:5])
    monkeypatch.setattr(preparing, "DAYS_BACK", 1)
    monkeypatch.setattr(preparing, "DAYS_AHEAD", 2)
    monkeypatch.setattr(drawn, "REGISTERED", 60)  # as in the demonstration
    monkeypatch.setattr(drawn, "DRAWN", 40)


def draws() -> tuple[Draw, Draw]:
    drawn, coming = Draw.objects.order_by("registers_until")
    return drawn, coming


def test_one_draw_is_open_and_one_was_drawn():
    now = TUESDAY_AT_11
    prepare(now)

    drawn, coming = draws()
    assert coming.registers_until > now
    assert figures_of(coming).people > figures_of(coming).places > 0
    assert draw_rule.differences(drawn.result) == []
    assert 0 < figures_of(drawn).won < figures_of(drawn).entries
    assert holds(now) == []


def test_preparing_again_adds_none_and_days_later_there_is_a_new_one():
    prepare(TUESDAY_AT_11)
    prepare(TUESDAY_AT_11 + timedelta(hours=2))
    assert Draw.objects.count() == 2

    prepare(TUESDAY_AT_11 + timedelta(days=3))

    assert Draw.objects.count() == 4
    assert Draw.objects.filter(drawn_at=None).count() == 1
    assert holds(TUESDAY_AT_11 + timedelta(days=3)) == []
