"""How the hall is called: choose the voice, and hear a test call here and on the screens."""

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from appointments.pressing import fresh_key, press
from appointments.supervise_views import WHO, asked_hall, halls_here, show
from appointments.voice_forms import TestCallForm, VoiceForm
from config import civil
from config.faces import show_refusal
from config.refusals import Refusal
from queues.voicing import choose_voice, own_version, try_voice, voiced
from windows.access import staff_page
from windows.models import Hall


def _page(
    request: HttpRequest,
    hall: Hall,
    *,
    form: BaseForm | None = None,
    test: BaseForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """What is chosen stays as it is in the database, whatever was typed."""
    kept = Hall.objects.get(pk=hall.pk)
    context = {
        "here": "voice",
        "hall": kept,
        "halls": halls_here(request),
        "form": form or VoiceForm(instance=kept),
        "test": test or TestCallForm(),
        "manner": voiced(kept),
        "has_own": bool(own_version(kept)),
        "key": fresh_key(),
    }
    return show(request, "voice", context, status=status)


def _back(hall: Hall) -> HttpResponse:
    return redirect(f"{reverse('appointments:supervise_voice')}?hall={hall.code}")


@never_cache
@staff_page(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def supervise_voice(request: HttpRequest) -> HttpResponse:
    """Choose how the hall is called."""
    hall = asked_hall(request)
    if request.method != "POST":
        return _page(request, hall)
    form = VoiceForm(request.POST, instance=Hall.objects.get(pk=hall.pk))
    if not form.is_valid():
        return _page(request, hall, form=form, status=400)
    try:
        choose_voice(hall=hall, **form.cleaned_data)
    except Refusal as refusal:
        show_refusal(form, refusal)  # type: ignore[arg-type]
        return _page(request, hall, form=form, status=409)
    messages.success(request, _("The hall is called so from now on."))
    return _back(hall)


@never_cache
@staff_page(*WHO)
@require_POST
def supervise_voice_test(request: HttpRequest) -> HttpResponse:
    """The hall's screens say the test call, once for the key in the form."""
    hall, now = asked_hall(request), civil.now()
    test = TestCallForm(request.POST)
    if not test.is_valid():
        return _page(request, hall, test=test, status=400)

    def run() -> dict[str, str]:
        try_voice(hall=hall, key=request.POST["key"], **test.cleaned_data)
        return {}

    actor = f"staff:{request.user.pk}"
    press(request, actor=actor, body=repr(test.cleaned_data), now=now, run=run)
    messages.success(request, _("The screens of the hall say it now, once."))
    return _back(hall)
