"""What supervisors enter about demand: which days, and what a number should be."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from appointments.demanded.correcting import LONGEST_REASON, MOST_MINUTES, MOST_PEOPLE

LONGEST = timedelta(days=92)
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)


def _day(label: Any) -> forms.DateField:
    far = _("Enter a day that is not so far away.")
    return forms.DateField(
        label=label,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        validators=[MinValueValidator(EARLIEST, far), MaxValueValidator(LATEST, far)],
        error_messages={
            "required": _("Enter the day."),
            "invalid": _("Write the day like this: 2026-11-24."),
        },
    )


def _say_whole_number(most: int) -> str:
    return gettext("Enter a whole number from 0 to %(most)s.") % {"most": most}


_in_whole_numbers = lazy(_say_whole_number, str)


def whole_number(label: Any, most: int) -> forms.IntegerField:
    words = _in_whole_numbers(most)
    return forms.IntegerField(
        label=label,
        min_value=0,
        max_value=most,
        widget=forms.NumberInput({"class": "govuk-input--width-5", "inputmode": "numeric"}),
        error_messages=dict.fromkeys(["required", "invalid", "min_value", "max_value"], words),
    )


class DaysForm(forms.Form):
    """From which day to which."""

    first = _day(_("From which day?"))
    last = _day(_("To which day?"))

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        first, last = told.get("first"), told.get("last")
        if first and last and last < first:
            self.add_error("last", gettext("The last day lies before the first."))
        elif first and last and last - first > LONGEST:
            self.add_error(
                "last", gettext("Choose at most %(days)s days.") % {"days": LONGEST.days}
            )
        return told


class ReasonForm(forms.Form):
    """Why numbers of a closed day are corrected."""

    reason = forms.CharField(
        label=_("Why is it corrected?"),
        help_text=_("It stays beside the number, with your name."),
        max_length=LONGEST_REASON,
        error_messages=dict.fromkeys(
            ["required", "max_length"], _("Say why, in at most 200 characters.")
        ),
    )


class CorrectionForm(ReasonForm):
    """What a number of a closed day should be."""

    people = whole_number(_("People"), MOST_PEOPLE)
    minutes = whole_number(_("Window-minutes that they asked for"), MOST_MINUTES)
    field_order = ["people", "minutes", "reason"]
