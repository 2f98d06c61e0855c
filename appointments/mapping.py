"""The city as a drawing of our own: each hall has the area that is nearer to it than to any
other hall. Made from the halls' positions alone, without tiles or anything from outside.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import cos, hypot, pi, radians, sin

WIDTH = 400.0
MARGIN = 0.14  # of the city's size: how far it reaches beyond its outermost halls
ROUND = 16  # corners of the circle around each hall
ABOVE, BELOW = 9, 19  # of a point to the foot of the words there
EDGE = 42.0  # half of usual words
LONG = 3  # words are wider than high
ALONE = 0.02  # degrees: the size of a city that has one hall

Point = tuple[float, float]
Corner = tuple[Point, int]  # and which hall's area is beyond the edge that begins here
EDGE_OF_CITY = -1


def within(x: float) -> float:
    """Words whose middle is there stay in the drawing."""
    return min(max(x, EDGE), WIDTH - EDGE)


@dataclass(frozen=True)
class Place:
    """Where a hall is; `group` is its district."""

    pk: int
    group: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Area:
    """A hall's part of the drawing: its outline as an SVG path, and the hall itself."""

    pk: int
    path: str
    x: float
    y: float


@dataclass(frozen=True)
class Drawing:
    """All areas, the borders between districts, and where a district's name stands."""

    width: float
    height: float
    areas: tuple[Area, ...]
    borders: str
    names: tuple[tuple[str, float, float], ...]

    @property
    def box(self) -> str:
        """The SVG's view, with room for the outline's stroke."""
        return f"-2 -2 {self.width + 4:g} {self.height + 4:g}"


@lru_cache(maxsize=32)
def draw(places: tuple[Place, ...]) -> Drawing | None:
    """The drawing of these places; None where there is none."""
    if not places:
        return None
    points, margin = _projected(places)
    outline = _outline(points, margin)
    cells = [_cell(n, points, outline) for n in range(len(points))]
    left, top = (min(axis) for axis in zip(*outline, strict=True))
    right, bottom = (max(axis) for axis in zip(*outline, strict=True))
    scale = WIDTH / (right - left)

    def put(point: Point) -> Point:
        return round((point[0] - left) * scale, 1), round((point[1] - top) * scale, 1)

    areas = tuple(
        Area(place.pk, _path([put(corner) for corner, _beyond in cell]), *put(point))
        for place, point, cell in zip(places, points, cells, strict=True)
    )
    return Drawing(
        width=WIDTH,
        height=round((bottom - top) * scale, 1),
        areas=areas,
        borders=_borders(places, [[(put(at), beyond) for at, beyond in cell] for cell in cells]),
        names=_names(places, areas),
    )


def _projected(places: tuple[Place, ...]) -> tuple[list[Point], float]:
    """East and south on a plane; degrees of latitude are the unit."""
    shrink = cos(radians(sum(place.latitude for place in places) / len(places)))
    points = [(place.longitude * shrink, -place.latitude) for place in places]
    east, south = zip(*points, strict=True)
    size = max(max(east) - min(east), max(south) - min(south), ALONE)
    return points, size * MARGIN


def _outline(points: list[Point], margin: float) -> list[Point]:
    """The hull of a circle around each point, clockwise on the screen."""
    turns = [2 * pi * n / ROUND for n in range(ROUND)]
    around = sorted(
        {(x + margin * cos(turn), y + margin * sin(turn)) for x, y in points for turn in turns}
    )
    return [*_half(around)[:-1], *_half(around[::-1])[:-1]]


def _half(points: list[Point]) -> list[Point]:
    """One half of the hull (Andrew's monotone chain)."""
    chain: list[Point] = []
    for point in points:
        while len(chain) > 1 and _turns_back(chain[-2], chain[-1], point):
            chain.pop()
        chain.append(point)
    return chain


def _turns_back(a: Point, b: Point, c: Point) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) <= 0


def _cell(n: int, points: list[Point], outline: list[Point]) -> list[Corner]:
    """What of the outline is nearer to the point than to any other one."""
    here = points[n]
    cell: list[Corner] = [(corner, EDGE_OF_CITY) for corner in outline]
    for other, there in enumerate(points):
        if there != here:
            cell = _nearer(cell, here, there, other)
    return cell


def _nearer(cell: list[Corner], here: Point, there: Point, other: int) -> list[Corner]:
    """The cell without what is nearer to `there` (Sutherland and Hodgman)."""
    east, south = there[0] - here[0], there[1] - here[1]
    middle = ((here[0] + there[0]) / 2, (here[1] + there[1]) / 2)

    def beyond(point: Point) -> float:
        return (point[0] - middle[0]) * east + (point[1] - middle[1]) * south

    kept: list[Corner] = []
    for (corner, edge), (following, _edge) in zip(cell, [*cell[1:], *cell[:1]], strict=True):
        a, b = beyond(corner), beyond(following)
        if a <= 0:
            kept.append((corner, edge))
        if (a <= 0) != (b <= 0):
            part = a / (a - b)
            cut = (
                corner[0] + part * (following[0] - corner[0]),
                corner[1] + part * (following[1] - corner[1]),
            )
            kept.append((cut, other if a <= 0 else edge))
    return kept


def _path(corners: list[Point]) -> str:
    return "M" + "L".join(f"{x:g},{y:g}" for x, y in corners) + "Z" if corners else ""


def _borders(places: tuple[Place, ...], cells: list[list[Corner]]) -> str:
    """The edges between halls of different districts, each once."""
    lines = []
    for n, cell in enumerate(cells):
        for (corner, beyond), (following, _beyond) in zip(
            cell, [*cell[1:], *cell[:1]], strict=True
        ):
            if beyond > n and places[beyond].group != places[n].group:
                lines.append(f"M{corner[0]:g},{corner[1]:g}L{following[0]:g},{following[1]:g}")
    return "".join(lines)


def _names(
    places: tuple[Place, ...], areas: tuple[Area, ...]
) -> tuple[tuple[str, float, float], ...]:
    """In the middle of each district's halls, above or below them: where more room is."""
    groups: dict[str, list[Area]] = {}
    for place, area in zip(places, areas, strict=True):
        groups.setdefault(place.group, []).append(area)
    named: list[tuple[str, float, float]] = []
    for group, there in sorted(groups.items(), key=lambda one: min(a.y for a in one[1])):
        x = round(sum(area.x for area in there) / len(there), 1)
        others = [(a.x, a.y) for key, those in groups.items() if key != group for a in those]
        others += [(other, y) for _name, other, y in named]
        above, below = min(a.y for a in there) - ABOVE, max(a.y for a in there) + BELOW

        def room(y: float, x: float = x, others: list[Point] = others) -> float:
            return min((hypot((x - east) / LONG, y - south) for east, south in others), default=0)

        named.append((group, x, round(above if room(above) >= room(below) else below, 1)))
    return tuple(named)
