"""The field in which a phone is typed, everywhere the same."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class PhoneField(forms.CharField):
    """A mobile number as people type it; the form cleans it (appointments/phones.py)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label=_("Mobile number"),
            max_length=40,
            widget=forms.TextInput({"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
            error_messages={"required": _("Enter a mobile number.")},
            **options,
        )
