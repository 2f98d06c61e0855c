"""Pressing a button of a page: done once, however often it is pressed."""

import hashlib
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest

from config.refusals import Refusal, TooMany
from windows.once import once


class SaidNo(Refusal):
    """The refusal that this press got, now or when it was pressed first."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(field=answer.get("field"))
        self.code = answer["code"]
        self.message = answer["detail"]
        self.told = answer.get("facts") or {}


def fresh_key() -> str:
    """The hidden key of a form, new with every page that is shown."""
    return uuid.uuid4().hex


def session_actor(request: HttpRequest) -> str:
    """This browser, without telling its session key."""
    if not request.session.session_key:
        request.session.create()
    key = request.session.session_key or ""
    return "browser:" + hashlib.sha256(key.encode()).hexdigest()[:40]


def press(
    request: HttpRequest,
    *,
    actor: str,
    body: str,
    now: datetime,
    run: Callable[[], dict[str, Any]],
    key: str = "",
) -> dict[str, Any]:
    """Runs `run` once for the key in the form; the twin of a press gets the same answer.

    Other answers under the same key (the browser's "back") are another press. `key`
    replaces the form's where several tabs show the same thing.
    Refuses: SaidNo with what the command said.
    """
    match, key = request.resolver_match, key or request.POST.get("key", "")
    if not key or len(key) > 64 or "\x00" in key:
        raise BadRequest("The form has no key.")
    digest = hashlib.sha256(body.encode()).hexdigest()[:20]
    try:
        status, answer, _replayed = once(
            actor=actor,
            route=match.view_name if match else request.path,
            key=f"{key}:{digest}",
            body=body,
            now=now,
            run=lambda: (200, run()),
        )
    except Refusal as no:
        if isinstance(no, TooMany) or no.is_kept:
            raise
        raise SaidNo(no.body()) from no
    if status == 409:
        raise SaidNo(answer)
    return dict(answer)
