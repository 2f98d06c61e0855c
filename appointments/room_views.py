"""The waiting room as a page: come in, see where one stands, go on when it is one's turn."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from appointments import drafting, saying
from appointments.admitting import (
    RoomHours,
    Standing,
    Turn,
    enter,
    hours_of,
    places_in,
    release_of,
    room_before,
    standing,
)
from appointments.id_numbers import clean_id_number
from appointments.journey import form_page
from appointments.limiting import address_of
from appointments.models import RoomPlace, WaitingRoom
from appointments.pressing import SaidNo, fresh_key, press, session_actor
from appointments.puzzling import Puzzle, puzzle_of
from config import civil
from config.faces import show_refusal
from config.refusals import Refusal, TooMany

COOKIE, SALT, MOST_PLACES, MOST_LETTERS = "rooms", "waiting room", 4, 500
LONG_WAIT, SHORT_WAIT = 5, 1  # minutes: how often the page looks again


class ComeInForm(forms.Form):
    """The one person whose turn it will be."""

    puzzle: Puzzle | None = None  # set when work is needed before one can come in

    id_number = forms.CharField(
        label=gettext_lazy("ID number of one person you will book for"),
        help_text=gettext_lazy(
            "The order is drawn among people: one number has one lot, in however many"
            " browsers. It is not kept."
        ),
        max_length=60,
        widget=forms.TextInput(
            {"autocomplete": "off", "spellcheck": "false", "class": "input--id"}
        ),
        error_messages={"required": gettext_lazy("Enter the ID number.")},
    )

    def __init__(self, *args: Any, now: datetime, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.today = civil.city_date(now)

    def clean_id_number(self) -> str:
        return clean_id_number(self.cleaned_data["id_number"], today=self.today).number


def tokens_of(request: HttpRequest) -> list[str]:
    """The places that this browser holds, from its signed cookie."""
    return (request.get_signed_cookie(COOKIE, default="", salt=SALT) or "").split(".")


def to_the_room(slot: int, onward: str) -> HttpResponse:
    """First the waiting room before this slot; from there on to where one came from."""
    address = reverse("appointments:room_of", args=[slot])
    return redirect(f"{address}?{urlencode({'next': onward})}")


@require_safe
def room_of(request: HttpRequest, slot: int) -> HttpResponse:
    """To the room before this slot's release; straight on where none stands."""
    releases_at, onward = release_of(slot), onward_from(request)
    if releases_at is None or civil.now() >= hours_of(releases_at).closes_at:
        return redirect(onward)
    return redirect(room_address(room_before(releases_at), onward))


@never_cache
@form_page
def room(request: HttpRequest, pk: int) -> HttpResponse:
    """Where one stands; before that, the way in."""
    found, now = get_object_or_404(WaitingRoom, pk=pk), civil.now()
    if request.method == "POST":
        return _come_in(request, found, now)
    return show_room(request, found, ComeInForm(initial=_typed_before(request), now=now), now)


