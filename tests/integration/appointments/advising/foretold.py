"""A forecast that a test writes itself: so many people in each hour."""

from datetime import date, timedelta

from appointments.models import ForecastRun, ForecastValue
from tests.conftest import DAY, NOON
from windows.models import Hall, Matter

TOMORROW = DAY + timedelta(days=1)  # a Friday
EACH = 10.0  # window-minutes that a person needs


def made_run() -> ForecastRun:
    """The forecast of this morning."""
    return ForecastRun.objects.create(
        made_at=NOON - timedelta(hours=6),
        first_day=DAY,
        last_day=DAY + timedelta(days=27),
        last_known_day=DAY - timedelta(days=1),
        method="test",
    )


def expect(
    run: ForecastRun,
    hall: Hall,
    people: dict[int, float],
    *,
    day: date = TOMORROW,
    matter: Matter | None = None,
) -> None:
    """So many people in each hour, give or take a fifth; of one matter too, where it is named."""
    for hour, mean in people.items():
        low, high = mean * 0.8, mean * 1.2
        for of in {None, matter}:
            ForecastValue.objects.create(
                run=run, hall=hall, service_day=day, hour=hour, mean=mean, minutes=mean * EACH,
                p05=low, p25=mean, p50=mean, p75=mean, p90=high, p95=high, matter=of,
            )  # fmt: skip
