"""Parsers of what supervisors enter. The rules are in the commands."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appointments.releasing import Release
from config import civil
from config.refusals import Refusal
from windows.models import Hall, HallSession, Window

PLAIN = {"autocomplete": "off"}
WHEN_RELEASED = "%Y-%m-%dT%H:%M"
RELEASES = [
    ("plain", _("At once: who comes first has them")),
    ("later", _("At a certain moment")),
    ("room", _("At a certain moment, behind a waiting room")),
    ("draw", _("By draw: people register first, speed does not matter")),
]


class OpenForm(forms.Form):
    """An extra session: kind, day, hours and the windows that will be staffed."""

    kind = forms.ChoiceField(
        label=_("What kind of session?"),
        choices=HallSession.Kind.choices,
        error_messages={"required": _("Choose a kind of session.")},
    )
    day = forms.DateField(
        label=_("Which day?"),
        widget=forms.DateInput({**PLAIN, "type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%Y/%m/%d"],
        error_messages={
            "required": _("Enter the day."),
            "invalid": _("Enter the day like 2027-03-04."),
        },
    )
    opens = forms.TimeField(
        label=_("Opens at"),
        widget=forms.TimeInput({**PLAIN, "type": "time"}, format="%H:%M"),
        input_formats=["%H:%M", "%H:%M:%S"],
        error_messages={
            "required": _("Enter the hour."),
            "invalid": _("Enter the hour like 18:30."),
        },
    )
    closes = forms.TimeField(
        label=_("Closes at"),
        help_text=_("An hour before the opening means the next morning."),
        widget=forms.TimeInput({**PLAIN, "type": "time"}, format="%H:%M"),
        input_formats=["%H:%M", "%H:%M:%S"],
        error_messages={
            "required": _("Enter the hour."),
            "invalid": _("Enter the hour like 18:30."),
        },
    )
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

    def __init__(self, *args: Any, hall: Hall, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.hall = hall
        usable = hall.windows.filter(is_in_use=True).order_by("number")
        at_once = self.data.get("release", "plain") in ("", "plain")
        self.fields["release_at"].required = not (self.is_bound and at_once)
        self.usable = {str(window.pk): window for window in usable}
        self.fields["windows"].choices = [  # type: ignore[attr-defined]
            (pk, _now("Window %(number)s") % {"number": window.number})
            for pk, window in self.usable.items()
        ]

    def clean_day(self) -> date:
        """Days that no calendar here knows are refused as a shape."""
        day: date = self.cleaned_data["day"]
        if not 2000 <= day.year <= 2200:
            raise forms.ValidationError(_("Enter the day like 2027-03-04."), code="invalid")
        return day

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
        if refusal.field in ("registers_until", "booking_opens_at"):
            refusal.field = "release_at"
        return refusal

    def chosen(self) -> list[Window]:
        return [self.usable[pk] for pk in self.cleaned_data["windows"]]

    def answers(self) -> dict[str, Any]:
        """What the commands take."""
        names = ("kind", "day", "opens", "closes")
        taken = {name: self.cleaned_data[name] for name in names}
        taken |= {"hall": self.hall, "windows": self.chosen()}
        return {**taken, "release": self.release_asked()}


def first_answers(hall: Hall, now: datetime, asked: Any) -> dict[str, Any]:
    """The form as it opens: tonight, or the evening after, with every window; or as asked."""
    at = civil.city_time(now)
    evening = at.date() + timedelta(days=0 if at.time() < time(16) else 1)
    first: dict[str, Any] = {
        "kind": HallSession.Kind.NIGHT,
        "day": evening,
        "opens": time(18, 30),
        "closes": time(21, 30),
        "release": "plain",
    }
    for name in ("kind", "day", "opens", "closes", "release", "release_at"):
        if asked.get(name):
            first[name] = asked[name][:20]
    return first
