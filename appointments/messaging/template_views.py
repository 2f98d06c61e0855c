"""Pages of messages' words: all of them with how long they are, and one that is changed."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from appointments import saying
from appointments.messaging.template_checks import look, parts_most
from appointments.messaging.template_forms import WordsForm
from appointments.messaging.template_lists import kinds_shown, variables_shown, words_in_force
from appointments.messaging.template_saving import (
    SavedMeanwhile,
    restore_words,
    save_words,
    versions,
)
from appointments.messaging.template_text import Text
from appointments.messaging.template_texts import ALL
from appointments.models import Message, MessageTemplate
from appointments.pressing import SaidNo, fresh_key, press
from config import civil
from config.faces import show_refusal
from config.refusals import NotAllowed, NotFound
from windows.access import ADMIN, SUPERVISOR, has_role, staff_page

LANGUAGES = {"zh-hans": gettext_lazy("Chinese"), "en": gettext_lazy("English")}
BY_SLUG = {one.slug: one for one in ALL}


@never_cache
@staff_page(SUPERVISOR, ADMIN)
@require_safe
def ops_words(request: HttpRequest) -> HttpResponse:
    """Every text that leaves, as it is said now, in both languages."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in Message.Kind.values else ""
    context = {
        "kinds": kinds_shown(kind, civil.now()),
        "choices": Message.Kind.choices,
        "chosen": kind,
        "may_change": has_role(request.user, None, ADMIN),
    }
    return render(request, "appointments/messages/words.html", context)


@never_cache
@staff_page(SUPERVISOR, ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def ops_word(request: HttpRequest, text: str, channel: str, language: str) -> HttpResponse:
    """One text: how it looks, what it can say, its versions; the city's admin changes it."""
    found = BY_SLUG.get(text)
    if found is None or channel not in found.channels or language not in LANGUAGES:
        raise NotFound
    if request.method == "POST":
        return _pressed(request, found, channel, language)
    form = _form(found, channel, language)
    return _page(request, form, text=found, channel=channel, language=language)


def _form(text: Text, channel: str, language: str, posted: Any = None) -> WordsForm:
    """What was typed, or the words as they are said now."""
    title, body, version = words_in_force(text, channel, language)
    return WordsForm(
        posted,
        initial={"title": title, "body": body, "seen": version},
        text=text,
        channel=channel,
        language=language,
        most=parts_most(language, civil.now()),
    )


def _pressed(request: HttpRequest, text: Text, channel: str, language: str) -> HttpResponse:
    if not has_role(request.user, None, ADMIN):
        raise NotAllowed
    form, what = _form(text, channel, language, request.POST), request.POST.get("what", "")
    about: dict[str, Any] = {"text": text, "channel": channel, "language": language}
    if what == "restore":
        return _given_back(request, form, about)
    if form.is_valid() and what == "save":
        return _saved(request, form, about)
    return _page(request, form, **about, status=400 if what == "save" else 200)


def _saved(request: HttpRequest, form: WordsForm, about: dict[str, Any]) -> HttpResponse:
    """Saved once for each press; a refusal keeps what was typed."""
    words = {"title": "", **form.cleaned_data}
    try:
        _press(request, about, words, save_words)
    except SaidNo as refusal:
        show_refusal(form, refusal)
        theirs = refusal.code == SavedMeanwhile.code
        return _page(request, form, **about, theirs=theirs, status=409)
    messages.success(request, _("Saved. It is said so now."))
    return redirect(_address(about))


def _given_back(request: HttpRequest, form: WordsForm, about: dict[str, Any]) -> HttpResponse:
    seen = form["seen"].data or ""
    version = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else -1
    try:
        _press(request, about, {"seen": version}, restore_words)
    except SaidNo as refusal:
        fresh = _form(**about)
        return _page(request, fresh, **about, errors=[str(refusal)], status=409)
    messages.success(request, _("The words of the product are said again."))
    return redirect(_address(about))


def _press(request: HttpRequest, about: dict[str, Any], said: dict[str, Any], command: Any) -> None:
    now = civil.now()

    def run() -> dict[str, Any]:
        return {"version": command(**about, **said, by=request.user, now=now).version}

    body = f"{command.__name__} {_address(about)} {sorted(said.items())!r}"
    press(request, actor=f"staff:{request.user.pk}", body=body, now=now, run=run)


def _address(about: dict[str, Any]) -> str:
    where = [about["text"].slug, about["channel"], about["language"]]
    return reverse("appointments:ops_word", args=where)


def _page(
    request: HttpRequest, form: WordsForm, *, text: Text, channel: str, language: str,
    theirs: bool = False, errors: Iterable[str] = (), status: int = 200,
) -> HttpResponse:  # fmt: skip
    title, body, version = words_in_force(text, channel, language)
    typed = form["title"].value() if "title" in form.fields else ""
    rows = versions(text, channel, language)
    context = {
        "form": form,
        "errors": list(errors),
        "text": text,
        "kind": Message.Kind(text.kind).label,
        "channel": Message.Channel(channel).label,
        "language_name": LANGUAGES[language],
        "lang": language,
        "look": look(text, language, typed or "", _lines(form["body"].value())),
        "is_sms": channel == Message.Channel.SMS,
        "most": form.most,
        "variables": variables_shown(text, channel, language),
        "rows": [_version(row) for row in rows],
        "is_own": bool(rows) and not rows[0].is_default,
        "theirs": {"title": title, "body": body} if theirs else None,
        "seen": version if theirs or not form.is_bound else form["seen"].value(),
        "may_change": has_role(request.user, None, ADMIN),
        "key": fresh_key(),
    }
    return render(request, "appointments/messages/word.html", context, status=status)


def _lines(typed: Any) -> str:
    return str(typed or "").replace("\r\n", "\n")


def _version(row: MessageTemplate) -> dict[str, Any]:
    return {
        "number": row.version,
        "who": str(row.made_by) if row.made_by else "",
        "when": saying.when(row.made_at),
        "title": row.title,
        "body": row.body,
        "is_default": row.is_default,
    }
