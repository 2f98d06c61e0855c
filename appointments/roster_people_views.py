"""The people of a hall: what they can serve, when they are absent, who stands in for them."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from appointments import saying
from appointments.pressing import SaidNo, fresh_key, press
from appointments.roster_forms import AbsenceForm, SkillsForm
from appointments.roster_place import choice_of
from appointments.roster_views import actor, own_entry
from appointments.roster_words import length_words, span_words
from appointments.supervise_views import WHO, asked_hall, halls_here, show
from config import civil
from config.faces import show_refusal
from config.refusals import NotFound
from windows import absences
from windows.access import CLERK, GUIDE, SUPERVISOR, staff_page
from windows.duties import people_of
from windows.models import Absence, Hall, Matter, Staff
from windows.skills import list_skills, skills_of
from windows.time_off import balances

TEAM = (CLERK, GUIDE, SUPERVISOR)


def _is_over(absence: Absence, now: datetime) -> bool:
    return absence.period.upper is not None and absence.period.upper <= now


@never_cache
@staff_page(*WHO)
@require_safe
def supervise_people(request: HttpRequest) -> HttpResponse:
    """Everybody of the hall, with skills, coming absences and time off."""
    hall, now = asked_hall(request), civil.now()
    people = list(people_of(hall, *TEAM))
    pks = [one.pk for one in people]
    listed, left = skills_of(pks), balances(pks)
    names = {one.pk: one.name for one in Matter.objects.order_by("position", "pk")}
    coming: dict[int, list[tuple[Absence, str]]] = {}
    rows = Absence.objects.filter(staff__in=pks, is_cancelled=False, period__endswith__gt=now)
    for one in rows.order_by("period"):
        coming.setdefault(one.staff_id, []).append((one, span_words(one.period)))
    context: dict[str, Any] = {
        "here": "people",
        "hall": hall,
        "halls": halls_here(request),
        "rows": [
            {
                "staff": one,
                "skills": [name for pk, name in names.items() if pk in listed.get(one.pk, ())],
                "absences": coming.get(one.pk, []),
                "balance": length_words(left.get(one.pk, 0)),
            }
            for one in people
        ],
    }
    return show(request, "roster_people", context)


def own_person(request: HttpRequest, hall: Hall, pk: int) -> Staff:
    """Somebody of the hall. Raises NotFound."""
    staff = people_of(hall, *TEAM).filter(pk=min(pk, 2**62)).first()
    if staff is None:
        raise NotFound
    return staff


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person; POST lists the matters, or notes an absence (`what`)."""
    hall = asked_hall(request)
    staff = own_person(request, hall, pk)
    if request.method != "POST":
        return _person(request, hall, staff)
    if request.POST.get("what") == "absence":
        return _note_absence(request, hall, staff)
    form, now = SkillsForm(request.POST), civil.now()
    if not form.is_valid():
        return _person(request, hall, staff, skills=form, status=400)
    chosen = form.chosen()

    def run() -> dict[str, Any]:
        list_skills(staff=staff, matters=chosen, now=now)
        return {}

    try:
        press(request, actor=actor(request), body=f"{pk}/{sorted(chosen)}", now=now, run=run)
    except SaidNo as refusal:
        show_refusal(form, refusal)
        return _person(request, hall, staff, skills=form, status=409)
    messages.success(request, _("Saved what %(name)s can serve.") % {"name": staff})
    return redirect(person_url(hall, staff))


def _note_absence(request: HttpRequest, hall: Hall, staff: Staff) -> HttpResponse:
    form, now = AbsenceForm(request.POST), civil.now()
    if not form.is_valid():
        return _person(request, hall, staff, absence=form, status=400)
    said = form.answers()

    def run() -> dict[str, Any]:
        made = absences.note(staff=staff, by=request.user, now=now, **said)  # type: ignore[arg-type]
        return {"pk": made.pk, "open": len(absences.uncovered(made))}

    try:
        body = f"{staff.pk}/{said}"
        told = press(request, actor=actor(request), body=body, now=now, run=run)
    except SaidNo as refusal:
        if refusal.field in ("begins", "ends"):
            refusal.field = "first" if refusal.field == "begins" else "last"
        show_refusal(form, refusal)
        return _person(request, hall, staff, absence=form, status=409)
    messages.success(request, _("The absence of %(name)s is noted.") % {"name": staff})
    if told["open"]:
        return redirect(absence_url(hall, told["pk"]))
    return redirect(person_url(hall, staff))


