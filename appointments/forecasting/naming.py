"""What is known beforehand of the days ahead, in words: holidays, events, cards that expire."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.dateformat import format as formatted
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from appointments.forecasting.cohorts import Waves
from appointments.forecasting.event_effects import reaches
from appointments.models import CardCohort
from windows.calendar_days import day_kinds
from windows.events import events_between
from windows.models import Hall

USUAL = 1.0


@dataclass(frozen=True)
class Driver:
    """One reason why a day is not usual, and by how much; `of` whom, when not of all."""

    name: str
    factor: float = USUAL
    of: str = ""


def reasons(
    halls: Iterable[Hall], first: date, last: date, waves: Mapping[str, float] | None = None
) -> Mapping[date, list[Driver]]:
    """Per day what is known of it. `waves`: by how much cards raise renewals, by month."""
    halls = list(halls)
    found: dict[date, list[Driver]] = defaultdict(list)
    for day, kind in day_kinds(first, last).items():
        if kind.name:
            found[day].append(Driver(kind.name))
    for event in events_between(first, last):
        if any(reaches(event, hall) for hall in halls):
            driver = Driver(event.name, 1 + event.uplift_percent / 100)
            for day in _days(max(first, event.first_day), min(last, event.last_day)):
                found[day].append(driver)
    for month, driver in _cards(halls, first, last, waves or {}):
        for day in _days(max(first, month), min(last, _end_of(month))):
            found[day].append(driver)
    return found


def _cards(
    halls: Sequence[Hall], first: date, last: date, waves: Mapping[str, float]
) -> Iterable[tuple[date, Driver]]:
    """Of each month the cards that expire where these halls are."""
    places = _places(halls)
    rows = CardCohort.objects.filter(
        district__in=places, month__range=(first.replace(day=1), last), cards__gt=0
    )
    cards: dict[date, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for month, years, some in rows.order_by("month", "-years").values_list(
        "month", "years", "cards"
    ):
        cards[month][years] += some
    for month, by_years in cards.items():
        words = [_words(years, some, month) for years, some in by_years.items()]
        yield month, Driver(", ".join(words), waves.get(f"{month}", USUAL), _("renewals"))


def _places(halls: Sequence[Hall]) -> set[str]:
    """Whose cohorts count there; the city's count for all of it."""
    waves = Waves.read()
    places = {waves.place_of(hall.district_zh) for hall in halls}
    return {""} if "" in places else places


def _words(years: int, cards: int, month: date) -> str:
    chinese = (get_language() or "zh").startswith("zh")
    return _("%(years)s-year cards expire: %(cards)s cards in %(month)s") % {
        "years": years,
        "cards": f"{cards:,}",
        "month": f"{month.month} 月" if chinese else formatted(month, "F"),
    }


def _end_of(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
