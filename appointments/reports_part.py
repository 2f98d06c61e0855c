"""Which figure of a day an address means: its hall and day, then of what, name and bucket."""

from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from appointments.demanded.hours import LAST_HOUR, clock_of
from appointments.models import DayFigure
from appointments.reports.names import Key, keys_of
from config.refusals import NotFound
from windows.models import Hall, Matter, Window

MOST_DIGITS = 9


def day_link(hall: Hall, day: date, part: Key | None = None) -> str:
    of = said_of(part) if part else ""
    way = reverse("appointments:supervise_reports_day", args=[hall.code, f"{day}"])
    return f"{way}?of={of}" if of else way


def correct_link(hall: Hall, day: date, key: Key) -> str:
    asked = {"of": said_of(key), "name": key.name, "bucket": key.bucket}
    way = reverse("appointments:supervise_reports_correct", args=[hall.code, f"{day}"])
    return f"{way}?{urlencode({name: said for name, said in asked.items() if said})}"


def said_of(part: Key) -> str:
    """`matter-3`, `window-7`, `hour-12`; nothing for the whole hall."""
    if part.matter_id is not None:
        return f"matter-{part.matter_id}"
    if part.window_id is not None:
        return f"window-{part.window_id}"
    return "" if part.hour is None else f"hour-{part.hour}"


def part_asked(hall: Hall, said: str) -> Key:
    """Raises NotFound for what is no matter, no window of the hall and no hour."""
    if not said:
        return Key("")
    kind, _dash, number = said.partition("-")
    if not (number.isascii() and number.isdigit() and len(number) <= MOST_DIGITS):
        raise NotFound
    n = int(number)
    if kind == "matter" and Matter.objects.filter(pk=n).exists():
        return Key("", matter_id=n)
    if kind == "window" and Window.objects.filter(hall=hall, pk=n).exists():
        return Key("", window_id=n)
    if kind == "hour" and n <= LAST_HOUR:
        return Key("", hour=n)
    raise NotFound


def key_asked(hall: Hall, asked: Any) -> Key:
    """The figure that `of`, `name` and `bucket` mean. Raises NotFound where there is none."""
    part = part_asked(hall, asked.get("of", ""))
    key = part._replace(name=asked.get("name", ""), bucket=asked.get("bucket", ""))
    if key not in keys_of(part):
        raise NotFound
    return key


def parts_of(hall: Hall, day: date) -> list[tuple[str, list[tuple[str, str]]]]:
    """What the day's figures are known of, to choose from: groups of (address, words)."""
    rows = DayFigure.objects.filter(hall=hall, service_day=day)
    found = set(rows.values_list("matter_id", "window_id", "hour"))
    matters = Matter.objects.filter(pk__in={one[0] for one in found} - {None})
    windows = Window.objects.filter(pk__in={one[1] for one in found} - {None})
    hours = sorted({one[2] for one in found if one[2] is not None})
    groups = [
        (
            _("By matter"),
            [(f"matter-{one.pk}", one.name) for one in matters.order_by("position", "code")],
        ),
        (
            _("By window"),
            [
                (f"window-{one.pk}", _("Window %(number)s") % {"number": one.number})
                for one in windows.order_by("number")
            ],
        ),
        (_("By hour"), [(f"hour-{hour}", clock_of(hour)) for hour in hours]),
    ]
    return [group for group in groups if group[1]]


def words_of_part(part: Key) -> str:
    if part.matter_id is not None:
        return Matter.objects.get(pk=part.matter_id).name
    if part.window_id is not None:
        number = Window.objects.values_list("number", flat=True).get(pk=part.window_id)
        return _("Window %(number)s") % {"number": number}
    return _("The whole hall") if part.hour is None else clock_of(part.hour)
