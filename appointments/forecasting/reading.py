"""Reading the stored forecast: by hall, district or city, by day and by hour."""

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from appointments.models import ForecastRun, ForecastValue

QUANTILES = ("p05", "p25", "p50", "p75", "p90", "p95")


@dataclass(frozen=True)
class Expected:
    """People expected, with quantiles (5, 25, 50, 75, 90, 95%) and the window-minutes they need."""

    mean: float
    quantiles: tuple[float, ...]
    minutes: float

    @property
    def low(self) -> int:
        return round(self.quantiles[0])

    @property
    def high(self) -> int:
        return round(self.quantiles[-1])


def run_for(day: date) -> ForecastRun | None:
    """The newest forecast that reaches the day."""
    runs = ForecastRun.objects.filter(first_day__lte=day, last_day__gte=day)
    return runs.order_by("-first_day", "-pk").first()


def newest() -> ForecastRun | None:
    return ForecastRun.objects.order_by("-first_day", "-pk").first()


def expected(run: ForecastRun, hall_id: int, day: date) -> dict[int, dict[int, Expected]]:
    """By hour and matter; empty beyond the days that are foreseen by hour."""
    rows = run.values.filter(hall=hall_id, service_day=day, hour__isnull=False)
    found: dict[int, dict[int, Expected]] = {}
    for row in rows.filter(matter__isnull=False).order_by("hour", "matter"):
        found.setdefault(row.hour or 0, {})[row.matter_id or 0] = as_expected(row)
    return found


def days_of(
    run: ForecastRun, *, hall_id: int | None = None, district: str = ""
) -> dict[date, Expected]:
    """The days of a hall, a district or (with neither) the city, all matters together."""
    rows = whole(run.values.filter(hall=hall_id, district=district, hour__isnull=True))
    return {row.service_day: as_expected(row) for row in rows.order_by("service_day")}


def hours_of(run: ForecastRun, hall_id: int) -> dict[tuple[date, int], Expected]:
    """The hours of a hall in the coming week, all matters together."""
    rows = whole(run.values.filter(hall=hall_id, hour__isnull=False))
    return {
        (row.service_day, row.hour or 0): as_expected(row)
        for row in rows.order_by("service_day", "hour")
    }


def whole(rows: QuerySet[ForecastValue]) -> QuerySet[ForecastValue]:
    return rows.filter(matter__isnull=True)


def as_expected(row: ForecastValue) -> Expected:
    return Expected(row.mean, tuple(getattr(row, name) for name in QUANTILES), row.minutes)
