"""A hall's weekly plans: the week they make, adding, changing and ending them after a look at
what the coming days become; and what is usual for each kind of session."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from appointments.plan_forms import EndForm, PlanForm, plan_answers
from appointments.plan_words import picture, plan_line, told
from appointments.pressing import SaidNo, fresh_key, press
from appointments.supervise_views import LOOKERS, WHO, asked_hall, halls_here, show
from config import civil
from config.faces import show_refusal
from config.refusals import Refusal
from windows.access import halls_of, has_role, own_row, staff_page
from windows.kinds import kind_facts
from windows.models import Hall, HallSession, WeeklyPlan
from windows.plans import Generated, generate
from windows.rules import rule
from windows.wanted import On
from windows.weekly import add_plan, change_plan, end_plan, rehearse


@never_cache
@staff_page(*LOOKERS)
@require_safe
def supervise_plans(request: HttpRequest) -> HttpResponse:
    """The hall's plans as a week and as a list."""
    hall, now = asked_hall(request, *LOOKERS), civil.now()
    today = civil.city_date(now)
    plans = _plans(hall, now)
    running = [plan for plan in plans if plan.valid_from <= today]
    context = {
        "here": "plans",
        "hall": hall,
        "halls": halls_here(request, *LOOKERS),
        "picture": picture(running or plans),
        "lines": [plan_line(plan) for plan in plans],
        "today": today,
        "days": days_ahead(hall, now),
        "may_change": has_role(request.user, hall, *WHO),
    }
    return show(request, "plans", context)


def days_ahead(hall: Hall, now: datetime) -> int:
    return rule("plan_days_ahead", hall=None, day=civil.city_date(now))


def _plans(hall: Hall, now: datetime) -> list[WeeklyPlan]:
    """Plans that say something of today or later."""
    alive = WeeklyPlan.objects.filter(hall=hall, ended_at=None)
    alive = alive.exclude(valid_until__lt=civil.city_date(now))
    return list(alive.prefetch_related("windows", "matters").order_by("opens", "kind", "pk"))


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_plan_new(request: HttpRequest) -> HttpResponse:
    """Add a plan: fill in, look what the coming days become, add it."""
    hall, now = asked_hall(request), civil.now()
    if request.method != "POST":
        return _page(request, hall, _form(hall, now, initial=_first(hall, now, request)), now)
    form = _form(hall, now, request.POST)

    def run() -> object:
        return add_plan(hall=hall, **form.facts(), by=request.user, now=now)  # type: ignore[arg-type]

    return _look_or_do(request, hall, form, now, run, _("The plan is added."))


def own_plan(request: HttpRequest, pk: int) -> WeeklyPlan:
    """The plan, when it is of a hall that the person runs. Raises NotFound."""
    mine = WeeklyPlan.objects.filter(hall__in=halls_of(request.user, *WHO), ended_at=None)
    return own_row(mine.select_related("hall"), pk)


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a plan from a day on; before it all stays."""
    plan, now = own_plan(request, pk), civil.now()
    if request.method != "POST":
        start = max(plan.valid_from, civil.city_date(now) + timedelta(days=1))
        form = _form(plan.hall, now, initial=plan_answers(plan) | {"valid_from": start})
        return _page(request, plan.hall, form, now, plan=plan)
    form = _form(plan.hall, now, request.POST)

    def run() -> object:
        return change_plan(plan=plan, **form.facts(), by=request.user, now=now)  # type: ignore[arg-type]

    return _look_or_do(request, plan.hall, form, now, run, _("The plan is changed."), plan)


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_plan_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a plan after a look at what goes away."""
    plan, now = own_plan(request, pk), civil.now()
    if request.method != "POST":
        form: Any = EndForm(initial={"last_day": civil.city_date(now)})
        return _page(request, plan.hall, form, now, plan=plan, page="plan_end")
    form = EndForm(request.POST)

    def run() -> object:
        last_day = form.cleaned_data["last_day"]
        return end_plan(plan=plan, last_day=last_day, by=request.user, now=now)  # type: ignore[arg-type]

    said = _("The plan ends then.")
    return _look_or_do(request, plan.hall, form, now, run, said, plan, page="plan_end")


