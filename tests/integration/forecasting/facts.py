"""Weeks of facts of a few halls, written without playing the days."""

from datetime import date, datetime, timedelta

import numpy as np

from appointments.models import DayClosing, DemandFact
from windows.models import Hall, Matter

HOURS = (9, 10, 11, 14, 15, 16)
SHAPE = np.array([0.2, 0.25, 0.15, 0.15, 0.15, 0.1])
WEEKDAYS = np.array([1.3, 1.0, 0.95, 0.95, 1.1, 0.0, 0.0])


def write_weeks(
    halls: list[Hall],
    matters: list[Matter],
    *,
    last: date,
    now: datetime,
    weeks: int = 6,
    usual: float = 60.0,
    factor=lambda hall, matter, day: 1.0,
    seed: int = 1,
) -> None:
    """Working days with chance around a weekday's usual number; weekends are closed."""
    luck = np.random.default_rng(seed)
    closings, facts = [], []
    for day in (last - timedelta(days=n) for n in range(7 * weeks)):
        for hall in halls:
            was_open = bool(WEEKDAYS[day.weekday()])
            closings.append(
                DayClosing(hall=hall, service_day=day, written_at=now, was_open=was_open)
            )
            if not was_open:
                continue
            for n, matter in enumerate(matters):
                mean = usual / (n + 1) * WEEKDAYS[day.weekday()] * factor(hall, matter, day)
                for hour, people in zip(HOURS, luck.poisson(mean * SHAPE), strict=True):
                    if people:
                        facts.append(
                            DemandFact(
                                hall=hall,
                                matter=matter,
                                service_day=day,
                                hour=hour,
                                kind="regular",
                                channel="walkin",
                                what="walked_in",
                                people=people,
                                minutes=people * matter.minutes,
                                recorded_at=now,
                            )  # fmt: skip
                        )
    DayClosing.objects.bulk_create(closings)
    DemandFact.objects.bulk_create(facts)
