"""How long the city's weekly plans take to make 60 days of slots, and to make them again."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from time import perf_counter
from typing import Any

from django.db.models import F

from appointments.simulating.city import build_city
from config import civil
from windows.models import Hall, Slot, WeeklyPlan
from windows.plans import Generated, generate
from windows.weekly import add_plan

DAYS = 60
WEEK = [1, 2, 3, 4, 5]
PLANS: list[tuple[str, list[int], str, time, time, slice]] = [
    ("regular", WEEK, "workdays", time(9), time(17), slice(0, None)),
    ("night", [2, 4], "workdays", time(18, 30), time(0, 30), slice(0, 2)),
    ("weekend", [6, 7], "days_off", time(9), time(16), slice(0, 3)),
]


def measure(now: datetime) -> dict[str, Any]:
    """Making, making again, and making after each plan has changed with every third slot
    booked."""
    halls = build_city()
    for hall in halls:
        _plan(hall, now)
    first = civil.city_date(now)

    def go() -> Generated:
        return generate(first=first, last=first + timedelta(days=DAYS), halls=halls, now=now)

    figures = {"made": _timed(go), "again": _timed(go)}
    WeeklyPlan.objects.filter(kind="regular").update(closes=time(16, 30))
    figures["all changed"] = _timed(go)
    third = Slot.objects.annotate(third=F("session_id") % 3).filter(third=0, online_quota__gt=6)
    third.update(online_taken=6)
    WeeklyPlan.objects.filter(kind="regular").update(closes=time(17))
    figures["a third booked"] = _timed(go)
    return {"name": "plans", "clients": 1, "figures": figures}


def _plan(hall: Hall, now: datetime) -> None:
    windows = list(hall.windows.order_by("number"))
    for kind, weekdays, on, opens, closes, part in PLANS:
        add_plan(
            hall=hall, kind=kind, weekdays=weekdays, on=on, opens=opens, closes=closes,
            windows=windows[part], valid_from=civil.city_date(now), by=None, now=now,
            simulated=True,
        )  # fmt: skip


def _timed(go: Callable[[], Generated]) -> dict[str, float]:
    start = perf_counter()
    done = go()
    return {
        "seconds": perf_counter() - start,
        "slots": done.slots,
        "made": done.made,
        "replaced": done.replaced,
        "kept": done.kept,
        "left_alone": len(done.left_alone),
    }
