"""What the page of demand shows of a hall's days: by hour, by day, by channel."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from appointments import saying
from appointments.charting_counts import Chart, Column
from appointments.demanded.facts import facts_now
from appointments.demanded.hours import clock_of
from appointments.demanded.reading import Wanted
from appointments.models import DemandFact
from windows.models import Hall

CHANNELS = {
    "online": gettext_lazy("Online"),
    "assisted": gettext_lazy("Assisted"),
    "reserved": gettext_lazy("By a session's own link"),
    "walkin": gettext_lazy("Walk-in"),
    "kiosk": gettext_lazy("Kiosk"),
}
COLOURS = {
    "online": "heat-4", "assisted": "ink-3", "reserved": "student", "walkin": "heat-2",
    "kiosk": "bad",
}  # fmt: skip
ASKED = [
    DemandFact.What.BOOKED,
    DemandFact.What.WALKED_IN,
    DemandFact.What.SEARCHED,
    DemandFact.What.KIOSK,
]


@dataclass
class Sums:
    """People of an hour or a day, parts of people added up before they are rounded."""

    booked: int = 0
    walked_in: int = 0
    unmet: float = 0.0
    estimated: float = 0.0

    def add(self, one: Wanted) -> None:
        self.booked += one.booked
        self.walked_in += one.walked_in
        self.unmet += one.unmet
        if one.is_estimated:
            self.estimated += one.unmet

    @property
    def people(self) -> int:
        return self.booked + self.walked_in + round(self.unmet)

    def cells(self) -> list[int | None]:
        return [self.booked, self.walked_in, round(self.unmet), round(self.estimated), self.people]


def charts_of_demand(hall: Hall, first: date, last: date, rows: Iterable[Wanted]) -> list[Chart]:
    """By hour, by day, and by channel and hour; each a table that may be drawn."""
    hours: dict[int, Sums] = defaultdict(Sums)
    days: dict[date, Sums] = defaultdict(Sums)
    for one in rows:
        hours[one.hour].add(one)
        days[one.service_day].add(one)
    return [
        Chart(
            key="demand_by_hour",
            title=_("Who asked, by hour of the service day"),
            finding=_most_unmet({clock_of(hour): one for hour, one in hours.items()}),
            draws="stack",
            unit=_("people"),
            head=_("Hour"),
            columns=_columns(),
            rows=[(clock_of(hour), hours[hour].cells()) for hour in sorted(hours)],
        ),
        Chart(
            key="demand_by_day",
            title=_("Who asked, by service day"),
            finding=_most_unmet({saying.short_day(day): one for day, one in days.items()}),
            draws="stack",
            unit=_("people"),
            head=_("Day"),
            columns=_columns(),
            rows=[(saying.short_day(day), days[day].cells()) for day in sorted(days)],
        ),
        _by_channel(hall, first, last),
    ]


def _columns() -> list[Column]:
    return [
        Column(pgettext("chart", "Booked"), "heat-4"),
        Column(_("Came without a booking"), "heat-2"),
        Column(_("Found no place"), "bad"),
        Column(_("of these estimated")),
        Column(_("Wanted in all")),
    ]


def _most_unmet(sums: dict[str, Sums]) -> str:
    """The stretch in which most people found no place."""
    name, most = max(sums.items(), key=lambda one: one[1].unmet, default=("", Sums()))
    people = round(most.unmet)
    if not people:
        return ""
    return ngettext(
        "Most found no place here: %(name)s, %(n)s person.",
        "Most found no place here: %(name)s, %(n)s people.",
        people,
    ) % {"name": name, "n": people}


def _by_channel(hall: Hall, first: date, last: date) -> Chart:
    facts = facts_now([hall.pk], first, last).filter(what__in=ASKED)
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for hour, channel, people in facts.values_list("hour", "channel").annotate(Sum("people")):
        counts[hour][channel] = people
    return Chart(
        key="demand_by_channel",
        title=_("How they asked, by hour"),
        finding=_("As it was recorded: also who searched in vain and then found another way."),
        draws="stack",
        unit=_("people"),
        head=_("Hour"),
        columns=[Column(str(label), COLOURS[key]) for key, label in CHANNELS.items()],
        rows=[
            (clock_of(hour), [counts[hour].get(key, 0) for key in CHANNELS])
            for hour in sorted(counts)
        ],
    )
