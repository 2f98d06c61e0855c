"""The forecast on a page: a hall, its district or the city, four weeks ahead."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from appointments import saying
from appointments.advised.reading import effect_told, helps, read_advice
from appointments.advised.wording import night_words, numbers_words, open_page, played_words
from appointments.forecast_hours import week_of
from appointments.forecast_page import (
    days_chart,
    errors_chart,
    errors_of,
    known_beforehand,
    span_of,
)
from appointments.forecast_said import rights_of, said_chart
from appointments.forecasting.reading import days_of, newest
from appointments.foreseeing_need import Need, foresee
from appointments.models import ForecastRun, SessionAdvice
from appointments.supervise_views import READERS, asked_hall, halls_here, show
from appointments.tables_to_keep import chart_asked
from config import civil
from windows.access import SUPERVISOR, has_role, staff_page
from windows.models import Hall

AREAS = ("hall", "district", "city")


@never_cache
@staff_page(*READERS)
@require_safe
def supervise_forecast(request: HttpRequest) -> HttpResponse:
    """Who is expected, how sure that is, and where there are too few places."""
    hall, now = asked_hall(request, *READERS), civil.now()
    area = request.GET.get("area", "hall")
    area = area if area in AREAS else "hall"
    halls = halls_here(request, *READERS)
    context: dict[str, Any] = {
        "here": "forecast",
        "hall": hall,
        "halls": halls,
        "area": area,
        "runs_halls": has_role(request.user, hall, SUPERVISOR),
        "run": (run := newest()),
        "areas": [
            ("hall", hall.name),
            ("district", hall.district),
            ("city", _("The whole city")),
        ],
    }
    if run is None:
        return show(request, "forecast", context)
    name = {"hall": hall.code, "district": hall.district_zh, "city": ""}[area]
    chart = days_chart(_days(run, hall, area, civil.city_date(now)))
    errors = errors_chart(run, halls) if area != "hall" else None
    charts = [one for one in (chart, said_chart(run, name), errors) if one]
    if table := chart_asked(request, charts, f"{hall.code}-{area}"):
        return table
    asked = {"hall": hall.code, "area": area}
    today = civil.city_date(now)
    context |= {
        "made": saying.when(run.made_at),
        "known": saying.long_day(run.last_known_day),
        "charts": [
            (
                one,
                "?" + urlencode({**asked, "chart": one.key}),
                _("The last four weeks") if one is errors else span_of(one),
            )
            for one in charts
        ],
        "name": dict(context["areas"])[area],
        "span": _("%(first)s to %(last)s")
        % {"first": saying.short_day(today), "last": saying.short_day(run.last_day)},
        "off": errors_of(run, name),
        "rights": rights_of(run, name),
        **(_asked_for(run, hall, now) if area == "hall" else {}),
        "week": week_of(run, hall, today) if area == "hall" else None,
        "drivers": known_beforehand(
            _halls_of(hall, area), today, run.last_day, _waves(run, hall, area)
        ),
    }
    return show(request, "forecast", context)


def _days(run: ForecastRun, hall: Hall, area: str, today: Any) -> dict[Any, Any]:
    if area == "hall":
        found = days_of(run, hall_id=hall.pk)
    else:
        found = days_of(run, district=hall.district_zh if area == "district" else "")
    return {day: one for day, one in found.items() if day >= today}


def _halls_of(hall: Hall, area: str) -> list[Hall]:
    if area == "hall":
        return [hall]
    everywhere = Hall.objects.filter(is_open=True).order_by("code")
    return list(
        everywhere.filter(district_zh=hall.district_zh) if area == "district" else everywhere
    )


def _waves(run: ForecastRun, hall: Hall, area: str) -> dict[str, float]:
    """By how much cards that expire raise the renewals there, by month."""
    found = run.facts.get("waves") or {}
    return dict(found.get("" if area == "city" else hall.district_zh, {}))


def _asked_for(run: ForecastRun, hall: Hall, now: datetime) -> dict[str, Any]:
    """The hours that lack places, and what the night has said of them."""
    told = read_advice(run.pk, [hall.pk], now=now)
    needs = foresee(run.pk, [hall.pk], now=now).needs
    played = [advice for need in needs if (advice := told.of_need(need))]
    return {
        "needs": [shown_need(need, hall, told.of_need(need)) for need in needs],
        "played": played_words(played),
    }


def shown_need(need: Need, hall: Hall, told: SessionAdvice | None) -> dict[str, Any]:
    """ "Thursday 18 to 20: 38 expected, 30 places: open one window", what the night said of it,
    and the way there."""
    midnight = civil.city_day(need.day)[0]
    starts_at = midnight + timedelta(hours=need.first_hour)
    ends_at = midnight + timedelta(hours=need.ends_hour)
    page = open_page(hall.code, starts_at, ends_at, need.kind)
    if told:
        page = open_page(hall.code, told.starts_at, told.ends_at, told.kind, told.numbers)
    return {
        "words": _("%(day)s, %(opens)s to %(closes)s: %(expected)s expected, %(places)s places")
        % {
            "day": saying.short_day(need.day),
            "opens": f"{need.first_hour % 24:02d}:00",
            "closes": f"{need.ends_hour % 24:02d}:00",
            "expected": need.expected,
            "places": need.places,
        },
        "range": f"{need.low}–{need.high}",
        "windows": need.windows,
        "is_no_help": told is not None and not helps(effect_told(told)),
        "numbers": numbers_words(told.numbers) if told else "",
        "effects": night_words(told) if told else [],
        "address": page,
    }
