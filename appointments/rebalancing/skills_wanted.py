"""Which window of a hall should also serve which matter in the coming days."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from django.db.models import Sum

from appointments.demanded.facts import facts_now
from appointments.demanding import ALL_WALK_IN
from appointments.models import DemandFact, ForecastValue
from appointments.rebalancing.skilling import HallDayNeeds, WindowTime, best_lesson
from windows.models import HallSession, Matter, SessionWindow, Window

WEEK = timedelta(days=7)
HallDay = tuple[int, date]
What = DemandFact.What


def lessons(
    halls: Collection[int], first: date, last: date, forecast_id: int | None
) -> list[dict[str, Any]]:
    """The best lesson of each hall for these days, where one helps by half an hour or more."""
    windows, needs = _windows(halls, first, last), _needs(halls, first, last, forecast_id)
    by_hall: dict[int, list[HallDayNeeds]] = defaultdict(list)
    for key in sorted(set(windows) & set(needs)):
        by_hall[key[0]].append(HallDayNeeds(tuple(windows[key]), needs[key]))
    found = [(hall_id, best_lesson(days)) for hall_id, days in by_hall.items()]
    return [
        {
            "hall": hall_id,
            "window": Window.objects.get(pk=lesson.window_id).number,
            "matter": Matter.objects.get(pk=lesson.matter_id).code,
            "before": round(lesson.before),
            "after": round(lesson.after),
        }
        for hall_id, lesson in found
        if lesson
    ]


def _windows(halls: Collection[int], first: date, last: date) -> dict[HallDay, list[WindowTime]]:
    """The windows staffed in the sessions of these days, with what they serve there."""
    skills: dict[int, set[int]] = defaultdict(set)
    links = Window.matters.through.objects.filter(window__hall__in=halls)
    for window_id, matter_id in links.values_list("window_id", "matter_id"):
        skills[window_id].add(matter_id)
    staffed = SessionWindow.objects.filter(
        session__hall__in=halls,
        session__service_day__range=(first, last),
        session__state=HallSession.State.OPEN,
        is_cancelled=False,
    ).exclude(session__kind=ALL_WALK_IN)
    found: dict[HallDay, list[WindowTime]] = defaultdict(list)
    for one in staffed.select_related("session").order_by("window"):
        within = set(one.session.matter_ids) or skills[one.window_id]
        length = one.session.ends_at - one.session.starts_at
        minutes = length.total_seconds() / 60
        key = (one.session.hall_id, one.session.service_day)
        served = frozenset(skills[one.window_id] & within)
        found[key].append(WindowTime(one.window_id, minutes, served))
    return found


def _needs(
    halls: Collection[int], first: date, last: date, forecast_id: int | None
) -> dict[HallDay, dict[int, float]]:
    """Minutes by matter that are foreseen for each day, else what the week before asked for."""
    found: dict[HallDay, dict[int, float]] = defaultdict(dict)
    foreseen = ForecastValue.objects.filter(
        run=forecast_id, hall__in=halls, service_day__range=(first, last), hour=None
    )
    rows = foreseen.filter(matter__isnull=False) if forecast_id else foreseen.none()
    for hall_id, day, matter_id, minutes in rows.values_list(
        "hall_id", "service_day", "matter_id", "minutes"
    ):
        found[hall_id, day][matter_id] = minutes
    wanted = [What.BOOKED, What.WALKED_IN, What.SEARCHED]
    facts = facts_now(halls, first - WEEK, last - WEEK).filter(what__in=wanted)
    counted = facts.values_list("hall_id", "service_day", "matter_id").order_by()
    before: dict[HallDay, dict[int, float]] = defaultdict(dict)
    for hall_id, day, matter_id, minutes in counted.annotate(asked=Sum("minutes")):
        before[hall_id, day + WEEK][matter_id] = minutes
    return {**before, **found}
