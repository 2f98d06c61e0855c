"""Keeping the city's forecast: one a service day, and how it was made."""

import logging
import resource
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from appointments.forecasting.city import (
    DAYS,
    DAYS_BY_HOUR,
    METHOD,
    CityForecast,
    Expectation,
    Say,
    foresee_city,
)
from appointments.models import DayClosing, ForecastRun, ForecastValue
from config import civil
from config.refusals import Refusal
from windows.models import Hall, Matter

Floats = NDArray[np.float64]

log = logging.getLogger(__name__)
KEPT = timedelta(days=60)
AT_A_TIME = 5000
FEWEST = 0.005  # people: less is not worth a row


class NothingKnown(Refusal):
    code = "nothing_known"
    message = _("No closed day is known yet, so there is nothing to expect from.")


def forecast_city(*, now: datetime, say: Say | None = None) -> ForecastRun:
    """Today's forecast stands: made now, or the one that was made since midnight.

    It is reckoned without a transaction and stored in one; of two at once the second one finds
    the first one's. Refuses: NothingKnown.
    """
    today = civil.city_date(now)
    if there := _of_today(today):
        return there
    last_known = today - timedelta(days=1)
    if not DayClosing.objects.filter(service_day__lte=last_known, was_open=True).exists():
        raise NothingKnown
    began = time.perf_counter()
    halls = list(Hall.objects.filter(is_open=True).order_by("code"))
    matters = list(Matter.objects.filter(is_offered=True).order_by("position", "code"))
    made = foresee_city(halls, matters, last_known=last_known, say=say)
    return _stored(made, now, seconds=time.perf_counter() - began)


def _of_today(today: date) -> ForecastRun | None:
    return ForecastRun.objects.filter(first_day=today).order_by("-pk").first()


@transaction.atomic
def _stored(made: CityForecast, now: datetime, *, seconds: float) -> ForecastRun:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('forecast'))")
    if there := _of_today(made.first):
        return there
    run = ForecastRun.objects.create(
        made_at=now,
        first_day=made.first,
        last_day=made.first + timedelta(days=DAYS - 1),
        last_known_day=made.last_known,
        method=METHOD,
        facts={
            "halls": len(made.halls),
            "matters": len(made.matters),
            "seconds": round(seconds, 1),
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "accuracy": made.accuracy.as_facts() if made.accuracy else {},
            "said": made.said,
            "waves": made.waves,
        },
    )
    ForecastValue.objects.bulk_create(_values(run, made), batch_size=AT_A_TIME)
    log.info("forecast %s of %s halls took %.1f s", run.pk, len(made.halls), seconds)
    return run


def _values(run: ForecastRun, made: CityForecast) -> Iterator[ForecastValue]:
    lengths = np.array([matter.minutes for matter in made.matters], dtype=float)
    minutes = (made.by_matter.mean * lengths[:, None]).sum(axis=1)  # [hall, day]
    for h, hall in enumerate(made.halls):
        for n in range(DAYS):
            if not made.is_wanted[h, n]:
                continue
            day = made.first + timedelta(days=n)
            whole = {"run": run, "hall": hall, "service_day": day}
            yield _value(made.by_hall, (h, n), minutes[h, n], **whole)
            for m, matter in enumerate(made.matters):
                mean = made.by_matter.mean[h, m, n]
                yield _value(made.by_matter, (h, m, n), mean * lengths[m], matter=matter, **whole)
            if n < DAYS_BY_HOUR:
                yield from _hours(made, lengths, (h, n), whole)
    for district, sums in made.by_district.items():
        rows = [n for n, hall in enumerate(made.halls) if district in ("", hall.district_zh)]
        for n in np.flatnonzero(made.is_wanted[rows].any(axis=0)).tolist():
            whole = {"run": run, "district": district}
            day = made.first + timedelta(days=n)
            yield _value(sums, (0, n), minutes[rows, n].sum(), service_day=day, **whole)


def _hours(
    made: CityForecast, lengths: Floats, where: tuple[int, int], whole: dict[str, Any]
) -> Iterator[ForecastValue]:
    h, n = where
    assert made.by_hour  # noqa: S101  city.py makes them last
    assert made.hall_hours  # noqa: S101
    hours = made.by_hour.mean[h, :, :, n]
    for hour in np.flatnonzero(hours.sum(axis=0) >= FEWEST).tolist():
        own = float((hours[:, hour] * lengths).sum())
        yield _value(made.hall_hours, (h, hour, n), own, hour=hour, **whole)
        for m, matter in enumerate(made.matters):
            if hours[m, hour] >= FEWEST:
                mine = hours[m, hour] * lengths[m]
                yield _value(made.by_hour, (h, m, hour, n), mine, hour=hour, matter=matter, **whole)


def _value(of: Expectation, where: tuple[int, ...], minutes: float, **about: Any) -> ForecastValue:
    p05, p25, p50, p75, p90, p95 = (float(level[where]) for level in of.quantiles)
    return ForecastValue(
        mean=float(of.mean[where]), p05=p05, p25=p25, p50=p50, p75=p75, p90=p90, p95=p95,
        minutes=float(minutes), **about,
    )  # fmt: skip


def forget_old(*, now: datetime) -> int:
    """Forecasts older than 60 days are deleted; a rebalancing keeps what it knew itself."""
    old = ForecastRun.objects.filter(made_at__lt=now - KEPT)
    ForecastValue.objects.filter(run__in=old).delete()
    return old.delete()[0]
