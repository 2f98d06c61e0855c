"""What a supervisor says to make a session's own link."""

from datetime import datetime

from django import forms
from django.utils.translation import gettext_lazy as _

WHEN = "%Y-%m-%dT%H:%M"


class LinkForm(forms.Form):
    """Who invites, and the share that is kept for them."""

    name_zh = forms.CharField(
        label=_("Who invites? (in Chinese)"),
        help_text=_("A factory, a school or a community; it stands on the poster."),
        max_length=80,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": _("Enter who invites.")},
    )
    name_en = forms.CharField(
        label=_("Who invites? (in English)"),
        max_length=80,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    percent = forms.IntegerField(
        label=_("Which share of the online minutes is kept for them, in percent?"),
        help_text=_("0 keeps nothing. It is taken from what is still unsold."),
        min_value=0,
        max_value=100,
        initial=0,
        widget=forms.NumberInput({"inputmode": "numeric", "class": "govuk-input--width-5"}),
        error_messages={
            "required": _("Enter a number from 0 to 100."),
            "invalid": _("Enter a number from 0 to 100."),
            "min_value": _("Enter a number from 0 to 100."),
            "max_value": _("Enter a number from 0 to 100."),
        },
    )
    releases_at = forms.DateTimeField(
        label=_("From when is what is left of it for everyone?"),
        help_text=_("Needed when a share is kept."),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format=WHEN),
        input_formats=[WHEN, "%Y-%m-%d %H:%M"],
        error_messages={"invalid": _("Enter day and hour like 2027-03-04 18:30.")},
    )

    def clean_releases_at(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["releases_at"]
        if at and not 2000 <= at.year <= 2200:
            message = self.fields["releases_at"].error_messages["invalid"]
            raise forms.ValidationError(message, code="invalid")
        return at
