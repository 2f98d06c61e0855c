"""What the simulated city knows of its year: published holidays in the table, and events.

Exams are days that a province announces each year; these are the usual ones, as rows that a
supervisor can change (domain research: no source is read for them).
"""

from collections.abc import Sequence
from datetime import date, datetime
from math import prod

from config import civil
from windows.calendar_days import last_published
from windows.calendar_notices import seed_year
from windows.models import DemandEvent, WorkCalendarDay

Kind = DemandEvent.Kind
Day = tuple[int, int]

# kind, Chinese, English, from, to, for whom (zh, en), how many more people in percent
EVENTS: list[tuple[str, str, str, Day, Day, str, str, int]] = [
    (Kind.EXAM, "高考", "College entrance exam", (6, 7), (6, 9), "高考考生",
     "candidates of 18", 25),
    (Kind.EXAM, "中考", "Middle school exam", (6, 26), (6, 28), "中考考生", "candidates of 15", 20),
    (Kind.EXAM, "高考报名", "Enrolment for the exam", (11, 1), (11, 10), "16 至 18 岁学生",
     "students of 16 to 18", 30),
    (Kind.HOLIDAY, "暑假", "Summer holidays", (7, 5), (8, 31), "学生和家长",
     "students and parents", 67),
    (Kind.HOLIDAY, "寒假", "Winter holidays", (1, 20), (2, 20), "学生和家长",
     "students and parents", 35),
]  # fmt: skip


def seed_events(now: datetime) -> None:
    """This year's and the next year's events stand, once; so do the published holidays."""
    today = civil.city_date(now)
    if not WorkCalendarDay.objects.exists():
        for year in range(today.year - 1, min(today.year, last_published().year) + 1):
            seed_year(year, by=None, now=now)
    if DemandEvent.objects.filter(is_simulated=True).exists():
        return
    DemandEvent.objects.bulk_create(
        DemandEvent(
            kind=kind, name_zh=zh, name_en=en, first_day=date(year, *first),
            last_day=date(year, *last), audience_zh=for_zh, audience_en=for_en,
            uplift_percent=uplift, made_at=now, is_simulated=True,
        )
        for year in (today.year, today.year + 1)
        for kind, zh, en, first, last, for_zh, for_en, uplift in EVENTS
    )  # fmt: skip


def city_events() -> list[DemandEvent]:
    """The simulated city's own, of all halls."""
    return list(DemandEvent.objects.filter(is_simulated=True, hall=None, district=""))


def uplift_on(day: date, events: Sequence[DemandEvent]) -> float:
    """How many times as many people as usual want to come: events bring what is told of them."""
    here = [event for event in events if event.first_day <= day <= event.last_day]
    return prod(1 + event.uplift_percent / 100 for event in here)
