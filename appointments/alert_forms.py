"""What is typed to be told by message that one's turn is near."""

from django import forms
from django.utils.translation import gettext_lazy as _

from appointments.phones import clean_phone
from appointments.puzzling import Puzzle


class AlertForm(forms.Form):
    """A phone, which is then proven by a code."""

    puzzle: Puzzle | None = None  # set when work is needed before a code is sent

    phone = forms.CharField(
        label=_("Mobile number"),
        help_text=_("We first send a code to it, so that nobody can have messages sent to others."),
        max_length=40,
        widget=forms.TextInput({"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
        error_messages={"required": _("Enter a mobile number.")},
    )

    def clean_phone(self) -> str:
        return clean_phone(self.cleaned_data["phone"])
