"""A night's advice in a supervisor's words, and the pages that carry it out, filled in."""

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appointments import saying
from appointments.advised.reading import effect_told
from appointments.models import SessionAdvice
from appointments.twin.telling import short_words
from config import civil


def open_page(
    code: str,
    starts_at: datetime,
    ends_at: datetime,
    kind: str,
    numbers: Iterable[int] = (),
    *,
    many: int = 0,
) -> str:
    """The page that opens sessions, with hall, day, hours, kind and windows: those of these
    numbers, or so many that are free."""
    starts, ends = civil.city_time(starts_at), civil.city_time(ends_at)
    asked = {
        "hall": code,
        "day": f"{starts:%Y-%m-%d}",
        "kind": kind,
        "opens": f"{starts:%H:%M}",
        "closes": f"{ends:%H:%M}",
        "window": list(numbers),
        "many": many,
    }
    way = reverse("appointments:supervise_open")
    told = {name: answer for name, answer in asked.items() if answer}
    return f"{way}?{urlencode(told, doseq=True, safe=':')}"


def cut_page(session: int, numbers: Iterable[int] = ()) -> str:
    """The page that changes the session; without these windows, where some are named."""
    way = reverse("appointments:supervise_change", args=[session])
    asked = [("kind", "cut"), ("look", "1"), *(("without", number) for number in numbers)]
    return f"{way}?{urlencode(asked)}" if list(numbers) else way


def numbers_words(numbers: list[int]) -> str:
    """Window 3; windows 3, 5."""
    said = ngettext("window %(numbers)s", "windows %(numbers)s", len(numbers))
    return said % {"numbers": ", ".join(str(number) for number in numbers)}


def night_words(advice: SessionAdvice) -> list[str]:
    """What the twin said of it that night, a sentence each."""
    return short_words(effect_told(advice))


def played_words(advice: Iterable[SessionAdvice]) -> str:
    """When these effects were worked out, and why a page may say it a little otherwise."""
    first = next(iter(advice), None)
    if first is None:
        return ""
    return _(
        "Effects were worked out on %(when)s, each day played %(runs)s times. The session's page"
        " works them out again with the bookings of that moment."
    ) % {"when": saying.when(first.made_at), "runs": effect_told(first).runs}
