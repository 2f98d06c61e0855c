"""The city's tables from files, and into files: choose, look, take in."""

import uuid
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from appointments.calendar_views import place
from appointments.import_forms import FileForm
from appointments.importing_cohorts import CohortRows
from appointments.pressing import SaidNo, fresh_key, press
from appointments.supervise_views import WHO, halls_here, show
from appointments.tables_to_keep import kept
from config import civil
from config.faces import show_refusal
from config.refusals import NotFound, Refusal
from windows.access import staff_page
from windows.importing.files import FileRefused
from windows.importing.resources import Scope
from windows.importing.taking_in import (
    CHANGED,
    NEW,
    SAME,
    WRONG,
    Report,
    exported,
    keep_draft,
    kinds,
    look,
    resource_for,
    take_in,
)
from windows.models import ImportDraft
from windows.reach import runs_city

KINDS = ("csv", "xlsx")
SHOWN = 500  # rows of a report on one page; what is wrong stands first


def _scope(request: HttpRequest, now: datetime) -> Scope:
    """What the person may take in: the city, or the halls that they run."""
    return Scope(
        by=request.user,  # type: ignore[arg-type]
        now=now,
        is_city=runs_city(request.user, *WHO),
        halls={hall.code.upper(): hall for hall in halls_here(request)},
        more={CohortRows.what: CohortRows},
    )


def _choices(scope: Scope) -> list[tuple[str, Any]]:
    return [(what, rows.title) for what, rows in kinds(scope).items() if rows.is_for(scope)]


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_import(request: HttpRequest) -> HttpResponse:
    """Choose a file; templates and exports of the same."""
    now = civil.now()
    scope = _scope(request, now)
    if request.method != "POST":
        return _page(request, scope, FileForm(initial=_asked(request), choices=_choices(scope)))
    form = FileForm(request.POST, request.FILES, choices=_choices(scope))
    if not form.is_valid():
        return _page(request, scope, form, status=400)
    file, what = form.cleaned_data["file"], form.cleaned_data["what"]
    content = file.read()
    try:
        look(what, content, scope=scope)
    except FileRefused as no:
        show_refusal(form, no)
        return _page(request, scope, form, status=409)
    draft = keep_draft(what, file.name, content, scope=scope)
    return redirect("appointments:supervise_import_look", draft.public_id)


def _asked(request: HttpRequest) -> dict[str, Any]:
    """`?what=cohorts`: whoever comes from a page of theirs finds it chosen."""
    return {"what": request.GET.get("what", "")}


def _page(request: HttpRequest, scope: Scope, form: FileForm, status: int = 200) -> HttpResponse:
    rows = [
        {"what": what, "title": title, "columns": list(resource_for(what, scope).labels().values())}
        for what, title in _choices(scope)
    ]
    context = place(request) | {"form": form, "resources": rows, "is_city": scope.is_city}
    return show(request, "import", context, status=status)


def _draft(request: HttpRequest, public_id: uuid.UUID) -> ImportDraft:
    """One's own file. Raises NotFound."""
    mine = ImportDraft.objects.filter(made_by_id=request.user.pk)
    draft = mine.filter(public_id=public_id).first()
    if draft is None:
        raise NotFound
    return draft


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_import_look(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """What becomes of each row; then take it in, all or nothing."""
    draft, now = _draft(request, public_id), civil.now()
    scope = _scope(request, now)
    if request.method != "POST":
        return _report(request, draft, scope)

    def run() -> dict[str, Any]:
        done = take_in(draft, seen=request.POST.get("seen", ""), scope=scope)
        return {"new": done.count(NEW), "changed": done.count(CHANGED)}

    body = f"{public_id} {request.POST.get('seen', '')}"
    try:
        told = press(request, actor=f"staff:{request.user.pk}", body=body, now=now, run=run)
    except SaidNo as no:
        draft.refresh_from_db()
        return _report(request, draft, scope, errors=(str(no),), status=409)
    messages.success(request, _taken_words(told["new"], told["changed"]))
    return redirect(resource_for(draft.what, scope).home or "appointments:supervise_import")


def _taken_words(new: int, changed: int) -> str:
    made = ngettext("%(n)s row is new", "%(n)s rows are new", new) % {"n": new}
    other = ngettext("%(n)s row has changed", "%(n)s rows have changed", changed) % {"n": changed}
    return _("Taken in: %(new)s, %(changed)s.") % {"new": made, "changed": other}


def _report(
    request: HttpRequest,
    draft: ImportDraft,
    scope: Scope,
    *,
    errors: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    report: Report | None = None
    if draft.applied_at is None:
        try:
            report = look(draft.what, bytes(draft.content), scope=scope)
        except Refusal as no:
            errors = (*errors, str(no))
    order = [WRONG, NEW, CHANGED, SAME]
    rows = sorted(report.rows, key=lambda row: order.index(row.fate)) if report else []
    context = place(request) | {
        "draft": draft,
        "title": resource_for(draft.what, scope).title,
        "report": report,
        "rows": rows[:SHOWN],
        "more": max(0, len(rows) - SHOWN),
        "counts": {fate: report.count(fate) for fate in order} if report else {},
        "errors": errors,
        "key": fresh_key(),
    }
    return show(request, "import_look", context, status=status)


@never_cache
@staff_page(*WHO)
@require_safe
def supervise_export(request: HttpRequest, what: str, kind: str) -> HttpResponse:
    """All rows that are the person's as a file; `?template=1`: the headings alone."""
    if kind not in KINDS:
        raise NotFound
    now = civil.now()
    scope = _scope(request, now)
    if "template" in request.GET:
        rows = [list(resource_for(what, scope).labels().values())]
        name = f"{what}-template"
    else:
        rows = exported(what, scope=scope)
        name = f"{what}-{civil.city_date(now):%Y-%m-%d}"
    return kept(rows, name, kind, title=str(resource_for(what, scope).title))
