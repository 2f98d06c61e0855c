"""Corrections of a closed day: a new row with author and reason, never a silent change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from appointments.models import DayFigure
from appointments.reports.counting import Figure, counted
from appointments.reports.names import DAY, Key
from appointments.reports.sensible import check_sensible, current_figure
from config.refusals import Refusal, refusing
from windows.models import Hall, Staff

LONGEST_REASON = 200


class NoReason(Refusal):
    code = "no_reason"
    message = _("Say why, in at most 200 characters.")
    field = "reason"


class SameNumber(Refusal):
    code = "figure_is_so"
    message = _("The number is already so. Enter what it should be.")
    field = "count"


class AlreadyCorrected(Refusal):
    code = "figure_already_corrected"
    message = _("Somebody has corrected this number meanwhile. Look at the new one first.")


class DayNotWritten(Refusal):
    code = "day_not_written"
    message = _("The numbers of this day are not written yet: they follow the journal until then.")


@dataclass(frozen=True)
class Difference:
    """A figure whose journal says something else now than when it was written."""

    key: Key
    written: Figure
    journal: Figure


@transaction.atomic
def correct_number(
    *,
    hall: Hall,
    day: date,
    key: Key,
    seen: int | None,
    count: int,
    minutes: int | None,
    reason: str,
    by: Staff,
    now: datetime,
) -> DayFigure:
    """The number of a written day is another from now on; `seen` is the row that was looked at.

    Minutes that stay as they were shown leave the seconds alone. What was zero had no row: it
    gets one, so that its correction has something to stand beside.
    Refuses: DayNotWritten, AlreadyCorrected, and what correct_figure refuses.
    """
    if not is_written(hall, day):
        raise DayNotWritten
    figure = current_figure(hall, day, key)
    if (figure and figure.pk) != seen:
        raise AlreadyCorrected
    if figure is None:
        figure, _made = DayFigure.objects.get_or_create(
            hall=hall, service_day=day, **key._asdict(), corrects=None,
            defaults={"recorded_at": now},
        )  # fmt: skip
    seconds = figure.seconds
    if minutes is not None and minutes != shown_minutes(figure):
        seconds = minutes * 60
    return correct_figure(
        figure=figure, count=count, seconds=seconds, reason=reason, by=by, now=now
    )


@transaction.atomic
def correct_figure(
    *, figure: DayFigure, count: int, seconds: int, reason: str, by: Staff, now: datetime
) -> DayFigure:
    """A new row says the number from now on; the old one stays with who changed it and why.

    It corrects that figure alone: the same people by hour or matter are figures of their own.
    Refuses: NoReason, NotANumberOfADay, TimeDoesNotFit, MoreThanItsWhole, SameNumber,
    AlreadyCorrected.
    """
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise NoReason
    hall, day, key = figure.hall, figure.service_day, key_of(figure)
    check_sensible(hall, day, key, count=count, seconds=seconds)
    if (figure.count, figure.seconds) == (count, seconds):
        raise SameNumber
    # A figure is corrected once, the correction by the next one: the first of two wins.
    with refusing({"appointments_dayfigure_corrects_id_key": AlreadyCorrected}):
        return DayFigure.objects.create(
            hall=hall,
            service_day=day,
            **key._asdict(),
            count=count,
            seconds=seconds,
            recorded_at=now,
            corrects=figure,
            by=by,
            reason=reason.strip(),
        )


def is_written(hall: Hall, day: date) -> bool:
    return DayFigure.objects.filter(hall=hall, service_day=day, name=DAY).exists()


def key_of(figure: DayFigure) -> Key:
    return Key(figure.name, figure.matter_id, figure.window_id, figure.hour, figure.bucket)


def shown_minutes(figure: DayFigure | Figure) -> int:
    return round(figure.seconds / 60)


def corrections(halls: Sequence[int], first: date, last: date) -> list[DayFigure]:
    """The newest corrections of these days, each with its author and what it replaces."""
    rows = DayFigure.objects.filter(
        corrects__isnull=False, hall__in=list(halls), service_day__range=(first, last)
    )
    return list(
        rows.select_related("by", "corrects", "hall", "matter", "window").order_by("-pk")[:200]
    )


def history_of(figure: DayFigure | None) -> list[DayFigure]:
    """The corrections that led to this row, the newest first."""
    found: list[DayFigure] = []
    row: Any = figure
    while row is not None and row.corrects_id:
        found.append(row)
        row = row.corrects
    return found


def differences(hall: Hall, day: date, *, now: datetime) -> list[Difference]:
    """Where the journal of a written day says something else now; the written number stays."""
    rows = DayFigure.objects.filter(hall=hall, service_day=day, corrected_by__isnull=True)
    written = {key_of(one): Figure(one.count, one.seconds) for one in rows}
    if written.pop(Key(DAY), None) is None:
        return []
    journal = counted(hall, day, now=now)
    none = Figure()
    return [
        Difference(key, written.get(key, none), journal.get(key, none))
        for key in sorted({*written, *journal}, key=str)
        if written.get(key, none) != journal.get(key, none)
    ]
