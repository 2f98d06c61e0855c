"""What is usual for each kind of session in a hall, and changing it from a day on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from appointments.plan_forms import KindForm
from appointments.plan_words import hours_words
from appointments.pressing import SaidNo, fresh_key, press
from appointments.supervise_views import LOOKERS, WHO, asked_hall, halls_here, show
from config import civil
from config.faces import show_refusal
from config.refusals import NotFound
from windows.access import has_role, staff_page
from windows.kinds import KindBook, KindFacts, set_default
from windows.models import Hall, HallSession, KindDefault, Matter
from windows.models.hall import in_language


@dataclass(frozen=True)
class KindLine:
    """A kind with what is usual for it today."""

    kind: str
    name: str
    facts: KindFacts
    hours: str
    release: str
    audience: str
    matters: str
    source: str
    coming: str


@never_cache
@staff_page(*LOOKERS)
@require_safe
def supervise_kinds(request: HttpRequest) -> HttpResponse:
    """What each kind is like in the hall when nothing else is said."""
    hall, now = asked_hall(request, *LOOKERS), civil.now()
    context = {
        "here": "plans",
        "hall": hall,
        "halls": halls_here(request, *LOOKERS),
        "lines": kind_lines(hall, now),
        "may_change": has_role(request.user, hall, *WHO),
    }
    return show(request, "kinds", context)


def kind_lines(hall: Hall, now: datetime) -> list[KindLine]:
    """Seven kinds from five queries."""
    book, today = KindBook([hall.pk]), civil.city_date(now)
    names = {matter.pk: matter.name for matter in Matter.objects.all()}
    lines = []
    for kind, name in HallSession.Kind.choices:
        facts, row = book.facts(kind, hall.pk, today), book.default(kind, hall.pk, today)
        later = [
            row.effective_on
            for place in (hall.pk, None)
            for row in book.defaults.get((kind, place), [])
            if row.effective_on > today
        ]
        lines.append(
            KindLine(
                kind=kind,
                name=str(name),
                facts=facts,
                hours=hours_words(facts.opens, facts.closes),
                release=str(HallSession.Release(facts.release).label),
                audience=in_language(facts.audience_zh, facts.audience_en),
                matters=pgettext("between matters", ", ").join(
                    names[pk] for pk in facts.matter_ids if pk in names
                ),
                source=_source(row),
                coming=", ".join(f"{day:%Y-%m-%d}" for day in sorted(later)),
            )
        )
    return lines


def _source(row: KindDefault | None) -> str:
    if row is None:
        return _("the usual")
    facts = {"day": f"{row.effective_on:%Y-%m-%d}"}
    if row.hall_id is None:
        return _("the city's, since %(day)s") % facts
    return _("this hall's, since %(day)s") % facts


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_kind(request: HttpRequest, kind: str) -> HttpResponse:
    """Change what is usual for a kind, in this hall or, for the city, everywhere."""
    if kind not in HallSession.Kind.values:
        raise NotFound
    hall, now = asked_hall(request), civil.now()
    facts = KindBook([hall.pk]).facts(kind, hall.pk, civil.city_date(now))
    if request.method != "POST":
        return _page(request, hall, kind, KindForm(initial=_now(hall, kind, now), facts=facts))
    form = KindForm(request.POST, facts=facts)
    if not form.is_valid():
        return _page(request, hall, kind, form, status=400)
    everywhere = "everywhere" in request.POST and has_role(request.user, None, *WHO)

    def run() -> dict[str, Any]:
        set_default(kind=kind, hall=None if everywhere else hall, now=now, **form.said())
        return {"said": _("It is usual from that day on. Sessions that are there stay.")}

    body = repr(sorted((name, str(value)) for name, value in form.cleaned_data.items()))
    body = f"{hall.code} {kind} {everywhere} {body}"
    try:
        told = press(request, actor=f"staff:{request.user.pk}", body=body, now=now, run=run)
    except SaidNo as refusal:
        show_refusal(form, refusal)
        return _page(request, hall, kind, form, status=409)
    messages.success(request, told["said"])
    return redirect(reverse("appointments:supervise_kinds") + f"?hall={hall.code}")


def _now(hall: Hall, kind: str, now: datetime) -> dict[str, Any]:
    """The form with what is said today; what the rules fill stays empty."""
    today = civil.city_date(now)
    book = KindBook([hall.pk])
    row, facts = book.default(kind, hall.pk, today), book.facts(kind, hall.pk, today)
    first: dict[str, Any] = {
        "effective_on": today,
        "opens": facts.opens,
        "closes": facts.closes,
        "release": facts.release,
        "release_days": facts.release_days,
        "audience_zh": facts.audience_zh,
        "audience_en": facts.audience_en,
        "matters": [str(pk) for pk in facts.matter_ids],
    }
    for name in ("slot_minutes", "walkin_percent", "assisted_percent"):
        first[name] = getattr(row, name) if row else None
    return first


def _page(
    request: HttpRequest, hall: Hall, kind: str, form: KindForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "here": "plans",
        "hall": hall,
        "halls": halls_here(request),
        "form": form,
        "kind": kind,
        "name": HallSession.Kind(kind).label,
        "runs_city": has_role(request.user, None, *WHO),
        "key": fresh_key(),
    }
    return show(request, "kind", context, status=status)
