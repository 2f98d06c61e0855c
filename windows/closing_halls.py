"""Halls that are closed for a time: weather, power, a fault. Read only.

How a hall is closed and opened again, and what becomes of its people, is in
`appointments/changes/`.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet
from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from config import civil
from config.refusals import Refusal
from windows.models import Hall, HallClosure


class HallShut(Refusal):
    code = "hall_shut"
    message = gettext_lazy("The hall is closed until %(opens)s: %(reason)s.")


class ClosedAlready(Refusal):
    code = "closed_already"
    message = gettext_lazy("This hall is closed already from %(closes)s to %(opens)s.")
    field = "closes_at"


def closed_then(hall: Hall | int, starts_at: datetime, ends_at: datetime) -> HallClosure | None:
    """The first closure of the hall that falls into these hours."""
    period = DateTimeTZRange(starts_at, ends_at)
    standing = HallClosure.objects.filter(hall=hall, reopened_at__isnull=True)
    return standing.filter(period__overlap=period).order_by("period").first()


def closed_already(closure: HallClosure, *, field: str = "closes_at") -> ClosedAlready:
    """The refusal that names the closure's hours."""
    closes = at_words(closure.period.lower)
    return ClosedAlready(field=field, closes=closes, opens=opens_words(closure))


def closed_now(hall: Hall | int, now: datetime) -> HallClosure | None:
    """The closure of the hall that runs at that instant."""
    return _standing(now).filter(hall=hall, period__contains=now).first()


def closures_coming(hall: Hall | int, now: datetime) -> list[HallClosure]:
    """The hall's closures that are not over, the next one first."""
    return list(_standing(now).filter(hall=hall).order_by("period"))


def closures_among(halls: Iterable[Hall | int], now: datetime) -> dict[int, HallClosure]:
    """By hall: the closure that runs, or else the next one; one query."""
    ids = [one.pk if isinstance(one, Hall) else one for one in halls]
    found: dict[int, HallClosure] = {}
    for one in _standing(now).filter(hall__in=ids).order_by("period"):
        found.setdefault(one.hall_id, one)
    return found


def refuse_if_shut(hall: Hall | int, now: datetime) -> None:
    """Refuses: HallShut, with until when."""
    closure = closed_now(hall, now)
    if closure is not None:
        raise HallShut(opens=opens_words(closure), reason=closure.get_reason_display())


def shut_words(closure: HallClosure) -> str:
    """Closed until Thursday 4 March, 15:00 (weather)."""
    facts = {"opens": opens_words(closure), "reason": closure.get_reason_display()}
    return _("Closed until %(opens)s (%(reason)s)") % facts


def opens_words(closure: HallClosure) -> str:
    """The day and the hour at which it opens again, on the hall's wall."""
    return at_words(closure.period.upper)


def at_words(instant: datetime | None) -> str:
    if instant is None:
        return _("further notice")
    at = civil.city_time(instant)
    day = formatted(at.date(), pgettext("format of a date", "l j F"))
    return _("%(day)s, %(time)s") % {"day": day, "time": f"{at:%H:%M}"}


def _standing(now: datetime) -> QuerySet[HallClosure]:
    not_over = HallClosure.objects.filter(reopened_at__isnull=True, period__endswith__gt=now)
    return not_over.select_related("hall")
