"""Parsers of the small choices at the desk: whom out of turn, why paused, where to, a break."""

from typing import Any
from unicodedata import normalize

from django import forms
from django.utils.translation import gettext_lazy as _

from queues.models import Call, Ticket
from windows.models import Break, Hall, Window

OUTCOMES = [one for one in Ticket.Outcome.choices if one[0] != Ticket.Outcome.ELSEWHERE]


class PickForm(forms.Form):
    """Somebody from the line who is not the next one, with the reason."""

    ticket = forms.CharField(
        max_length=18, error_messages={"required": _("Choose a number from the line.")}
    )
    reason = forms.ChoiceField(
        label=_("Why not the next in line?"),
        choices=Call.Picked.choices,
        error_messages={"required": _("Choose why this person goes before the others.")},
    )
    note = forms.CharField(
        label=_("In a few words"),
        required=False,
        max_length=120,
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        if answers.get("reason") == Call.Picked.OTHER and not answers.get("note"):
            self.add_error("note", _("Say the reason in a few words."))
        return answers


class FinishForm(forms.Form):
    """How the visit ended; done when nothing else is said."""

    outcome = forms.ChoiceField(choices=OUTCOMES, required=False)

    def clean_outcome(self) -> str:
        return self.cleaned_data["outcome"] or Ticket.Outcome.DONE


class PauseForm(forms.Form):
    """Why the window rests."""

    reason = forms.ChoiceField(choices=Break.Reason.choices, required=False)

    def clean_reason(self) -> str:
        return self.cleaned_data["reason"] or Break.Reason.REST


class TransferForm(forms.Form):
    """Where the person goes on: a window, a matter, or (`to` says so) another hall."""

    window = forms.CharField(required=False, max_length=18)
    matter = forms.CharField(required=False, max_length=18)
    to = forms.CharField(required=False, max_length=8)
    to_hall = forms.CharField(required=False, max_length=12)

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        to_hall = answers.get("to") == "hall" and answers.get("to_hall")
        if not (answers.get("window") or answers.get("matter") or to_hall):
            self.add_error(None, _("Choose a window, a matter or a hall."))
        return answers


class HandOverForm(forms.Form):
    """The colleague who takes over."""

    to = forms.CharField(
        label=_("Who takes over?"),
        max_length=18,
        error_messages={"required": _("Choose who takes over.")},
    )


class BreakForm(forms.Form):
    """When a window rests, and for how long."""

    at = forms.TimeField(
        label=_("Begins at"),
        input_formats=["%H:%M", "%H%M", "%H.%M"],
        error_messages={
            "required": _("Enter the time, for example 15:10."),
            "invalid": _("Enter the time like 15:10."),
        },
        widget=forms.TextInput(
            {"autocomplete": "off", "inputmode": "numeric", "placeholder": "15:10"}
        ),
    )
    minutes = forms.IntegerField(
        label=_("Minutes"),
        min_value=5,
        max_value=120,
        initial=20,
        error_messages={
            "required": _("Enter the minutes."),
            "invalid": _("Enter the minutes as a number."),
            "min_value": _("A break has at least 5 minutes."),
            "max_value": _("A break has at most 120 minutes."),
        },
        widget=forms.TextInput({"autocomplete": "off", "inputmode": "numeric"}),
    )

    def __init__(self, data: Any = None, **rest: Any) -> None:
        if data is not None:
            data = {name: normalize("NFKC", str(data.get(name, ""))).strip() for name in data}
        super().__init__(data, **rest)


class WindowBreakForm(BreakForm):
    """The same for any window of the hall."""

    window = forms.ChoiceField(
        label=_("Window"), error_messages={"required": _("Choose a window.")}
    )
    field_order = ["window", "at", "minutes"]  # noqa: RUF012  as Django has it

    def __init__(self, data: Any = None, *, hall: Hall, **rest: Any) -> None:
        super().__init__(data, **rest)
        windows = hall.windows.filter(is_in_use=True).order_by("number")
        self.windows = {str(window.pk): window for window in windows}
        self.fields["window"].choices = [  # type: ignore[attr-defined]
            (pk, _("Window %(number)s") % {"number": window.number})
            for pk, window in self.windows.items()
        ]

    @property
    def chosen(self) -> Window:
        return self.windows[self.cleaned_data["window"]]
