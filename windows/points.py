"""Self-service points: where a visit to a window can be saved, and whether they work. C28"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from django.db import transaction
from django.db.models import QuerySet

from config import civil
from windows.models import Matter, SelfServicePoint, Staff
from windows.models.hall import in_language

State = SelfServicePoint.State


@dataclass(frozen=True)
class PointNow:
    """A point at this moment: `is_open` by its hours, `works` by what the hall said."""

    point: SelfServicePoint
    is_open: bool
    works: bool
    hours_note: str
    out_note: str
    matters: list[Matter]


@transaction.atomic
def set_out(
    *,
    point: SelfServicePoint,
    note_zh: str = "",
    note_en: str = "",
    by: Staff | None,
    now: datetime,
) -> SelfServicePoint:
    """The point is out of order, since now; said again, it stays so since the first time."""
    found = SelfServicePoint.objects.select_for_update(of=("self",)).get(pk=point.pk)
    if found.state == State.WORKS:
        found.state, found.out_since = State.OUT, now
    found.out_note_zh, found.out_note_en = note_zh, note_en
    return _said(found, by, now)


@transaction.atomic
def set_working(*, point: SelfServicePoint, by: Staff | None, now: datetime) -> SelfServicePoint:
    """The point works again; said again nothing changes."""
    found = SelfServicePoint.objects.select_for_update(of=("self",)).get(pk=point.pk)
    if found.state == State.WORKS:
        return found
    found.state, found.out_since = State.WORKS, None
    found.out_note_zh = found.out_note_en = ""
    return _said(found, by, now)


def _said(point: SelfServicePoint, by: Staff | None, now: datetime) -> SelfServicePoint:
    point.changed_by, point.changed_at = by, now
    point.save(
        update_fields=[
            "state", "out_since", "out_note_zh", "out_note_en", "changed_by", "changed_at",
        ]
    )  # fmt: skip
    return point


def points_shown(
    *, now: datetime, district: str = "", matter: Matter | None = None, open_only: bool = False
) -> list[PointNow]:
    """The points that are shown to everyone, by district, in two queries."""
    shown = SelfServicePoint.objects.filter(is_shown=True)
    if matter:
        shown = shown.filter(matters=matter)
    found = points_now(shown, now)
    if district:
        found = [one for one in found if one.point.district == district]
    return [one for one in found if one.is_open and one.works] if open_only else found


def points_now(points: QuerySet[SelfServicePoint], now: datetime) -> list[PointNow]:
    """How these points stand, by district; those that work come first."""
    listed = points.select_related("hall", "changed_by").prefetch_related("matters")
    return [
        PointNow(
            point=point,
            is_open=is_open(point, now),
            works=point.state == State.WORKS,
            hours_note=in_language(point.hours_note_zh, point.hours_note_en),
            out_note=in_language(point.out_note_zh, point.out_note_en),
            matters=sorted(point.matters.all(), key=lambda one: (one.position, one.pk)),
        )
        for point in listed.order_by("district_en", "district_zh", "-state", "code")
    ]


def is_open(point: SelfServicePoint, now: datetime) -> bool:
    """By its hours; those that end at or before their beginning end after midnight."""
    at = civil.city_time(now).time()
    opens, closes = point.opens or time(0), point.closes or time(0)
    if opens < closes:
        return opens <= at < closes
    return opens == closes or at >= opens or at < closes


def working_for(matters: Sequence[Matter]) -> int:
    """How many points that work do all of these matters."""
    works = SelfServicePoint.objects.filter(is_shown=True, state=State.WORKS)
    for matter in matters:
        works = works.filter(matters=matter)
    return works.count()
