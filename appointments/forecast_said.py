"""What was really said of days that came, in words and as a chart; or that it is too early."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appointments import saying
from appointments.charting_counts import Chart, Column
from appointments.forecasting.said import HORIZONS
from appointments.models import ForecastRun

LEAST_DAYS = 10  # that can be compared, before anything is said


@dataclass(frozen=True)
class Right:
    """How right forecasts were so many days ahead; in percent, None while too few days came."""

    ahead: int
    days: int
    off: int | None
    inside: int | None

    @property
    def name(self) -> str:
        words = ngettext("%(n)s day ahead", "%(n)s days ahead", self.ahead)
        return words % {"n": self.ahead}

    @property
    def words(self) -> str:
        if self.off is None:
            return self._too_early()
        facts = {"n": self.days, "off": self.off, "inside": self.inside}
        if self.inside is None:
            return (
                ngettext(
                    "on %(n)s day off by %(off)s%%", "on %(n)s days off by %(off)s%%", self.days
                )
                % facts
            )
        return (
            ngettext(
                "on %(n)s day off by %(off)s%%, %(inside)s%% within the range",
                "on %(n)s days off by %(off)s%%, %(inside)s%% of them within the range",
                self.days,
            )
            % facts
        )

    def _too_early(self) -> str:
        if not self.days:
            return _("no such forecast is stored of a day that came")
        return ngettext(
            "only %(n)s day can be compared so far; it takes %(least)s",
            "only %(n)s days can be compared so far; it takes %(least)s",
            self.days,
        ) % {"n": self.days, "least": LEAST_DAYS}


def rights_of(run: ForecastRun, name: str) -> list[Right]:
    """By horizon; of a hall's code, a district or "" for the city. Empty without any stored one."""
    told = (run.facts.get("said") or {}).get("horizons", {})
    found = []
    for ahead in HORIZONS:
        days, off, inside = told.get(str(ahead), {}).get(name, (0, None, None))
        enough = days >= LEAST_DAYS and off is not None
        found.append(
            Right(
                ahead=ahead,
                days=days,
                off=round(100 * off) if enough else None,
                inside=round(100 * inside) if enough and inside is not None else None,
            )
        )
    return found


def said_chart(run: ForecastRun, name: str) -> Chart | None:
    """The newest days: who came, and what had been said of them; None while that is little.
    A horizon of which nothing was said is left out."""
    if all(one.off is None for one in rights_of(run, name)):
        return None
    rows = (run.facts.get("said") or {}).get("days", {}).get(name, [])
    colours = dict(zip(HORIZONS, ("heat-3", "ink-3", "heat-2"), strict=True))
    shown = [n for n in range(len(HORIZONS)) if any(row[2 + n] is not None for row in rows)]
    return Chart(
        key="said",
        title=_("What was said, and who wanted to come"),
        finding="",
        draws="lines",
        unit="",
        head=_("Day"),
        columns=[
            Column(_("Wanted to come"), "blue"),
            *(
                Column(_("Said: %(ahead)s") % {"ahead": Right(ahead, 0, None, None).name}, colour)
                for n, (ahead, colour) in enumerate(colours.items())
                if n in shown
            ),
        ],
        rows=[
            (saying.short_day(date.fromisoformat(day)), [came, *(told[n] for n in shown)])
            for day, came, *told in rows
        ],
    )
