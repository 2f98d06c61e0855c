"""Supervisors' page: how good the waits were that people were told."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from appointments import saying
from appointments.supervise_views import WHO, asked_hall, halls_here, show
from config import civil
from queues.models import WaitFit
from queues.predicting import DAYS_COMPARED, FEWEST_TOLD, How, HowGood, how_good
from windows.access import staff_page
from windows.models import Matter

ROW, BAR, LEFT, WIDE = 34, 14, 64, 520  # of the picture, in its own units
GOAL = 90


@dataclass(frozen=True)
class Bar:
    """A line of the picture: how many waited less than the upper number."""

    name: str
    y: int
    width: float
    text_y: int
    per_cent: int
    people: int


@dataclass(frozen=True)
class Picture:
    """Bars for the hours, with a line where nine in ten lie."""

    bars: list[Bar]
    left: int
    right: int
    height: int
    goal_x: float
    bar: int


def picture_of(hours: tuple[How, ...]) -> Picture:
    bars = [
        Bar(
            name=how.name,
            y=n * ROW + 8,
            width=round(WIDE * how.within_most / 100, 1),
            text_y=n * ROW + 8 + BAR - 3,
            per_cent=how.within_most,
            people=how.people,
        )
        for n, how in enumerate(hours)
    ]
    return Picture(
        bars=bars,
        left=LEFT,
        right=LEFT + WIDE + 60,
        height=len(bars) * ROW + 4,
        goal_x=LEFT + WIDE * GOAL / 100,
        bar=BAR,
    )


@never_cache
@staff_page(*WHO)
@require_safe
def supervise_estimates(request: HttpRequest) -> HttpResponse:
    """What people were told beside what came, in words, a picture and a table."""
    hall, now = asked_hall(request), civil.now()
    day = civil.city_date(now)
    names = {matter.pk: str(matter.name) for matter in Matter.objects.all()}
    good = how_good(hall, names, day)
    fit = WaitFit.objects.filter(hall=hall, learned_on__lte=day).order_by("-learned_on").first()
    context = {
        "here": "estimates",
        "hall": hall,
        "halls": halls_here(request),
        "good": good,
        "days": _days(good),
        "picture": picture_of(good.hours) if good else None,
        "fit": fit,
        "widened": round(100 * (fit.most_factor - 1)) if fit else 0,
        "narrowed": round(100 * (1 - fit.most_factor)) if fit else 0,
        "weeks_days": DAYS_COMPARED,
        "fewest": FEWEST_TOLD,
        "groups": good.matters if good else (),
    }
    return show(request, "estimates", context)


def _days(good: HowGood | None) -> tuple[str, str] | None:
    return (saying.short_day(good.first), saying.short_day(good.last)) if good else None
