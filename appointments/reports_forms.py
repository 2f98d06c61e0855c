"""Which halls, days and grouping a report is asked for."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from appointments.demand_forms import ReasonForm, whole_number
from appointments.reports.names import TIMED
from appointments.reports.sensible import MOST, MOST_MINUTES
from appointments.reports.telling import HEADS
from windows.access import MOST_KEY
from windows.models import Hall

EVERY = "all"
LONGEST = timedelta(days=731)


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={
            "required": _("Enter the day."),
            "invalid": _("Write the day like this: 2026-11-24."),
        },
    )


def _choice(label: Any) -> forms.ChoiceField:
    said = _("Choose one of these.")
    return forms.ChoiceField(label=label, error_messages={"required": said, "invalid_choice": said})


class FigureForm(ReasonForm):
    """What a figure of a closed day should be, and which row of it was looked at."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput, max_value=MOST_KEY)
    count = whole_number(_("The right number"), MOST)
    minutes = whole_number(_("Minutes together"), MOST_MINUTES)
    field_order = ["seen", "count", "minutes", "reason"]

    def __init__(self, *args: Any, name: str, **rest: Any) -> None:
        super().__init__(*args, **rest)
        if name not in TIMED:
            del self.fields["minutes"]

    def clean(self) -> dict[str, Any]:
        return {"minutes": None, **(super().clean() or self.cleaned_data)}


class ReportForm(forms.Form):
    """Names as the address has them: hall, from, to, by."""

    def __init__(self, *args: Any, halls: Sequence[Hall], **rest: Any) -> None:
        super().__init__(*args, **rest)
        of, by = _choice(_("Which halls?")), _choice(_("A line for each"))
        own: list[Any] = [(hall.code, hall.name) for hall in halls]
        of.choices = [(EVERY, gettext("All halls")), *own] if len(own) > 1 else own
        by.choices = list(HEADS.items())
        self.fields.update(
            {
                "hall": of,
                "from": _day(_("From which day?")),
                "to": _day(_("To which day?")),
                "by": by,
            }
        )

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        first, last = told.get("from"), told.get("to")
        if first and last and last < first:
            self.add_error("to", gettext("The last day lies before the first."))
        elif first and last and last - first > LONGEST:
            self.add_error("to", gettext("Choose at most %(days)s days.") % {"days": LONGEST.days})
        return told
