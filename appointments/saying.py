"""Dates, times and numbers of places, as a person would say them in both languages."""

from datetime import date, datetime

from django.template.defaultfilters import floatformat
from django.utils.dateformat import format as formatted
from django.utils.translation import gettext, ngettext, pgettext, pgettext_lazy

from config import civil

WEEKDAYS = [
    pgettext_lazy("short weekday", "Mon"),
    pgettext_lazy("short weekday", "Tue"),
    pgettext_lazy("short weekday", "Wed"),
    pgettext_lazy("short weekday", "Thu"),
    pgettext_lazy("short weekday", "Fri"),
    pgettext_lazy("short weekday", "Sat"),
    pgettext_lazy("short weekday", "Sun"),
]
FEW_A_DAY = 10  # coloured from there, in words from the rule `few_places`


def short_weekday(day: date) -> str:
    return str(WEEKDAYS[day.weekday()])


def long_day(day: date) -> str:
    """Thursday 26 November."""
    return formatted(day, pgettext("format of a date", "l j F"))


def short_day(day: date) -> str:
    """Thu 26 Nov."""
    form = pgettext("short format of a date", "j M")
    return f"{short_weekday(day)} {formatted(day, form)}"


def short_dated(day: date) -> str:
    """26 Nov 2026: where days of several years stand together."""
    return formatted(day, pgettext("short format of a date with its year", "j M Y"))


def dated(day: date) -> str:
    """Thursday 26 November 2026: where other years are near."""
    return formatted(day, pgettext("format of a date with its year", "l j F Y"))


def clock(at: datetime) -> str:
    return f"{civil.city_time(at):%H:%M}"


def when(at: datetime) -> str:
    """Thursday 26 November, 18:30."""
    facts = {"day": long_day(civil.city_date(at)), "time": clock(at)}
    return gettext("%(day)s, %(time)s") % facts


def when_from(at: datetime, now: datetime) -> str:
    """18:30 today, 08:00 tomorrow, or the whole date."""
    ahead = (civil.city_date(at) - civil.city_date(now)).days
    if ahead == 0:
        return gettext("%(time)s today") % {"time": clock(at)}
    if ahead == 1:
        return gettext("%(time)s tomorrow") % {"time": clock(at)}
    return when(at)


def hours(starts_at: datetime, ends_at: datetime) -> str:
    """18:30-00:30, told when it ends on the next day."""
    facts = {"opens": clock(starts_at), "closes": clock(ends_at)}
    last = civil.city_date(ends_at)
    if last > civil.city_date(starts_at) and clock(ends_at) != "00:00":
        return gettext("%(opens)s to %(closes)s the next day") % facts
    return gettext("%(opens)s to %(closes)s") % facts


def period(starts_at: datetime, ends_at: datetime) -> str:
    """From when to when; a second day is said only when there is one."""
    first, last = civil.city_date(starts_at), civil.city_date(ends_at)
    if first == last or ((last - first).days == 1 and clock(ends_at) == "00:00"):
        return gettext("%(day)s, %(hours)s") % {
            "day": long_day(first),
            "hours": hours(starts_at, ends_at),
        }
    facts = {"from": when(starts_at), "until": when(ends_at)}
    return gettext("%(from)s until %(until)s") % facts


def places_left(places: int, few: int) -> str:
    """As short as a day's card: 38 left, few, or full."""
    if places <= 0:
        return pgettext("places", "Full")
    if places < few:
        return pgettext("places", "Few left")
    return ngettext("%(n)s left", "%(n)s left", places) % {"n": places}


def level(places: int, few: int) -> str:
    if places <= 0:
        return "full"
    return "few" if places < few else "plenty"


def people_words(people: int) -> str:
    return ngettext("%(n)s person", "%(n)s people", people) % {"n": people}


def staff_hours_words(hours: float) -> str:
    words = ngettext("%(hours)s staff hour", "%(hours)s staff hours", 1 if hours == 1 else 2)
    return words % {"hours": short_number(hours)}


def short_number(number: float) -> str:
    """With one decimal place where it needs one."""
    return floatformat(number)
