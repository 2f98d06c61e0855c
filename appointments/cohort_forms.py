"""The parser of what is entered about a card cohort. The rules are in the command."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from appointments.calendar_forms import PLAIN
from appointments.knowing_cohorts import CohortFacts

MONTHS = ["%Y-%m", "%Y/%m", "%Y-%m-%d"]


class CohortForm(forms.Form):
    """How many cards of which validity expire where, in which month."""

    month = forms.DateField(
        label=_("Month in which they expire"),
        input_formats=MONTHS,
        widget=forms.DateInput({**PLAIN, "type": "month"}, format="%Y-%m"),
        error_messages={
            "required": _("Enter the month."),
            "invalid": _("Enter the month like 2027-03."),
        },
    )
    years = forms.TypedChoiceField(
        label=_("Valid for"),
        coerce=int,
        choices=[(20, _("20 years")), (10, _("10 years")), (5, _("5 years"))],
    )
    cards = forms.IntegerField(
        label=_("How many cards?"),
        help_text=_("As the household registry says; renewals come from two months before on."),
        widget=forms.NumberInput({**PLAIN, "min": 1, "step": 1}),
        error_messages={
            "required": _("Enter how many cards."),
            "invalid": _("Enter a whole number."),
        },
    )
    where = forms.ChoiceField(label=_("Where do the people live?"))

    def __init__(self, *args: Any, areas: list[tuple[str, Any]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["where"].choices = areas  # type: ignore[attr-defined]

    def facts(self) -> CohortFacts:
        told = dict(self.cleaned_data)
        return CohortFacts(**told | {"district": told.pop("where").partition(":")[2]})
