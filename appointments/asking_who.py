"""Asking who comes, for the journeys that end in something other than a hold."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from appointments import drafting
from appointments.drafting import Draft
from appointments.forms import WhoForm, typed_before
from appointments.proof_views import ask_for_code
from config import civil
from windows.models import Matter


def ask_who(
    request: HttpRequest,
    *,
    matter: Matter,
    people: int,
    then: str,
    more: dict[str, Any],
    now: datetime,
    show: Callable[[WhoForm, int], HttpResponse],
) -> HttpResponse:
    """The people and one phone are kept in a draft, and the phone is proven.

    The page's own address brings it back as it was; the journey goes on at `then`, where
    the draft holds its own answers in `more`.
    """
    facts: dict[str, Any] = {"matter": matter, "people": people, "today": civil.city_date(now)}
    if request.method != "POST":
        before = drafting.kept(request.session, matter=matter.code)
        return show(WhoForm(initial=typed_before(before), **facts), 200)
    form = WhoForm(request.POST, **facts)
    if not form.is_valid():
        return show(form, 400)
    draft = Draft(
        matter=matter.code,
        slot=0,
        people=form.as_typed(),
        phone=form.cleaned_data["phone"],
        back=request.get_full_path(),
        then=then,
        more=more,
    )
    drafting.keep(request.session, draft)
    return ask_for_code(request, draft, form, now, show)
