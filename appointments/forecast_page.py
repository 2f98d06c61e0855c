"""What the page of the forecast shows: the days ahead, how right it was, what is known of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from appointments import saying
from appointments.charting_counts import Chart, Column
from appointments.forecasting.naming import USUAL, Driver, reasons
from appointments.forecasting.reading import Expected
from appointments.models import ForecastRun
from windows.models import Hall


@dataclass(frozen=True)
class Errors:
    """How far off in percent, beside the naive guess; and how often within nine in ten."""

    ours: int
    naive: int
    inside: int
    days: int

    @property
    def words(self) -> str:
        return _(
            "In the last four weeks this was off by %(ours)s%% on average; the guess “as on the"
            " same weekday a week before” by %(naive)s%%. On %(inside)s%% of the days the number"
            " was within the range that is meant to hold nine times in ten."
        ) % {"ours": self.ours, "naive": self.naive, "inside": self.inside}


def errors_of(run: ForecastRun, name: str) -> Errors | None:
    """Of a hall's code, a district or "" for the city; None while too little is known."""
    facts = run.facts.get("accuracy") or {}
    found = [facts.get(part, {}).get(name) for part in ("ours", "naive", "inside")]
    if any(one is None for one in found):
        return None
    ours, naive, inside = (round(100 * one) for one in found)
    return Errors(ours, naive, inside, int(facts.get("days", 0)))


def days_chart(days: dict[date, Expected]) -> Chart:
    """Four weeks, with the range that holds nine times in ten."""
    return Chart(
        key="expected",
        title=_("People expected each day"),
        finding="",
        draws="lines",
        unit="",
        head=_("Day"),
        columns=[
            Column(_("Expected"), "blue"),
            Column(_("At least, nine times in ten"), "ink-3"),
            Column(_("At most, nine times in ten"), "ink-3"),
        ],
        rows=[
            (saying.short_day(day), [round(one.mean), one.low, one.high])
            for day, one in days.items()
        ],
    )


def span_of(chart: Chart) -> str:
    """From the first of its days to the last."""
    if not chart.rows:
        return ""
    return _("%(first)s to %(last)s") % {"first": chart.rows[0][0], "last": chart.rows[-1][0]}


def errors_chart(run: ForecastRun, halls: Iterable[Hall]) -> Chart:
    """Each hall's error beside the naive guess, in percent."""
    rows = [(hall.name, errors_of(run, hall.code)) for hall in halls]
    return Chart(
        key="errors",
        title=_("How far off, by hall"),
        finding="",
        draws="bars",
        unit="%",
        head=_("Hall"),
        columns=[Column(_("This forecast"), "blue"), Column(_("As a week before"), "ink-3")],
        rows=[(name, [one.ours, one.naive]) for name, one in rows if one],
    )


def known_beforehand(
    halls: Sequence[Hall], first: date, last: date, waves: Mapping[str, float] | None = None
) -> list[dict[str, Any]]:
    """What is known of the days ahead, in words, each once for all days in a row; what is known
    of the same days stands together."""
    found = reasons(halls, first, last, waves)
    stretches: dict[str, list[tuple[date, date]]] = defaultdict(list)
    for day in sorted(found):
        for words in dict.fromkeys(_in_words(one) for one in found[day]):
            spans = stretches[words]
            if spans and spans[-1][1] == day - timedelta(days=1):
                spans[-1] = (spans[-1][0], day)
            else:
                spans.append((day, day))
    by_span: dict[tuple[date, date], list[str]] = defaultdict(list)
    for words, spans in stretches.items():
        for span in spans:
            by_span[span].append(words)
    return [{"words": _span(*span), "reasons": by_span[span]} for span in sorted(by_span)]


def _span(first: date, last: date) -> str:
    if first == last:
        return saying.short_day(first)
    facts = {"first": saying.short_day(first), "last": saying.short_day(last)}
    return _("%(first)s to %(last)s") % facts


def _in_words(driver: Driver) -> str:
    percent = round(100 * (driver.factor - USUAL))
    if not percent:
        return driver.name
    about = f"{driver.of} " if driver.of else ""
    return f"{driver.name} ({about}{percent:+d}%)"
