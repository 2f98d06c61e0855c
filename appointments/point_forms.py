"""What is said of a self-service point that is out of order."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class OutForm(forms.Form):
    """What people should know, in both languages; nothing is needed."""

    note_zh = forms.CharField(
        label=_("What should people know? (in Chinese)"), max_length=100, required=False
    )
    note_en = forms.CharField(
        label=_("What should people know? (in English)"), max_length=100, required=False
    )

    def __init__(self, point: int, *args: Any, **rest: Any) -> None:
        rest["auto_id"] = f"id_{point}_%s"
        super().__init__(*args, **rest)
