"""What a person has typed so far, between the pages of the booking journey.

It is kept in the session, sealed: names and ID numbers never lie in the clear, not even
for the quarter of an hour before a place is held. It goes away with the hold, or with
the session, an hour after the last answer.
"""

import base64
import json
import uuid
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase

from appointments.sealing import seal, unseal

DRAFT, GROUPS = "draft", "groups"
MOST_GROUPS = 20
AN_HOUR = 3600


@dataclass(frozen=True)
class Person:
    """One person as typed; `needs` are keys of NEEDS, `matters` codes (empty: the draft's)."""

    name: str = ""
    id_number: str = ""
    guardian: str = ""
    needs: tuple[str, ...] = ()
    matters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Draft:
    """The answers so far; `id` changes whenever the people or the slot change.

    `also` are codes of further matters of the same visit; `link` is the token of the
    session's own link by which they came, `email` where they want their messages.
    A journey that ends in something other than a hold (a draw, the waiting list) says
    with `back` where its people are asked, and with `then` where it goes on once the
    phone is proven; `more` are its own answers.
    """

    matter: str
    slot: int
    people: tuple[Person, ...]
    phone: str
    also: tuple[str, ...] = ()
    proof: str = ""
    token: str = ""
    link: str = ""
    email: str = ""
    back: str = ""
    then: str = ""
    more: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def with_(self, **changes: Any) -> Self:
        return replace(self, **changes)


def keep(session: SessionBase, draft: Draft) -> None:
    """Keeps the draft; a citizen's session ends an hour after its last answer."""
    if SESSION_KEY not in session:
        session.set_expiry(AN_HOUR)
    sealed = seal(json.dumps(asdict(draft)), purpose="draft")
    session[DRAFT] = base64.b64encode(sealed).decode()


def kept(session: SessionBase, *, matter: str | None = None) -> Draft | None:
    """The draft of this session, when there is one (for that matter)."""
    try:
        answers = json.loads(unseal(base64.b64decode(session[DRAFT]), purpose="draft"))
    except (KeyError, ValueError, InvalidTag):
        return None
    answers["people"] = tuple(
        Person(**{**person, **{name: tuple(person[name]) for name in ("needs", "matters")}})
        for person in answers["people"]
    )
    answers["also"] = tuple(answers["also"])
    draft = Draft(**answers)
    return draft if matter in (None, draft.matter) else None


def forget(session: SessionBase) -> None:
    session.pop(DRAFT, None)


def remember_group(session: SessionBase, group_id: int, references: list[str]) -> None:
    """This browser made the group's hold, and may look at it and confirm it."""
    known = {name: kept for name, kept in session.get(GROUPS, {}).items() if name != str(group_id)}
    session[GROUPS] = dict([*known.items(), (str(group_id), references)][-MOST_GROUPS:])


def made_here(session: SessionBase, group_id: int) -> list[str]:
    """The group's references in the order of typing; empty for groups of other browsers."""
    return list(session.get(GROUPS, {}).get(str(group_id), []))


def last_group(session: SessionBase) -> int | None:
    groups = list(session.get(GROUPS, {}))
    return int(groups[-1]) if groups else None
