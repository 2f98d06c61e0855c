"""The simulated past says what people were told, in the halls that are seen first. Row C17."""

from datetime import UTC, datetime

import pytest

from appointments.simulating import city, history, preparing
from appointments.simulating.foretold import EVERY
from appointments.simulating.preparing import prepare
from config import civil
from queues.models import Prediction
from queues.predicting import how_good
from windows.models import Hall

TUESDAY_AT_11 = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_the_demo_can_say_how_good_its_waits_were(monkeypatch):
    monkeypatch.setattr(city, "HALLS", city.HALLS[:4])
    monkeypatch.setattr(preparing, "DAYS_BACK", 6)
    monkeypatch.setattr(preparing, "DAYS_AHEAD", 2)

    prepare(TUESDAY_AT_11)

    hall = Hall.objects.get(code="H01")
    told = how_good(hall, {}, civil.city_date(TUESDAY_AT_11))
    assert told is not None
    assert told.all.within_most >= 80
    assert told.pinball[0] < told.pinball[1]
    halls = set(Prediction.objects.values_list("ticket__hall__code", flat=True))
    assert halls == set(history.BUSIEST)
    days = hall.tickets.filter(state__in=["finished", "void"]).count()
    assert Prediction.objects.filter(ticket__hall=hall).count() >= days // (EVERY + 2)
