"""What is typed to be told by message that one's turn is near."""

from django import forms
from django.utils.translation import gettext_lazy as _

from appointments.phone_field import PhoneField
from appointments.phones import clean_phone
from appointments.puzzling import Puzzle


class AlertForm(forms.Form):
    """A phone, which is then proven by a code."""

    puzzle: Puzzle | None = None  # set when work is needed before a code is sent

    phone = PhoneField(
        help_text=_("We first send a code to it, so that nobody can have messages sent to others.")
    )

    def clean_phone(self) -> str:
        return clean_phone(self.cleaned_data["phone"])
