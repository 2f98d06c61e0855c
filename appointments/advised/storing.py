"""The night's advice: the best needs of the coming week are played, and their effect is kept."""

import logging
import time
from collections.abc import Callable
from datetime import datetime

from django.db import close_old_connections, transaction

from appointments.advised.choosing import Bounds, more_for, worth_playing
from appointments.advised.playing import Night, play_less, play_more
from appointments.foreseeing_empty import Empty
from appointments.foreseeing_need import Foreseen, Need, foresee, newest_run
from appointments.models import ForecastRun, SessionAdvice
from config import civil
from config.refusals import Refusal
from windows.calendar_days import day_kinds
from windows.models import Hall
from windows.rules import RuleBook, rules

log = logging.getLogger(__name__)
NUMBERS = ["advice_plays_city", "advice_runs"]
Say = Callable[[str], object]


def advise_city(*, now: datetime, say: Say | None = None) -> None:
    """The newest forecast has its advice, once: what is stored is not played again, and a hall
    that breaks is tried again the next time, without keeping the others waiting."""
    run = ForecastRun.objects.filter(pk=newest_run(civil.city_date(now))).first()
    if run is None or _is_done(run):
        return
    began = time.process_time()
    halls = {hall.pk: hall for hall in Hall.objects.filter(is_open=True).order_by("code")}
    foreseen = foresee(run.pk, halls, now=now)
    today = civil.city_date(now)
    numbers = rules(NUMBERS, hall=None, day=today)
    bounds = Bounds(RuleBook(["advice_plays_hall"], halls), numbers["advice_plays_city"], today)
    night = Night(run, max(numbers["advice_runs"], 1), now)
    broken = _play_all(foreseen, halls, bounds, night)
    told = {
        "stored": run.advice.count(),
        "broken": sorted(broken),
        "cpu_seconds": round(time.process_time() - began, 1),
    }
    _note(run, told)
    words = "advice of forecast %s: %s stored, %s s of the processor"
    log.info(words, run.pk, told["stored"], told["cpu_seconds"])
    if say:
        say(words % (run.pk, told["stored"], told["cpu_seconds"]))


def _is_done(run: ForecastRun) -> bool:
    told = run.facts.get("advice")
    return told is not None and not told["broken"]


def _play_all(foreseen: Foreseen, halls: dict[int, Hall], bounds: Bounds, night: Night) -> set[str]:
    """The codes of halls that broke."""
    today = bounds.today
    last = max((one.day for one in foreseen.needs), default=today)
    workdays = {day: kind.is_workday for day, kind in day_kinds(today, last).items()}
    there = set(night.run.advice.values_list("hall", "service_day", "first_hour"))
    broken = set()
    for one in worth_playing(foreseen, bounds):
        hall = halls[one.hall_id]
        if isinstance(one, Need) and (hall.pk, one.day, one.first_hour) in there:
            continue
        try:
            advice = _played(one, hall, workdays.get(one.day, True), night)
            if advice is not None:
                SessionAdvice.objects.bulk_create([advice], ignore_conflicts=True)
        except Refusal as refusal:
            log.info("%s %s: no advice, as %s", hall.code, one.day, refusal.code)
        except Exception:
            log.exception("The advice for %s broke this night.", hall.code)
            broken.add(hall.code)
            close_old_connections()
    return broken


def _played(one: Need | Empty, hall: Hall, is_workday: bool, night: Night) -> SessionAdvice | None:
    if isinstance(one, Empty):
        return play_less(one, night)
    more = more_for(one, hall, is_workday, now=night.now)
    return play_more(more, night) if more else None


@transaction.atomic
def _note(run: ForecastRun, told: dict[str, object]) -> None:
    """In the facts of the forecast, beside what others note there."""
    fresh = ForecastRun.objects.select_for_update().get(pk=run.pk)
    fresh.facts["advice"] = told
    fresh.save(update_fields=["facts"])