def _come_in(request: HttpRequest, found: WaitingRoom, now: datetime) -> HttpResponse:
    form = ComeInForm(request.POST, now=now)
    if not form.is_valid():
        return show_room(request, found, form, now, status=400)

    def run() -> dict[str, Any]:
        place = enter(
            room=found,
            id_number=form.cleaned_data["id_number"],
            address=address_of(request),
            work=request.POST.get("work", ""),
            now=now,
        )
        return {"token": place.token}

    try:
        body = f"room {found.pk}"
        answer = press(request, actor=session_actor(request), body=body, now=now, run=run)
    except TooMany as refusal:
        form.puzzle = puzzle_of(refusal)
        response = _shown_with(request, found, form, refusal, now, status=429)
        response["Retry-After"] = str(refusal.retry_after)
        return response
    except SaidNo as no:
        return _shown_with(request, found, form, no, now, status=409)
    response = redirect(room_address(found, onward_from(request)))
    kept = [*tokens_of(request), answer["token"]][-MOST_PLACES:]
    response.set_signed_cookie(
        COOKIE,
        ".".join(kept),
        salt=SALT,
        max_age=timedelta(hours=2),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _shown_with(
    request: HttpRequest,
    found: WaitingRoom,
    form: ComeInForm,
    refusal: Refusal,
    now: datetime,
    status: int,
) -> HttpResponse:
    show_refusal(form, refusal)
    return show_room(request, found, form, now, status=status)


def show_room(
    request: HttpRequest, found: WaitingRoom, form: ComeInForm, now: datetime, status: int = 200
) -> HttpResponse:
    """The whole page, or with `?now` the part of it that changes."""
    hours, onward = hours_of(found.releases_at), onward_from(request)
    place = places_in(found, tokens_of(request)).first()
    stands = standing(place, now) if place else None
    if now >= hours.closes_at:
        stands = Standing(Turn.OVER)
    context = {
        "form": form,
        "key": fresh_key(),
        "action": room_address(found, onward),
        "part": f"{room_address(found, onward)}&now=1",
        "onward": onward,
        "opens": saying.clock(hours.opens_at),
        "releases": saying.when(hours.releases_at),
        "release": saying.clock(hours.releases_at),
        "stay": int(hours.stay / timedelta(minutes=1)),
        "is_open": hours.stands(now),
        "is_late": now >= hours.releases_at,
        "standing": stands,
        "turn": str(stands.turn) if stands else "outside",
        "says": says(stands, hours),
        "until": saying.clock(stands.admitted_until) if stands and stands.admitted_until else "",
        "again": look_again(stands, place, hours, now),
    }
    part = "now" in request.GET and request.method != "POST"
    template = "appointments/_room_now.html" if part else "appointments/room.html"
    return render(request, template, context, status=status)


def says(stands: Standing | None, hours: RoomHours) -> str:
    """One sentence: where one stands."""
    if stands is None:
        return _("You are not in the waiting room yet.")
    if stands.turn == Turn.WAITING:
        before, minutes = about(stands.before or 0), stands.minutes or 1
        people = ngettext("About %(n)s person before you", "About %(n)s people before you", before)
        time = ngettext("about %(n)s minute", "about %(n)s minutes", minutes)
        facts = {"people": people % {"n": f"{before:,}"}, "time": time % {"n": minutes}}
        return _("%(people)s, %(time)s.") % facts
    clock = saying.clock(stands.admitted_until) if stands.admitted_until else ""
    sentences = {
        Turn.EARLY: _("You are in. The order is drawn at %(at)s."),
        Turn.ADMITTED: _("It is your turn. You can book until %(until)s."),
        Turn.PASSED: _("Your turn has passed. You can come in again."),
        Turn.OVER: _("The waiting room is closed. Everybody can book now."),
    }
    return sentences[stands.turn] % {"at": saying.clock(hours.releases_at), "until": clock}


def about(people: int) -> int:
    """A number as one would say it: exact when small, else to about two digits."""
    if people < 100:
        return people
    step = 10 if people < 10_000 else 100
    return round(people / step) * step


def look_again(
    stands: Standing | None, place: RoomPlace | None, hours: RoomHours, now: datetime
) -> int:
    """Seconds after which the page looks again, 0: not by itself.

    Not everybody at the same second: the lot spreads those who wait for the release.
    """
    if stands is None:
        return _until(hours.opens_at, now) + 1 if now < hours.opens_at else 0
    if stands.turn == Turn.EARLY and place:
        return _until(hours.releases_at, now) + 1 + place.lot % 10
    if stands.turn != Turn.WAITING:
        return 0
    minutes = stands.minutes or 1
    return 30 if minutes > LONG_WAIT else 15 if minutes > SHORT_WAIT else 5


def _until(then: datetime, now: datetime) -> int:
    return min(int((then - now).total_seconds()), 60)


def room_address(found: WaitingRoom, onward: str) -> str:
    address = reverse("appointments:room", args=[found.pk])
    return f"{address}?{urlencode({'next': onward})}"


def onward_from(request: HttpRequest) -> str:
    """Where one came from: a path of this site, otherwise the first page."""
    asked = request.GET.get("next", "") or _came_from(request)
    ours = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if ours and len(asked) < MOST_LETTERS else "/"


def _came_from(request: HttpRequest) -> str:
    """The page of ours with the link to the room, as the browser tells."""
    came = urlsplit(request.headers.get("Referer", ""))
    here = came.netloc == request.get_host() and not came.path.startswith("/room/")
    return came._replace(scheme="", netloc="", fragment="").geturl() if here else ""


def _typed_before(request: HttpRequest) -> dict[str, str]:
    draft = drafting.kept(request.session)
    return {"id_number": draft.people[0].id_number} if draft and draft.people else {}
