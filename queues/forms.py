"""Parsers of what people enter on the pages of the line."""

from django import forms
from django.utils.translation import gettext_lazy as _

from queues.models import Rating


class RatingForm(forms.Form):
    """Five levels, what made it so, and one's own words: only the level is asked for."""

    level = forms.TypedChoiceField(
        label=_("How was the service?"),
        choices=Rating.Level.choices,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the five levels.")},
    )
    reasons = forms.MultipleChoiceField(
        label=_("What made it so?"),
        choices=Rating.Reason.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    comment = forms.CharField(
        label=_("Anything you want to tell us"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
