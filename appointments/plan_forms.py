"""Parsers of weekly plans and of what is usual for a kind. The rules are in the commands of
`windows`."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from appointments.shape_forms import (
    HoursFields,
    ShapeFields,
    day_field,
    hour_field,
    known_day,
    number_field,
    weekdays_field,
    window_choices,
    window_labels,
)
from windows.kinds import KindFacts
from windows.models import Hall, HallSession, WeeklyPlan

RELEASES = [
    ("", _("As usual for the kind")),
    ("plain", _("Who comes first")),
    ("room", _("Who comes first, behind a waiting room")),
]


class PlanForm(HoursFields, ShapeFields):
    """A weekly plan of one hall."""

    weekdays = weekdays_field(
        _("On which days of the week?"),
        error_messages={"required": _("Choose at least one day of the week.")},
    )
    on = forms.ChoiceField(label=_("And the calendar?"), choices=WeeklyPlan.On.choices)
    windows = forms.MultipleChoiceField(
        label=_("Which windows will be staffed?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one window that will be staffed.")},
    )
    valid_from = day_field(_("From which day?"))
    valid_until = day_field(
        _("Until which day?"), required=False, help_text=_("Empty: it goes on.")
    )
    release = forms.ChoiceField(
        label=_("How do people get the places?"), choices=RELEASES, required=False
    )
    release_days = number_field(_("Bookable how many days before?"), required=False, min_value=0)

    def __init__(self, *args: Any, hall: Hall, facts: KindFacts | None = None, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.hall = hall
        self.usable = window_choices(hall)
        self.fields["windows"].choices = window_labels(self.usable)  # type: ignore[attr-defined]
        self.fill_choices(facts)

    def clean_valid_from(self) -> date | None:
        return known_day(self.cleaned_data["valid_from"])

    def clean_valid_until(self) -> date | None:
        return known_day(self.cleaned_data["valid_until"])

    def clean_release_days(self) -> int | None:
        days: int | None = self.cleaned_data["release_days"]
        if days is not None and days > 180:
            raise forms.ValidationError(_("At most 180 days before."), code="invalid")
        return days

    def facts(self) -> dict[str, Any]:
        """What `add_plan` and `change_plan` take beside hall and person."""
        typed = self.cleaned_data
        names = (
            "kind", "on", "opens", "closes", "valid_from", "valid_until", "slot_minutes",
            "walkin_percent", "assisted_percent", "audience_zh", "audience_en", "release",
            "release_days",
        )  # fmt: skip
        return {name: typed[name] for name in names} | {
            "weekdays": [int(day) for day in typed["weekdays"]],
            "windows": [self.usable[pk] for pk in typed["windows"]],
            "matters": self.chosen_matters(),
        }


def plan_answers(plan: WeeklyPlan) -> dict[str, Any]:
    """The form as the plan is."""
    names = (
        "kind", "on", "opens", "closes", "valid_until", "slot_minutes", "walkin_percent",
        "assisted_percent", "audience_zh", "audience_en", "release", "release_days",
    )  # fmt: skip
    return {name: getattr(plan, name) for name in names} | {
        "weekdays": [str(day) for day in plan.weekdays],
        "windows": [str(window.pk) for window in plan.windows.all()],
        "matters": [str(matter.pk) for matter in plan.matters.all()],
        "next_day": plan.closes <= plan.opens,
    }


class EndForm(forms.Form):
    """The last day of a plan."""

    last_day = day_field(_("Its last day"))

    def clean_last_day(self) -> date | None:
        return known_day(self.cleaned_data["last_day"])


class KindForm(ShapeFields):
    """What is usual for a kind, from a day on."""

    effective_on = day_field(_("From which day?"))
    opens = hour_field(_("Opens at"), required=False)
    closes = hour_field(_("Closes at"), required=False)
    release = forms.ChoiceField(
        label=_("How do people get the places?"), choices=HallSession.Release.choices
    )
    release_days = number_field(_("Bookable how many days before?"), required=False, min_value=0)

    def __init__(self, *args: Any, facts: KindFacts | None = None, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fill_choices(facts)

    def clean_effective_on(self) -> date | None:
        return known_day(self.cleaned_data["effective_on"])

    def clean_release_days(self) -> int | None:
        days: int | None = self.cleaned_data["release_days"]
        if days is not None and days > 180:
            raise forms.ValidationError(_("At most 180 days before."), code="invalid")
        return days

    def said(self) -> dict[str, Any]:
        """What `set_default` takes."""
        said = {name: value for name, value in self.cleaned_data.items() if name != "matters"}
        return said | {"matters": self.chosen_matters()}
