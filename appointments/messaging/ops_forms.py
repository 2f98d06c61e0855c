"""Parser of what a person decides about a message."""

from typing import Any
from unicodedata import normalize

from django import forms
from django.utils.translation import gettext_lazy as _


class DecideForm(forms.Form):
    """Why it is sent once more, or left."""

    reason = forms.CharField(
        label=_("Why do you decide so?"),
        help_text=_("For example: the person says that nothing came. No names, no numbers."),
        max_length=200,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={
            "required": _("Say in a few words why."),
            "max_length": _("At most 200 characters."),
        },
    )

    def __init__(self, data: Any = None, **rest: Any) -> None:
        if data is not None:
            data = {name: normalize("NFKC", str(data[name])).strip() for name in data}
        super().__init__(data, **rest)
