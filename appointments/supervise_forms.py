"""Parsers of what supervisors enter. The rules are in the commands."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from appointments.releasing import Release
from appointments.shape_forms import (
    PLAIN,
    HoursFields,
    ShapeFields,
    day_field,
    known_day,
    place,
    window_choices,
    window_labels,
)
from config import civil
from config.refusals import Refusal
from windows.kinds import KindFacts, kind_facts
from windows.models import Hall, HallSession, Window
from windows.series import Asked

WHEN_RELEASED = "%Y-%m-%dT%H:%M"
RELEASES = [
    ("plain", _("At once: who comes first has them")),
    ("later", _("At a certain moment")),
    ("room", _("At a certain moment, behind a waiting room")),
    ("draw", _("By draw: people register first, speed does not matter")),
]


class OpenForm(HoursFields, ShapeFields):
    """An extra session: kind, day, hours and the windows that will be staffed; the same in
    other halls too, if asked."""

    day = day_field(_("Which day?"))
    release = forms.ChoiceField(
        label=_("How do people get the places?"),
        choices=RELEASES,
        widget=forms.RadioSelect,
        required=False,
    )
    release_at = forms.DateTimeField(
        label=_("At which moment?"),
        help_text=_("When the places open. By draw: when registration ends."),
        widget=forms.DateTimeInput({**PLAIN, "type": "datetime-local"}, format=WHEN_RELEASED),
        input_formats=[WHEN_RELEASED, "%Y-%m-%d %H:%M"],
        error_messages={
            "required": _("Enter the moment: day and hour."),
            "invalid": _("Enter day and hour like 2027-03-04 18:30."),
        },
    )
    windows = forms.MultipleChoiceField(
        label=_("Which windows will be staffed?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one window that will be staffed."),
            "invalid_choice": _("This window does not belong to the hall."),
        },
    )

    other_halls = forms.MultipleChoiceField(
        label=_("The same in other halls"),
        help_text=_("With the windows of the same numbers, or others that are free."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": _("You do not supervise that hall.")},
    )

    def __init__(
        self, *args: Any, hall: Hall, halls: Sequence[Hall] = (),
        facts: KindFacts | None = None, **rest: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **rest)
        self.hall = hall
        self.halls = {one.code: one for one in halls if one.pk != hall.pk}
        self.fill_choices(facts)
        self.fields["other_halls"].choices = [  # type: ignore[attr-defined]
            (code, one.name) for code, one in self.halls.items()
        ]
        at_once = self.data.get("release", "plain") in ("", "plain")
        self.fields["release_at"].required = not (self.is_bound and at_once)
        self.usable = window_choices(hall)
        self.fields["windows"].choices = window_labels(self.usable)  # type: ignore[attr-defined]

    def clean_day(self) -> date | None:
        return known_day(self.cleaned_data["day"])

    def clean_release(self) -> str:
        return self.cleaned_data["release"] or "plain"

    def clean_release_at(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["release_at"]
        if at and not 2000 <= at.year <= 2200:
            message = self.fields["release_at"].error_messages["invalid"]
            raise forms.ValidationError(message, code="invalid")
        return at

    def release_asked(self) -> Release:
        how, at = self.cleaned_data["release"], self.cleaned_data["release_at"]
        if how == "draw":
            return Release(HallSession.Release.DRAW, registers_until=at)
        if how == "room":
            return Release(HallSession.Release.ROOM, opens_at=at)
        return Release(opens_at=at if how == "later" else None)

    def placed(self, refusal: Refusal) -> Refusal:
        """The refusal, beside the field of this form that it is about."""
        return place(refusal, registers_until="release_at", booking_opens_at="release_at")

    def chosen(self) -> list[Window]:
        return [self.usable[pk] for pk in self.cleaned_data["windows"]]

    def elsewhere(self) -> list[Asked]:
        """The same session in the other halls."""
        typed = self.cleaned_data
        numbers = tuple(window.number for window in self.chosen())
        return [
            Asked(
                self.halls[code], typed["day"], typed["kind"], typed["opens"], typed["closes"],
                numbers, self.shape(),
            )
            for code in typed["other_halls"]
        ]  # fmt: skip

    def answers(self) -> dict[str, Any]:
        """What the commands take."""
        names = ("kind", "day", "opens", "closes")
        taken = {name: self.cleaned_data[name] for name in names}
        taken |= {"hall": self.hall, "windows": self.chosen(), **self.shape()}
        return {**taken, "release": self.release_asked()}


def asked_kind(asked: Any) -> str:
    """The kind that is asked for; a night session unless another is named."""
    kind = asked.get("kind", "")
    return kind if kind in HallSession.Kind.values else str(HallSession.Kind.NIGHT)


def first_answers(hall: Hall, now: datetime, asked: Any) -> dict[str, Any]:
    """The form as it opens: the kind's usual hours, tonight or the evening after, with every
    window; or as asked. Hours that were the usual ones of the kind before follow the kind."""
    at = civil.city_time(now)
    evening = at.date() + timedelta(days=0 if at.time() < time(16) else 1)
    kind = asked_kind(asked)
    facts = kind_facts(kind, hall=hall, day=evening)
    first: dict[str, Any] = {
        "kind": kind,
        "day": evening,
        "opens": facts.opens,
        "closes": facts.closes,
        "release": "plain" if facts.release == HallSession.Release.PLAIN else facts.release,
        "next_day": facts.ends_next_day,
    }
    hours = {name: asked.get(name, "")[:20] for name in ("opens", "closes")}
    if all(hours.values()) and not _usual_before(hall, evening, hours, asked.get("was", "")):
        first |= hours
        first["next_day"] = hours["closes"] <= hours["opens"]
    for name in ("day", "release", "release_at"):
        if asked.get(name):
            first[name] = asked[name][:20]
    return first


def _usual_before(hall: Hall, day: date, hours: dict[str, str], kind: str) -> bool:
    """Whether nobody has touched the hours since the other kind filled them in."""
    if kind not in HallSession.Kind.values:
        return False
    facts = kind_facts(kind, hall=hall, day=day)
    return hours == {"opens": f"{facts.opens:%H:%M}", "closes": f"{facts.closes:%H:%M}"}
