"""What the city's page shows of the halls: which of them, in which order, on which map."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from appointments.advised.reading import read_advice
from appointments.advised.wording import played_words
from appointments.advising import Advice, Idle, advise, idle_sessions
from appointments.foreseeing_need import foresee
from appointments.lines_today import Line, level_of
from appointments.mapping import ABOVE, Area, Drawing, Place, draw, within
from appointments.overseeing import Cell, City, HallRow, city_now
from windows.models import Hall

FEW = 3  # names that stand as they are
ORDERS = ("", "full", "wait")
MEASURES = ("", "wait")


@dataclass(frozen=True)
class Link:
    text: str
    address: str
    is_here: bool


@dataclass(frozen=True)
class Part:
    """Rows that stand together; a district's name where there are several."""

    name: str
    key: str
    rows: list[HallRow]

    @property
    def week(self) -> Cell:
        together = Cell(self.rows[0].cells[0].day)
        for row in self.rows:
            together.add(row.week)
        return together

    @property
    def waiting(self) -> int:
        return sum(row.line.waiting for row in self.rows)

    @property
    def longest(self) -> Line:
        """The line of the hall whose people waited longest."""
        return max((row.line for row in self.rows), key=lambda line: line.nine_in_ten or -1)

    @property
    def nine_in_ten(self) -> int | None:
        return self.longest.nine_in_ten


@dataclass(frozen=True)
class Mapped:
    """One hall on the map: its point's level, and that of the ground around it."""

    area: Area
    row: HallRow
    level: str
    ground: str


@dataclass(frozen=True)
class Name:
    """What is written on the map, and the figure beneath."""

    text: str
    figure: int | None
    x: float
    y: float


@dataclass(frozen=True)
class CityPage:
    """The page's parts; `every` are all halls that the person sees, `city` those shown."""

    every: Sequence[Hall]
    city: City
    advice: list[Advice]
    idle: list[Idle]
    is_foreseen: bool  # by a forecast
    district: str
    order: str
    measure: str

    @property
    def played(self) -> str:
        """When the effects that are shown were worked out; empty when none is."""
        told = [*(one.told for one in self.advice), *(one.told for one in self.idle)]
        return played_words(one for one in told if one)

    @cached_property
    def districts(self) -> list[tuple[str, str]]:
        """(what the address says, its name), in the order of the halls."""
        return list({hall.district_zh: hall.district for hall in self.every}.items())

    @property
    def name(self) -> str:
        """Whose figures these are."""
        if self.district:
            return dict(self.districts)[self.district]
        if len(self.every) == 1:
            return self.every[0].name
        return self.districts[0][1] if len(self.districts) == 1 else ""

    @property
    def district_links(self) -> list[Link]:
        every = Link(_("All districts"), self.address(district=""), not self.district)
        named = [
            Link(name, self.address(district=key), key == self.district)
            for key, name in self.districts
        ]
        return [every, *named] if len(named) > 1 else []

    @property
    def order_links(self) -> list[Link]:
        words = {"": _("By district"), "full": _("Fullest first"), "wait": _("Longest waits first")}
        return [
            Link(words[order], self.address(order=order), order == self.order) for order in ORDERS
        ]

    @property
    def measure_links(self) -> list[Link]:
        words = {"": _("How full"), "wait": _("Waits today")}
        return [
            Link(words[one], self.address(map=one) + "#map", one == self.measure)
            for one in MEASURES
        ]

    def address(self, **changes: str) -> str:
        """The page with something else asked of it."""
        asked = {"district": self.district, "order": self.order, "map": self.measure, **changes}
        return "?" + urlencode({name: said for name, said in asked.items() if said})

    @cached_property
    def by_district(self) -> list[Part]:
        """Each district with its rows."""
        rows = self.city.rows
        return [
            Part(name, key, there)
            for key, name in self.districts
            if (there := [row for row in rows if row.hall.district_zh == key])
        ]

    @property
    def parts(self) -> list[Part]:
        """The rows of the table in the order that is asked for."""
        rows = self.city.rows
        if self.order == "full":
            return [Part("", "", sorted(rows, key=lambda r: (-r.week.fill, -r.week.unmet)))]
        if self.order == "wait":
            return [Part("", "", sorted(rows, key=_longest_first))]
        several = len(self.by_district) > 1
        return self.by_district if several else [Part("", "", list(rows))]

    @cached_property
    def drawing(self) -> Drawing | None:
        return draw(tuple(_places(self.city.rows)))

    @cached_property
    def by_hall(self) -> bool:
        """The map of a single district tells its halls apart; others tell districts apart."""
        return len(self.by_district) < 2

    @cached_property
    def mapped(self) -> list[Mapped]:
        if self.drawing is None:
            return []
        rows = {row.hall.pk: row for row in self.city.rows}
        grounds = {part.key: self._level(part) for part in self.by_district}
        return [
            Mapped(
                area,
                row := rows[area.pk],
                self._level(row),
                self._level(row) if self.by_hall else grounds[row.hall.district_zh],
            )
            for area in self.drawing.areas
        ]

    @property
    def map_names(self) -> list[Name]:
        """Districts by name and figure; in a single one its halls."""
        if self.drawing is None:
            return []
        if self.by_hall:
            return [
                Name(one.row.name, self._figure(one.row), within(one.area.x), one.area.y - ABOVE)
                for one in self.mapped
            ]
        parts = {part.key: part for part in self.by_district}
        return [
            Name(parts[key].name, self._figure(parts[key]), within(x), y)
            for key, x, y in self.drawing.names
        ]

    @property
    def unplaced(self) -> int:
        """Halls whose position nobody has entered."""
        return sum(not _is_placed(row.hall) for row in self.city.rows)

    def _figure(self, of: HallRow | Part) -> int | None:
        """Percent booked, or the minutes that nine in ten waited at most."""
        if self.measure == "wait":
            return of.line.nine_in_ten if isinstance(of, HallRow) else of.nine_in_ten
        return None if of.week.walk_in_only or of.week.is_closed else of.week.fill

    def _level(self, of: HallRow | Part) -> str:
        """A hall is red when one of its days is; a district is as full as its halls together."""
        if self.measure == "wait":
            return of.line.level if isinstance(of, HallRow) else of.longest.level
        if isinstance(of, HallRow) and any(cell.is_over for cell in of.cells):
            return "over"
        return "none" if of.week.is_closed else level_of(of.week.fill)


