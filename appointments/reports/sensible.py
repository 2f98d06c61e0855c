"""What a figure of a day can be: a number that somebody enters is compared with its neighbours."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from appointments.models import DayFigure
from appointments.reports import names
from appointments.reports.names import Key, width_of
from config.refusals import Refusal
from windows.models import Hall

MOST = 100_000
MOST_MINUTES = 5_000_000
PART_OF = {part: (part, whole) for part, whole in names.WHOLE.items()}
WHOLE_OF = {whole: (part, whole) for part, whole in names.WHOLE.items()}


class NotANumberOfADay(Refusal):
    code = "figure_not_sensible"
    message = _("Enter a whole number from 0 to %(most)s.")
    field = "count"


class MoreThanItsWhole(Refusal):
    code = "figure_more_than_its_whole"
    message = _(
        "A part cannot be more than its whole, here %(part)s of %(whole)s."
        " Correct the other number first."
    )
    field = "count"


class TimeDoesNotFit(Refusal):
    code = "figure_time_does_not_fit"
    message = _("In this class that many are between %(least)s and %(most)s minutes together.")
    field = "minutes"


def check_sensible(hall: Hall, day: date, key: Key, *, count: int, seconds: int) -> None:
    """Refuses: NotANumberOfADay, TimeDoesNotFit, MoreThanItsWhole."""
    if not 0 <= count <= MOST:
        raise NotANumberOfADay(most=MOST)
    if not 0 <= seconds <= MOST_MINUTES * 60:
        raise NotANumberOfADay(field="minutes", most=MOST_MINUTES)
    _check_time(key, count, seconds)
    _check_whole(hall, day, key, count)


def _check_time(key: Key, count: int, seconds: int) -> None:
    """People of a class together waited as long as its width allows."""
    if key.name not in (names.WAIT, names.SERVICE):
        return
    first, last = width_of(key.bucket)
    least, most = count * first, MOST_MINUTES if last is None and count else count * (last or 0)
    if not least * 60 <= seconds <= most * 60:
        raise TimeDoesNotFit(least=least, most=most)


def _check_whole(hall: Hall, day: date, key: Key, count: int) -> None:
    """Who did not come was booked, and what was taken was on offer."""
    pair = PART_OF.get(key.name) or WHOLE_OF.get(key.name)
    if pair is None:
        return
    part, whole = (
        count if name == key.name else current_count(hall, day, key._replace(name=name))
        for name in pair
    )
    if part > whole:
        raise MoreThanItsWhole(part=part, whole=whole)


def current_count(hall: Hall, day: date, key: Key) -> int:
    figure = current_figure(hall, day, key)
    return figure.count if figure else 0


def current_figure(hall: Hall, day: date, key: Key) -> DayFigure | None:
    """The newest row of the number; None where it was never anything but zero."""
    rows = DayFigure.objects.filter(hall=hall, service_day=day, **key._asdict())
    return rows.filter(corrected_by__isnull=True).first()