def person_url(hall: Hall, staff: Staff) -> str:
    return f"{reverse('appointments:supervise_person', args=[staff.pk])}?hall={hall.code}"


def absence_url(hall: Hall, pk: int) -> str:
    return f"{reverse('appointments:supervise_absence', args=[pk])}?hall={hall.code}"


def _person(
    request: HttpRequest,
    hall: Hall,
    staff: Staff,
    *,
    skills: SkillsForm | None = None,
    absence: AbsenceForm | None = None,
    status: int = 200,
) -> HttpResponse:
    now = civil.now()
    listed = skills_of([staff.pk]).get(staff.pk, set())
    rows = Absence.objects.filter(staff=staff, is_cancelled=False).order_by("-period")[:20]
    context: dict[str, Any] = {
        "here": "people",
        "hall": hall,
        "halls": [],
        "staff": staff,
        "skills": skills or SkillsForm(initial={"matters": [str(pk) for pk in listed]}),
        "absence": absence or AbsenceForm(initial={"first": civil.city_date(now)}),
        "absences": [(one, span_words(one.period), not _is_over(one, now)) for one in rows],
        "balance": length_words(balances([staff.pk]).get(staff.pk, 0)),
        "key": fresh_key(),
    }
    return show(request, "roster_person", context, status=status)


def own_absence(request: HttpRequest, hall: Hall, pk: int) -> Absence:
    """An absence of somebody of the hall. Raises NotFound."""
    rows = Absence.objects.select_related("staff", "made_by").filter(pk=min(pk, 2**62))
    absence = rows.filter(staff__in=people_of(hall, *TEAM)).first()
    if absence is None:
        raise NotFound
    return absence


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_absence(request: HttpRequest, pk: int) -> HttpResponse:
    """What stays uncovered, and who could stand in; POST chooses somebody."""
    hall, now = asked_hall(request), civil.now()
    absence = own_absence(request, hall, pk)
    if request.method != "POST":
        return _absence(request, hall, absence)
    entry, staff = own_entry(request, _asked(request, "entry")), None
    if chosen := _asked(request, "staff"):
        staff = people_of(entry.session.hall, *TEAM).filter(pk=chosen).first()
    if staff is None:
        return _absence(request, hall, absence, errors=(_("Choose a person."),), status=400)
    chosen_staff = staff

    def run() -> dict[str, Any]:
        absences.cover(
            absence=absence, entry=entry, staff=chosen_staff, now=now,
            by=request.user,  # type: ignore[arg-type]
        )  # fmt: skip
        return {}

    try:
        body = f"{pk}/{entry.pk}/{chosen_staff.pk}"
        press(request, actor=actor(request), body=body, now=now, run=run)
    except SaidNo as refusal:
        return _absence(request, hall, absence, errors=(str(refusal),), status=409)
    messages.success(request, _("%(name)s stands in.") % {"name": chosen_staff})
    return redirect(absence_url(hall, absence.pk))


def _asked(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


def _absence(
    request: HttpRequest,
    hall: Hall,
    absence: Absence,
    *,
    errors: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    now, key = civil.now(), fresh_key()
    missing = [] if absence.is_cancelled else absences.uncovered(absence)
    rows = [
        {
            "missing": one,
            "day": saying.long_day(one.entry.session.service_day),
            "hours": saying.hours(one.begins, one.ends),
            "choices": [choice_of(found) for found in absences.stand_ins(one, now=now)],
            "key": f"{key}-{one.entry.pk}",
        }
        for one in missing
        if one.ends > now and one.entry.session.hall_id == hall.pk
    ]
    context: dict[str, Any] = {
        "here": "people",
        "hall": hall,
        "halls": [],
        "absence": absence,
        "when": span_words(absence.period),
        "rows": rows,
        "is_over": _is_over(absence, now),
        "errors": errors,
        "key": key,
    }
    return show(request, "roster_absence", context, status=status)


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_absence_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """The person is there after all."""
    hall, now = asked_hall(request), civil.now()
    absence = own_absence(request, hall, pk)

    def run() -> dict[str, Any]:
        absences.withdraw(absence=absence, by=request.user, now=now)  # type: ignore[arg-type]
        return {}

    try:
        press(request, actor=actor(request), body=str(pk), now=now, run=run)
    except SaidNo as refusal:
        return _absence(request, hall, absence, errors=(str(refusal),), status=409)
    messages.success(request, _("The absence is withdrawn."))
    return redirect(person_url(hall, absence.staff))
