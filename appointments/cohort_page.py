"""What the page of card cohorts shows: the rows, and the wave of renewals that they bring."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Sum
from django.utils.dateformat import format as formatted
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from appointments.charting_counts import Chart, Column
from appointments.demanded.reading import facts_now
from appointments.forecasting.cohorts import DAYS_OF_MONTH, RENEWAL, RENEWED, month_of, number
from appointments.models import CardCohort, DemandFact
from windows.models import Hall

AHEAD = 24
What = DemandFact.What
LATELY = timedelta(days=28)
COLOURS = {20: "heat-4", 10: "heat-2", 5: "ink-3"}


@dataclass(frozen=True)
class CohortRow:
    """A month's cards as the list shows them."""

    cohort: CardCohort
    month: str
    where: str
    is_mine: bool

    @property
    def cards(self) -> str:
        return f"{self.cohort.cards:,}"


def month_words(month: date) -> str:
    if (get_language() or "zh").startswith("zh"):
        return f"{month.year} 年 {month.month} 月"
    return formatted(month, "F Y")


def where_words(district: str, names: dict[str, str]) -> str:
    if not district:
        return pgettext("where", "The whole city")
    chinese = (get_language() or "zh").startswith("zh")
    return district if chinese else names.get(district) or district


def counted(cohorts: Sequence[CardCohort]) -> list[CardCohort]:
    """Those that count for the city: its own where it has some, else its districts'."""
    return [one for one in cohorts if not one.district] or list(cohorts)


def renewals(cohorts: Iterable[CardCohort]) -> dict[int, dict[int, float]]:
    """People who renew because of them, by month (in a row) and validity."""
    found: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for one in cohorts:
        for later, share in RENEWED.items():
            found[number(one.month) + later][one.years] += one.cards * share
    return found


def wave(cohorts: Sequence[CardCohort], today: date) -> Chart:
    """The renewals of the coming two years by the validity of the cards."""
    by_month = renewals(counted(cohorts))
    first = number(today)
    years = [one for one in COLOURS if any(one in month for month in by_month.values())]
    rows = [
        (month_words(month_of(at)), [round(by_month.get(at, {}).get(one, 0)) for one in years])
        for at in range(first, first + AHEAD)
    ]
    return Chart(
        key="wave",
        title=_("Renewals that these cards bring"),
        finding=_finding(by_month, first),
        draws="stack",
        unit=pgettext("unit", "people"),
        head=_("Month"),
        columns=[Column(validity(one), COLOURS[one]) for one in years],
        rows=[(name, list(values)) for name, values in rows] if years else [],
    )


def validity(years: int) -> str:
    return ngettext("Cards of %(n)s year", "Cards of %(n)s years", years) % {"n": years}


def _finding(by_month: dict[int, dict[int, float]], first: int) -> str:
    sums = {at: sum(by_month.get(at, {}).values()) for at in range(first, first + AHEAD)}
    highest = max(sums, key=lambda at: sums[at])
    if not round(sums[highest]):
        return ""
    return _("Most of them in %(month)s: about %(people)s people more.") % {
        "month": month_words(month_of(highest)),
        "people": f"{round(sums[highest]):,}",
    }


def usual_words(today: date) -> str:
    """How many renewals came lately, to hold the wave against; empty while none is known."""
    halls = list(Hall.objects.values_list("pk", flat=True))
    facts = facts_now(halls, today - LATELY, today - timedelta(days=1))
    came = facts.filter(matter__code=RENEWAL, what__in=[What.BOOKED, What.WALKED_IN])
    people = came.aggregate(n=Sum("people"))["n"] or 0
    if not people:
        return ""
    a_month = round(people * DAYS_OF_MONTH / LATELY.days)
    return _("Lately about %(people)s renewals a month came in the whole city, all cards.") % {
        "people": f"{a_month:,}"
    }