def city_page(halls: Sequence[Hall], *, asked: Mapping[str, str], now: datetime) -> CityPage:
    """The page as its address asks for it; what it does not know it leaves out."""
    district = asked.get("district", "")
    if district not in {hall.district_zh for hall in halls}:
        district = ""
    shown = [hall for hall in halls if not district or hall.district_zh == district]
    city = city_now(halls=shown, now=now)
    if ending := common_ending([hall.name for hall in halls]):
        for row in city.rows:
            row.name = row.hall.name.removesuffix(ending)
    run = next((getattr(hall, "newest_forecast", None) for hall in halls), None)
    ids = [hall.pk for hall in shown]
    foreseen, told = foresee(run, ids, now=now), read_advice(run, ids, now=now)
    return CityPage(
        every=halls,
        city=city,
        advice=advise(city, now=now, foreseen=foreseen, told=told),
        idle=idle_sessions(city, foreseen, told),
        is_foreseen=run is not None,
        district=district,
        order=_known(asked.get("order", ""), ORDERS),
        measure=_known(asked.get("map", ""), MEASURES),
    )


def _known(said: str, choices: Sequence[str]) -> str:
    return said if said in choices else choices[0]


def _longest_first(row: HallRow) -> tuple[int, int]:
    return -(row.line.nine_in_ten or 0), -row.line.waiting


def _is_placed(hall: Hall) -> bool:
    return hall.latitude is not None and hall.longitude is not None


def _places(rows: Sequence[HallRow]) -> list[Place]:
    return [
        Place(row.hall.pk, row.hall.district_zh, float(hall.latitude), float(hall.longitude))
        for row in rows
        if (hall := row.hall).latitude is not None and hall.longitude is not None
    ]


def common_ending(names: Sequence[str]) -> str:
    """What many names all end with, so that a list can leave it out; every name goes on before
    it. Whole words where words are parted by spaces."""
    if len(names) <= FEW:
        return ""
    ending = min(names, key=len)
    while ending and not all(name.endswith(ending) and name != ending for name in names):
        ending = ending[1:]
    if any(" " in name for name in names):
        _cut, space, words = ending.partition(" ")
        return space + words
    return ending
