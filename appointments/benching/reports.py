"""What the first night of sixty days costs, and reports of a whole city over two years."""

import os
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection
from django.test import Client

from appointments.benching import cpu
from appointments.benching.reports_world import YEARS, make_journal, make_years
from appointments.demanded import collecting
from appointments.reports import gathering
from config import civil
from windows.models import Staff, StaffRole

REPORTS, MONTH = "/supervise/reports/", "/supervise/reports/month/"


def measure(now: datetime) -> dict[str, Any]:
    """CPU seconds of Python and of PostgreSQL, and the statements."""
    make_journal(now)
    figures = {
        "night: facts": _cost(partial(collecting.write_days, now=now)),
        "night: figures": _cost(partial(gathering.write_days, now=now)),
    }
    rows = make_years()
    reader = _reader()
    for name, way in _pages(civil.city_date(now) - timedelta(days=1)).items():
        figures[name] = _cost(partial(_get, reader, way))
    return {"name": "reports", "clients": 1, "rows": rows, "figures": figures}


def _pages(last: date) -> dict[str, str]:
    city = f"{REPORTS}?hall=all&to={last}&from="
    years, weeks = last - timedelta(days=YEARS - 1), last - timedelta(days=27)
    return {
        **{f"2 years by {by}": f"{city}{years}&by={by}" for by in ("hall", "matter", "day")},
        "2 years by window": f"{city}{years}&by=window",
        "2 years by hour": f"{city}{years}&by=hour",
        "2 years, xlsx": f"{city}{years}&by=day&format=xlsx",
        "4 weeks": f"{city}{weeks}&by=day",
        "a hall, 4 weeks": f"{REPORTS}?hall=H01&from={weeks}&to={last}&by=day",
        "a hall, 2 years": f"{REPORTS}?hall=H01&from={years}&to={last}&by=day",
        "a hall's month": f"{MONTH}?hall=H01&month={weeks:%Y-%m}",
        "demand, 2 weeks": "/supervise/demand/?hall=H01",
        "demand, 92 days": f"/supervise/demand/?hall=H01&first={last - timedelta(91)}&last={last}",
    }


def _reader() -> Client:
    admin = Staff.objects.create(username="bench-reader", display_name="R")
    StaffRole.objects.create(staff=admin, role="admin")
    client = Client(headers={"host": "localhost"})
    client.force_login(admin)
    return client


def _get(client: Client, way: str) -> None:
    answer = client.get(way)
    if answer.status_code != 200:
        raise RuntimeError(f"{way}: {answer.status_code}")


class Counted:
    """How many statements were sent."""

    def __init__(self) -> None:
        self.statements = 0

    def __call__(self, execute: Callable[..., Any], *told: Any) -> Any:
        self.statements += 1
        return execute(*told)


def _cost(run: Callable[[], object]) -> dict[str, float]:
    postgres = int(os.environ["BENCH_POSTGRES_PID"])
    asked = Counted()
    with connection.execute_wrapper(asked):
        before, ours = cpu.seconds(postgres), os.times()
        run()
        after, now = cpu.seconds(postgres), os.times()
    return {
        "python_s": now.user + now.system - ours.user - ours.system,
        "postgres_s": after - before,
        "seconds": now.elapsed - ours.elapsed,
        "statements": asked.statements,
    }
