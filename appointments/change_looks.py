"""Looking at a change before it is made: what is asked, what it would do, doing what was seen.

One page asks it of a session (change_views), another of a hall (closing_views).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django import forms
from django.http import HttpRequest

from appointments.change_words import ShownChange, shown_change
from appointments.changes.asking import Applied, Ask, ChangePreview, apply_change
from appointments.losing_words import DEFAULT
from appointments.models import Booking
from appointments.pressing import fresh_key
from appointments.supervise_views import WHO
from config.refusals import Refusal
from windows.access import has_role
from windows.models import Hall

FormT = TypeVar("FormT", bound=forms.Form)


@dataclass(frozen=True)
class Asked(Generic[FormT]):
    """What is asked, and what it would do: shown, refused, or not yet asked."""

    form: FormT
    ask: Ask | None = None
    preview: ChangePreview | None = None
    refusal: Refusal | None = None

    @property
    def said(self) -> list[str]:
        """Why there is no preview."""
        if self.refusal is not None:
            return [str(self.refusal)]
        return [str(text) for texts in self.form.errors.values() for text in texts]


def effect_of(
    request: HttpRequest,
    hall: Hall,
    preview: ChangePreview | None,
    now: datetime,
    default: str = DEFAULT,
    choices: dict[int, str] | None = None,
) -> dict[str, Any]:
    """What it would do, for `_change.html`; the people by name for who may do it."""
    may_change = has_role(request.user, hall, *WHO)
    shown: ShownChange | None = None
    if preview is not None:
        shown = shown_change(
            preview, now=now, with_names=may_change, default=default, choices=choices
        )
    return {"shown": shown, "may_change": may_change, "key": fresh_key()}


def do_as_seen(
    request: HttpRequest, ask: Ask, now: datetime, *, default: str, parties: dict[int, str]
) -> Applied:
    """The change that was looked at is made; `parties` are the choices of each of them.

    Refuses: as `apply_change`, also when it would do something else by now.
    """
    return apply_change(
        ask,
        by=request.user,  # type: ignore[arg-type]
        now=now,
        choices=_by_booking(parties),
        default=default,
        expect=request.POST.get("expect") or "unseen",
    )


def _by_booking(parties: dict[int, str]) -> dict[int, str]:
    """The choices of the parties, as those of each of their bookings."""
    rows = Booking.objects.filter(group_id__in=parties, state__in=Booking.OPEN)
    return {pk: parties[group] for pk, group in rows.values_list("pk", "group_id")}


def answers_given(request: HttpRequest) -> str:
    """All that the form says but its key: what tells one press from another."""
    return repr(sorted((name, value) for name, value in request.POST.lists() if name != "key"))
