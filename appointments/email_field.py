"""The field in which an e-mail address is typed, everywhere the same."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class EmailField(forms.CharField):
    """An e-mail address as people type it; the form cleans it (appointments/emails.py)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label=_("E-mail address"),
            max_length=254,
            widget=forms.TextInput(
                {
                    "type": "email",
                    "autocomplete": "email",
                    "inputmode": "email",
                    "spellcheck": "false",
                }
            ),
            error_messages={"required": _("Enter an e-mail address.")},
            **options,
        )
