"""Hours, lengths, places and questions of a roster, in words."""

from datetime import datetime, timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from appointments import saying
from config import civil
from windows.duties import duty_of
from windows.models import AbsenceRequest, RosterEntry, Swap


def span_words(period: DateTimeTZRange) -> str:
    """A whole day, some days, or the exact hours."""
    begins, ends = period.lower, period.upper
    if begins is None or ends is None:
        return ""
    first, last = civil.city_date(begins), civil.city_date(ends)
    if civil.city_day(first)[0] == begins and civil.city_day(last)[0] == ends:
        days = saying.short_day(first), saying.short_day(last - timedelta(days=1))
        facts = {"first": days[0], "last": days[1]}
        return days[0] if days[0] == days[1] else _("%(first)s to %(last)s") % facts
    if first == last:
        return f"{saying.short_day(first)} {saying.hours(begins, ends)}"
    facts = {
        "first": f"{saying.short_day(first)} {saying.clock(begins)}",
        "last": f"{saying.short_day(last)} {saying.clock(ends)}",
    }
    return _("%(first)s to %(last)s") % facts


def hours_words(minutes: int) -> str:
    """7.5 h."""
    return _("%(hours)s h") % {"hours": f"{round(minutes / 60, 1):g}"}


def length_words(minutes: int) -> str:
    """1 h 30 min; a minus in front of what was taken."""
    sign, minutes = ("−" if minutes < 0 else ""), abs(minutes)
    whole, rest = divmod(minutes, 60)
    if whole and rest:
        return sign + _("%(hours)s h %(minutes)s min") % {"hours": whole, "minutes": rest}
    if whole:
        return sign + _("%(hours)s h") % {"hours": whole}
    return sign + pgettext("length", "%(minutes)s min") % {"minutes": rest}


def place_words(entry: RosterEntry) -> str:
    """Thursday 4 March, 9:00 to 17:00, window 2."""
    duty = duty_of(entry)
    hours = saying.hours(duty.begins, duty.ends) if duty else ""
    facts = {"day": saying.short_day(entry.session.service_day), "hours": hours}
    if entry.window is None:
        return _("%(day)s, %(hours)s, on the floor") % facts
    return _("%(day)s, %(hours)s, window %(number)s") % {**facts, "number": entry.window.number}


def swap_words(swap: Swap) -> dict[str, Any]:
    """A question between colleagues, in words."""
    return {
        "swap": swap,
        "what": place_words(swap.entry),
        "instead": place_words(swap.for_entry) if swap.for_entry else "",
        "is_agreed": swap.state == Swap.State.AGREED,
        "kind": "ok" if swap.state == Swap.State.DONE else "quiet",
    }


def asked_words(request: AbsenceRequest, *, now: datetime) -> dict[str, Any]:
    """An absence that somebody asks for, and what became of it, in words."""
    state = AbsenceRequest.State(request.state)
    begun = request.period.lower is None or request.period.lower <= now
    return {
        "request": request,
        "when": span_words(request.period),
        "minutes": length_words(request.minutes) if request.minutes else "",
        "state": state.label,
        "kind": {state.AGREED: "ok", state.ASKED: "now"}.get(state, "quiet"),
        "is_new": state != state.ASKED and request.seen_at is None,
        "can_withdraw": state == state.ASKED or (state == state.AGREED and not begun),
    }
