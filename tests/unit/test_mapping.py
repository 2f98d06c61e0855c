"""The map's areas: each hall's own part, nothing left over, borders between districts."""

import re
from math import hypot
from random import Random

import pytest

from appointments.mapping import WIDTH, Place, draw


def place(pk: int, latitude: float, longitude: float, group: str = "A") -> Place:
    return Place(pk, group, latitude, longitude)


def corners(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", path)]


def size(path: str) -> float:
    points = corners(path)
    turned = zip(points, points[1:] + points[:1], strict=True)
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in turned)) / 2


def inside(point: tuple[float, float], path: str) -> bool:
    points = corners(path)
    signs = {
        (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0]) >= -0.5
        for a, b in zip(points, points[1:] + points[:1], strict=True)
    }
    return signs == {True} or signs == {False}


def scattered(seed: int, count: int) -> tuple[Place, ...]:
    luck = Random(seed)
    return tuple(
        place(n, 22 + luck.random(), 113 + luck.random(), f"{n % 4}") for n in range(count)
    )


def test_without_halls_there_is_no_map():
    assert draw(()) is None


def test_a_single_hall_has_all_of_it():
    drawing = draw((place(1, 22.8, 113.1),))

    assert len(drawing.areas) == 1
    assert size(drawing.areas[0].path) > 0.9 * 3.06 * (WIDTH / 2) ** 2
    assert drawing.borders == ""


def test_north_is_up_and_east_is_right():
    south, north, east = draw(
        (place(1, 22.8, 113.1), place(2, 22.9, 113.1), place(3, 22.8, 113.2))
    ).areas

    assert north.y < south.y
    assert east.x > south.x


@pytest.mark.parametrize("seed", range(8))
def test_each_hall_is_in_its_own_area_and_every_spot_in_the_nearest_halls(seed):
    drawing = draw(scattered(seed, 33))
    luck = Random(seed)

    assert all(inside((area.x, area.y), area.path) for area in drawing.areas)
    for _ in range(60):
        spot = luck.uniform(0, drawing.width), luck.uniform(0, drawing.height)
        at = [area.pk for area in drawing.areas if inside(spot, area.path)]
        far = {a.pk: hypot(a.x - spot[0], a.y - spot[1]) for a in drawing.areas}
        assert all(far[pk] <= min(far.values()) + 1.5 for pk in at)


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_left_over_and_nothing_twice(seed):
    many = scattered(seed, 20)
    whole = draw(many)
    one_district = draw(tuple(Place(p.pk, "A", p.latitude, p.longitude) for p in many))
    total = sum(size(area.path) for area in whole.areas)

    outline = size("M" + "L".join(f"{x},{y}" for x, y in _hull(whole.areas)))
    assert total == pytest.approx(outline, rel=0.01)
    assert one_district.borders == ""
    assert whole.borders.count("M") > 3


def _hull(areas) -> list[tuple[float, float]]:
    points = sorted({point for area in areas for point in corners(area.path)})

    def half(row):
        chain = []
        for p in row:
            while (
                len(chain) > 1
                and (
                    (chain[-1][0] - chain[-2][0]) * (p[1] - chain[-2][1])
                    - (chain[-1][1] - chain[-2][1]) * (p[0] - chain[-2][0])
                )
                <= 0
            ):
                chain.pop()
            chain.append(p)
        return chain[:-1]

    return half(points) + half(points[::-1])


def test_two_halls_at_one_spot_break_nothing():
    drawing = draw((place(1, 22.8, 113.1), place(2, 22.8, 113.1), place(3, 22.9, 113.1)))

    assert all(area.path for area in drawing.areas)
