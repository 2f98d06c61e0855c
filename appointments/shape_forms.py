"""Fields that say what sessions are like: hours, length of times, shares, audience, matters,
halls.

Shared by the pages that open sessions and by those of plans. The rules are in the commands.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from config.refusals import Refusal
from windows.kinds import KindFacts
from windows.models import Hall, HallSession, Matter, Window

PLAIN = {"autocomplete": "off"}
DAYS = ["%Y-%m-%d", "%Y/%m/%d"]
WEEKDAYS = [
    ("1", _("Monday")),
    ("2", _("Tuesday")),
    ("3", _("Wednesday")),
    ("4", _("Thursday")),
    ("5", _("Friday")),
    ("6", _("Saturday")),
    ("7", _("Sunday")),
]


def day_field(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput({**PLAIN, "type": "date"}, format="%Y-%m-%d"),
        input_formats=DAYS,
        error_messages={
            "required": _("Enter the day."),
            "invalid": _("Enter the day like 2027-03-04."),
        },
        **more,
    )


def hour_field(label: Any, **more: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        widget=forms.TimeInput({**PLAIN, "type": "time"}, format="%H:%M"),
        input_formats=["%H:%M", "%H:%M:%S"],
        error_messages={
            "required": _("Enter the hour."),
            "invalid": _("Enter the hour like 18:30."),
        },
        **more,
    )


def number_field(label: Any, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        widget=forms.NumberInput({**PLAIN, "inputmode": "numeric"}),
        error_messages={
            "required": _("Enter a number."),
            "invalid": _("Enter a whole number."),
        },
        **more,
    )


def weekdays_field(label: Any, **more: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=WEEKDAYS, widget=forms.CheckboxSelectMultiple, **more
    )


def known_day(day: date | None) -> date | None:
    """Days that no calendar here knows are refused as a shape."""
    if day is not None and not 2000 <= day.year <= 2200:
        raise forms.ValidationError(_("Enter the day like 2027-03-04."), code="invalid")
    return day


def window_choices(hall: Hall) -> dict[str, Window]:
    usable = hall.windows.filter(is_in_use=True).order_by("number")
    return {str(window.pk): window for window in usable}


def window_labels(windows: dict[str, Window]) -> list[tuple[str, str]]:
    return [
        (pk, _now("Window %(number)s") % {"number": window.number})
        for pk, window in windows.items()
    ]


class HoursFields(forms.Form):
    """The kind and the hours; whoever goes past midnight says so."""

    kind = forms.ChoiceField(
        label=_("What kind of session?"),
        choices=HallSession.Kind.choices,
        error_messages={"required": _("Choose a kind of session.")},
    )
    opens = hour_field(_("Opens at"))
    closes = hour_field(_("Closes at"))
    next_day = forms.BooleanField(
        label=_("It closes the next morning, after midnight"), required=False
    )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        opens, closes = self.cleaned_data.get("opens"), self.cleaned_data.get("closes")
        if opens is None or closes is None:
            return cleaned
        next_day = self.cleaned_data.get("next_day")
        if closes <= opens and not next_day:
            said = _now(
                "This hour is not after the opening. If it closes after midnight, tick "
                "“closes the next morning”."
            )
            self.add_error("closes", forms.ValidationError(said, code="before_opening"))
        elif closes > opens and next_day:
            hours = 24 + (closes.hour - opens.hour) + (closes.minute - opens.minute) / 60
            text = _now("From then to that hour of the next day it is %(hours)s hours: too long.")
            said = text % {"hours": f"{hours:g}"}
            self.add_error("closes", forms.ValidationError(said, code="session_too_long"))
        return cleaned


class ShapeFields(forms.Form):
    """Where the session differs from what is usual for its kind; empty means as usual."""

    slot_minutes = number_field(_("Minutes of one time"), required=False)
    walkin_percent = number_field(_("Share for who comes without a booking, %"), required=False)
    assisted_percent = number_field(_("Share for bookings on someone's behalf, %"), required=False)
    audience_zh = forms.CharField(
        label=_("For whom (Chinese)"), max_length=100, required=False,
        widget=forms.TextInput(PLAIN),
    )  # fmt: skip
    audience_en = forms.CharField(
        label=_("For whom (English)"), max_length=100, required=False,
        widget=forms.TextInput(PLAIN),
    )  # fmt: skip
    matters = forms.MultipleChoiceField(
        label=_("Only for these matters"),
        help_text=_("None ticked: all that the windows serve."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def fill_choices(self, facts: KindFacts | None = None) -> None:
        """The matters on offer, and what is usual as a hint in the empty fields."""
        self.offered = {str(m.pk): m for m in Matter.objects.filter(is_offered=True).order_by(
            "position", "pk"
        )}  # fmt: skip
        self.fields["matters"].choices = [  # type: ignore[attr-defined]
            (pk, matter.name) for pk, matter in self.offered.items()
        ]
        for name in ("slot_minutes", "walkin_percent", "assisted_percent"):
            if facts is not None:
                usual = getattr(facts, name)
                self.fields[name].widget.attrs["placeholder"] = str(usual)

    def chosen_matters(self) -> list[Matter]:
        return [self.offered[pk] for pk in self.cleaned_data["matters"]]

    def shape(self) -> dict[str, Any]:
        """What `preview_session` takes; None where it is as usual."""
        typed = self.cleaned_data
        return {
            "slot_minutes": typed["slot_minutes"],
            "walkin_percent": typed["walkin_percent"],
            "assisted_percent": typed["assisted_percent"],
            "audience_zh": typed["audience_zh"] or None,
            "audience_en": typed["audience_en"] or None,
            "matter_ids": [matter.pk for matter in self.chosen_matters()] or None,
        }

    @property
    def is_shaped(self) -> bool:
        """Whether anything differs from the usual, so that the fields are shown."""
        names = ShapeFields.base_fields
        return any(self[name].value() for name in names) or any(n in self.errors for n in names)


class SeveralHalls(forms.Form):
    """Which of one's halls are meant."""

    in_halls = forms.MultipleChoiceField(
        label=_("In which halls?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one hall."),
            "invalid_choice": _("You do not supervise that hall."),
        },
    )

    def fill_halls(self, halls: Sequence[Hall]) -> None:
        self.mine = {hall.code: hall for hall in halls}
        self.fields["in_halls"].choices = [  # type: ignore[attr-defined]
            (code, hall.name) for code, hall in self.mine.items()
        ]

    def halls(self) -> list[Hall]:
        return [self.mine[code] for code in self.cleaned_data["in_halls"]]


def place(refusal: Refusal, **names: str) -> Refusal:
    """The refusal, beside the field of the form that it is about."""
    if refusal.field in names:
        refusal.field = names[refusal.field]
    return refusal