def _form(hall: Hall, now: datetime, answers: Any = None, **more: Any) -> PlanForm:
    kind = (answers or more.get("initial") or {}).get("kind", "")
    kind = kind if kind in HallSession.Kind.values else HallSession.Kind.REGULAR
    facts = kind_facts(kind, hall=hall, day=civil.city_date(now))
    return PlanForm(answers, hall=hall, facts=facts, **more)


def _first(hall: Hall, now: datetime, request: HttpRequest) -> dict[str, Any]:
    """The form as it opens: the kind's usual hours from tomorrow on."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in HallSession.Kind.values else HallSession.Kind.NIGHT
    day = civil.city_date(now) + timedelta(days=1)
    facts = kind_facts(kind, hall=hall, day=day)
    off = kind in (HallSession.Kind.WEEKEND, HallSession.Kind.STUDENT)
    return {
        "kind": kind,
        "opens": facts.opens,
        "closes": facts.closes,
        "next_day": facts.ends_next_day,
        "on": On.DAYS_OFF if off else On.WORKDAYS,
        "weekdays": ["6"] if off else [],
        "valid_from": day,
    }


def _look_or_do(
    request: HttpRequest,
    hall: Hall,
    form: Any,
    now: datetime,
    run: Callable[[], object],
    said: str,
    plan: WeeklyPlan | None = None,
    *,
    page: str = "plan",
) -> HttpResponse:
    """What the coming days would become; or, with the button below it, what they became."""
    if not form.is_valid():
        return _page(request, hall, form, now, plan=plan, page=page, status=400)
    days = days_ahead(hall, now)
    if "do" not in request.POST:
        try:
            seen = rehearse(run, hall=hall, days=days, now=now)
        except Refusal as refusal:
            return _refused(request, hall, form, now, refusal, plan, page)
        return _page(request, hall, form, now, plan=plan, page=page, seen=seen)

    def do() -> dict[str, Any]:
        run()
        first = civil.city_date(now)
        done = generate(first=first, last=first + timedelta(days=days), halls=[hall], now=now)
        return {"said": " ".join([said, *told(done).lines])}

    body = repr(sorted((name, str(value)) for name, value in form.cleaned_data.items()))
    try:
        answer = press(
            request, actor=f"staff:{request.user.pk}", body=hall.code + body, now=now, run=do
        )
    except SaidNo as refusal:
        return _refused(request, hall, form, now, refusal, plan, page)
    messages.success(request, answer["said"])
    return redirect(reverse("appointments:supervise_plans") + f"?hall={hall.code}")


def _refused(
    request: HttpRequest,
    hall: Hall,
    form: Any,
    now: datetime,
    refusal: Refusal,
    plan: WeeklyPlan | None,
    page: str,
) -> HttpResponse:
    show_refusal(form, refusal)
    facts = refusal.told if isinstance(refusal, SaidNo) else refusal.body().get("facts", {})
    other = facts.get("plan")
    return _page(request, hall, form, now, plan=plan, page=page, other=other, status=409)


def _page(
    request: HttpRequest,
    hall: Hall,
    form: Any,
    now: datetime,
    *,
    plan: WeeklyPlan | None = None,
    page: str = "plan",
    seen: Generated | None = None,
    other: int | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "here": "plans",
        "hall": hall,
        "halls": halls_here(request),
        "form": form,
        "plan": plan,
        "line": plan_line(plan) if plan else None,
        "told": told(seen) if seen else None,
        "days": days_ahead(hall, now),
        "other": other,
        "key": fresh_key(),
    }
    return show(request, page, context, status=status)
