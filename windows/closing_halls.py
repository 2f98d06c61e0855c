"""Halls that are closed for a time: weather, power, a fault. Read only.

How a hall is closed and opened again, and what becomes of its people, is in
`appointments/changes/`.
"""

from collections.abc import Iterable
from datetime import datetime

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
    upper = closure.period.upper
    if upper is None:
        return _("further notice")
    at = civil.city_time(upper)
    day = formatted(at.date(), pgettext("format of a date", "l j F"))
    return _("%(day)s, %(time)s") % {"day": day, "time": f"{at:%H:%M}"}


def _standing(now: datetime) -> QuerySet[HallClosure]:
    not_over = HallClosure.objects.filter(reopened_at__isnull=True, period__endswith__gt=now)
    return not_over.select_related("hall")
