"""Corrections of a closed day: a new row with author and reason, never a silent change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from appointments.models import DayFigure
from appointments.reports.counting import Figure, counted
from appointments.reports.names import DAY, Key
from config.refusals import Refusal, refusing
from windows.models import Hall, Staff

MOST = 10**9


class NoReason(Refusal):
    code = "no_reason"
    message = _("Say why the number changes. The reason stays beside it.")
    field = "reason"


class NotANumberOfADay(Refusal):
    code = "figure_not_sensible"
    message = _("Enter a number from 0 on.")
    field = "count"


class AlreadyCorrected(Refusal):
    code = "figure_already_corrected"
    message = _("Somebody has corrected this number meanwhile. Look at the new one first.")


@dataclass(frozen=True)
class Difference:
    """A figure whose journal says something else now than when it was written."""

    key: Key
    written: Figure
    journal: Figure


@transaction.atomic
def correct_figure(
    *, figure: DayFigure, count: int, seconds: int, reason: str, by: Staff, now: datetime
) -> DayFigure:
    """A new row says the number from now on; the old one stays with who changed it and why.

    It corrects that figure alone: the same people by hour or matter are figures of their own.
    Refuses: NoReason, NotANumberOfADay, AlreadyCorrected.
    """
    if not reason.strip():
        raise NoReason
    if not (0 <= count <= MOST and 0 <= seconds <= MOST):
        raise NotANumberOfADay
    # A figure is corrected once, the correction by the next one: the first of two wins.
    with refusing({"appointments_dayfigure_corrects_id_key": AlreadyCorrected}):
        return DayFigure.objects.create(
            hall_id=figure.hall_id,
            service_day=figure.service_day,
            name=figure.name,
            matter_id=figure.matter_id,
            window_id=figure.window_id,
            hour=figure.hour,
            bucket=figure.bucket,
            count=count,
            seconds=seconds,
            recorded_at=now,
            corrects=figure,
            by=by,
            reason=reason.strip()[:200],
        )


def corrections(halls: Sequence[int], first: date, last: date) -> list[DayFigure]:
    """The newest corrections of these days, each with its author and what it replaces."""
    rows = DayFigure.objects.filter(
        corrects__isnull=False, hall__in=list(halls), service_day__range=(first, last)
    )
    return list(
        rows.select_related("by", "corrects", "hall", "matter", "window").order_by("-pk")[:200]
    )


def differences(hall: Hall, day: date, *, now: datetime) -> list[Difference]:
    """Where the journal of a written day says something else now; the written number stays."""
    rows = DayFigure.objects.filter(hall=hall, service_day=day, corrected_by__isnull=True)
    written = {
        Key(one.name, one.matter_id, one.window_id, one.hour, one.bucket): Figure(
            one.count, one.seconds
        )
        for one in rows
    }
    if written.pop(Key(DAY), None) is None:
        return []
    journal = counted(hall, day, now=now)
    none = Figure()
    return [
        Difference(key, written.get(key, none), journal.get(key, none))
        for key in sorted({*written, *journal}, key=str)
        if written.get(key, none) != journal.get(key, none)
    ]
