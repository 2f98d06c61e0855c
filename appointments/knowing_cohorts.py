"""Card cohorts as supervisors know them: how many cards expire where, in which month.

The household registry can say it; nobody has to. What it means for a day is reckoned by
`forecasting/cohorts.py`.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from appointments.forecasting.cohorts import number
from appointments.models import CardCohort
from config import civil
from config.refusals import NotFound, Refusal, refusing
from windows.models import Hall, Staff

MOST_CARDS = 1_000_000  # in a month of a city: more is a slip of the pen
MONTHS_BACK, MONTHS_AHEAD = 24, 60


class CohortTwice(Refusal):
    code = "cohort_twice"
    message = _("This month is in the list already: change the number there.")
    field = "month"


class CohortTooFar(Refusal):
    code = "cohort_too_far"
    message = _("Enter a month from two years ago to five years ahead.")
    field = "month"


class CohortBeyondReason(Refusal):
    code = "cohort_beyond_reason"
    message = _("Enter a number from 1 to a million cards.")
    field = "cards"


class CohortNowhere(Refusal):
    code = "cohort_nowhere"
    message = _("There is no hall in this district.")
    field = "where"


BROKEN = {"card_cohort_once": CohortTwice}


@dataclass(frozen=True)
class CohortFacts:
    """So many cards of that validity expire in a month; no district means the whole city."""

    month: date
    years: int
    cards: int
    district: str = ""


def write_cohort(
    facts: CohortFacts, *, pk: int | None = None, by: Staff | None, now: datetime
) -> CardCohort:
    """The month's cards stand as told: a new row, or the one with that key changed.

    The next night's forecast reads them. Refuses: CohortTwice, CohortTooFar,
    CohortBeyondReason, CohortNowhere. Raises NotFound for one that is gone.
    """
    month = facts.month.replace(day=1)
    away = number(month) - number(civil.city_date(now))
    if not -MONTHS_BACK <= away <= MONTHS_AHEAD:
        raise CohortTooFar
    if not 1 <= facts.cards <= MOST_CARDS:
        raise CohortBeyondReason
    if facts.district and not Hall.objects.filter(district_zh=facts.district).exists():
        raise CohortNowhere
    told = {**vars(facts), "month": month, "made_by": by, "made_at": now}
    with transaction.atomic(), refusing(BROKEN):
        if pk is None:
            return CardCohort.objects.create(**told)
        if not CardCohort.objects.filter(pk=pk).update(**told):
            raise NotFound
    return CardCohort.objects.get(pk=pk)


def remove_cohort(*, pk: int) -> bool:
    """The cards are not counted any more; whether they were there."""
    gone, _of = CardCohort.objects.filter(pk=pk).delete()
    return gone > 0
