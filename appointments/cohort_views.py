"""Card cohorts: the known wave of renewals, its months, and one to write, change or remove."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from appointments.calendar_views import SEE, place
from appointments.cohort_forms import CohortForm
from appointments.cohort_page import CohortRow, month_words, usual_words, wave, where_words
from appointments.event_views import EVERYWHERE, may_write, places_of
from appointments.knowing_cohorts import CohortFacts, remove_cohort, write_cohort
from appointments.models import CardCohort
from appointments.pressing import SaidNo, fresh_key, press
from appointments.supervise_views import WHO, show
from appointments.tables_to_keep import chart_asked
from config import civil
from config.faces import show_refusal
from config.refusals import NotAllowed, NotFound
from windows.access import staff_page
from windows.models import Hall, Staff


@never_cache
@staff_page(*SEE)
@require_safe
def supervise_cohorts(request: HttpRequest) -> HttpResponse:
    """The months in their order, and what they bring; as a file the wave alone."""
    now = civil.now()
    today = civil.city_date(now)
    cohorts = list(CardCohort.objects.select_related("made_by").order_by("month", "district"))
    chart = wave(cohorts, today) if cohorts else None
    if table := chart_asked(request, [chart] if chart else [], f"{today}"):
        return table
    names = dict(Hall.objects.values_list("district_zh", "district_en"))
    context = place(request) | {
        "rows": [
            CohortRow(
                one,
                month_words(one.month),
                where_words(one.district, names),
                may_write(request.user, hall=None, district=one.district),
            )
            for one in cohorts
        ],
        "chart": chart,
        "usual": usual_words(today),
        "city": pgettext("where", "The whole city"),
        "may_add": bool(_areas(request)),
        "key": fresh_key(),
    }
    return show(request, "cohorts", context)


def _areas(request: HttpRequest) -> list[tuple[str, Any]]:
    """Where the person may write cohorts: the city, districts."""
    return [one for one in places_of(request)[0] if not one[0].startswith("hall:")]


def _cohort_of(request: HttpRequest, pk: int) -> CardCohort:
    """The cohort, when the person runs its place. Raises NotFound, NotAllowed."""
    cohort = CardCohort.objects.filter(pk=min(pk, 2**62)).first()
    if cohort is None:
        raise NotFound
    if not may_write(request.user, hall=None, district=cohort.district):
        raise NotAllowed
    return cohort


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_cohort(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Write the cards of a month, or put their number right; absent for who runs one hall only."""
    cohort, areas = _cohort_of(request, pk) if pk else None, _areas(request)
    if not areas:
        raise NotFound
    if request.method != "POST":
        form = CohortForm(initial=_first(cohort, areas), areas=areas)
        return _page(request, form, cohort)
    form = CohortForm(request.POST, areas=areas)
    if not form.is_valid():
        return _page(request, form, cohort, status=400)
    try:
        _write(request, form.facts(), cohort, civil.now())
    except SaidNo as no:
        show_refusal(form, no)
        return _page(request, form, cohort, status=409)
    messages.success(request, _("The cards are counted from the next forecast on."))
    return redirect("appointments:supervise_cohorts")


def _write(
    request: HttpRequest, facts: CohortFacts, cohort: CardCohort | None, now: datetime
) -> None:
    staff: Staff = request.user  # type: ignore[assignment]

    def run() -> dict[str, Any]:
        written = write_cohort(facts, pk=cohort.pk if cohort else None, by=staff, now=now)
        return {"cohort": written.pk}

    body = f"{cohort.pk if cohort else 'new'} {facts}"
    press(request, actor=f"staff:{staff.pk}", body=body, now=now, run=run)


def _first(cohort: CardCohort | None, areas: list[tuple[str, Any]]) -> dict[str, Any]:
    """What the form shows first."""
    if cohort is None:
        return {"years": 20, "where": areas[0][0]}
    where = f"district:{cohort.district}" if cohort.district else EVERYWHERE
    return {
        "month": cohort.month, "years": cohort.years, "cards": cohort.cards, "where": where
    }  # fmt: skip


def _page(
    request: HttpRequest, form: CohortForm, cohort: CardCohort | None, status: int = 200
) -> HttpResponse:
    context = place(request) | {"form": form, "cohort": cohort, "key": fresh_key()}
    return show(request, "cohort", context, status=status)


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_cohort_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """The cards are not counted any more; pressed again it stays so."""
    if CardCohort.objects.filter(pk=min(pk, 2**62)).exists():
        cohort = _cohort_of(request, pk)
        remove_cohort(pk=cohort.pk)
        messages.success(request, _("%(month)s is removed.") % {"month": month_words(cohort.month)})
    return redirect("appointments:supervise_cohorts")
