"""One press for several things: each is done in a transaction of its own, each of them once.

What became of each is kept with the request's keys, so that its page can be looked at again
and whoever presses once more goes on where the first press ended.
"""

import hashlib
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest

from appointments.change_looks import answers_given
from appointments.pressing import press
from config.refusals import NotFound, Refusal
from windows.models import RequestKey, Staff

log = logging.getLogger(__name__)
KEY = re.compile(r"[0-9a-zA-Z]{1,32}")
ALL = "all"


@dataclass(frozen=True)
class Outcome:
    """What was answered for one of them: done (`answer`), refused (`said`), or nothing yet."""

    name: str
    answer: dict[str, Any] | None = None
    said: str = ""


def press_each(
    request: HttpRequest,
    runs: Mapping[str, Callable[[], dict[str, Any]]],
    *,
    now: datetime,
    **facts: Any,
) -> str:
    """Runs each in its own transaction; what one of them refuses or breaks stops no other.

    Returns the name under which `outcomes_of` finds what became of them. Raises BadRequest.
    """
    key, body = request.POST.get("key", ""), answers_given(request)
    if not KEY.fullmatch(key):
        raise BadRequest("The form has no key.")
    pressed = f"{key}-{hashlib.sha256(body.encode()).hexdigest()[:10]}"
    actor = f"staff:{request.user.pk}"

    def once_each(name: str, run: Callable[[], dict[str, Any]]) -> None:
        press(request, actor=actor, body=body, now=now, run=run, key=f"{pressed}.{name}")

    once_each(ALL, lambda: {"names": list(runs), **facts})
    for name, run in runs.items():
        try:
            once_each(name, run)
        except Refusal:
            continue  # kept as the answer
        except Exception:
            log.exception("Pressed for several, %s was not done", name)
    return pressed


def outcomes_of(staff: Staff, pressed: str) -> tuple[dict[str, Any], list[Outcome]]:
    """The facts of the press, and what became of each. Raises NotFound for another's press."""
    mine = RequestKey.objects.filter(actor=f"staff:{staff.pk}", key__startswith=f"{pressed}.")
    kept = {
        key.removeprefix(f"{pressed}.").rpartition(":")[0]: (status, answer)
        for key, status, answer in mine.values_list("key", "status", "answer")
    }
    facts = kept[ALL][1] if ALL in kept else None
    if facts is None:
        raise NotFound
    return facts, [_outcome(name, *kept.get(name, (None, None))) for name in facts["names"]]


def _outcome(name: str, status: int | None, answer: Any) -> Outcome:
    if status is None:
        return Outcome(name)
    return Outcome(name, answer) if status == 200 else Outcome(name, said=answer["detail"])
