"""Parsers of what is entered about days, notices and events. The rules are in the commands."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from windows.calendar_notices import Off
from windows.events import EventFacts
from windows.models import DemandEvent, Hall, Matter, WorkCalendarDay

PLAIN = {"autocomplete": "off"}
DATES = ["%Y-%m-%d", "%Y/%m/%d"]
DATE_ERRORS = {"required": _("Enter the day."), "invalid": _("Enter the day like 2027-03-04.")}
AS_PUBLISHED = "published"


def _date_input() -> forms.DateInput:
    return forms.DateInput({**PLAIN, "type": "date"}, format="%Y-%m-%d")


def _name(model: Any, field: str, label: Any, **more: Any) -> forms.CharField:
    """A name as long as its column allows."""
    longest = model._meta.get_field(field).max_length
    return forms.CharField(
        label=label,
        max_length=longest,
        widget=forms.TextInput(PLAIN),
        **{"required": False, **more},
    )


class DayForm(forms.Form):
    """What a day is, whatever was published."""

    day = forms.DateField(widget=forms.HiddenInput, input_formats=DATES)
    what = forms.ChoiceField(
        label=_("What is this day?"),
        choices=[
            ("work", _("A working day")),
            ("off", _("A day off")),
            (AS_PUBLISHED, _("As published: forget what was entered")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what the day is.")},
    )
    name_zh = _name(WorkCalendarDay, "name_zh", _("Why, in Chinese"))
    name_en = _name(WorkCalendarDay, "name_en", _("Why, in English"))
    is_confirmed = forms.BooleanField(label=_("This is sure"), required=False)


class OffForm(forms.Form):
    """One line of a notice: days off in a row, and weekend days worked for them."""

    name_zh = forms.CharField(widget=forms.HiddenInput, max_length=60)
    name_en = forms.CharField(widget=forms.HiddenInput, max_length=60, required=False)
    first = forms.DateField(
        label=_("First day off"), widget=_date_input(), input_formats=DATES,
        required=False, error_messages=DATE_ERRORS,
    )  # fmt: skip
    last = forms.DateField(
        label=_("Last day off"), widget=_date_input(), input_formats=DATES,
        required=False, error_messages=DATE_ERRORS,
    )  # fmt: skip
    worked = forms.CharField(
        label=_("Weekend days worked for it"),
        help_text=_("Like 2027-02-14, 2027-02-28; none: leave it empty."),
        max_length=80, required=False, widget=forms.TextInput(PLAIN),
    )  # fmt: skip

    def clean_worked(self) -> tuple[date, ...]:
        """The days, in any of the usual ways to separate them."""
        text = self.cleaned_data["worked"].replace("、", " ").replace(",", " ").replace("，", " ")
        try:
            return tuple(date.fromisoformat(part.replace("/", "-")) for part in text.split())
        except ValueError as error:
            raise forms.ValidationError(DATE_ERRORS["invalid"], code="invalid") from error

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        if bool(told.get("first")) != bool(told.get("last")) and not self.errors:
            missing = "last" if told.get("first") else "first"
            self.add_error(missing, forms.ValidationError(DATE_ERRORS["required"], code="required"))
        return told

    def line(self) -> Off | None:
        """The line; None when the notice does not name this holiday apart."""
        told = self.cleaned_data
        if not told["first"]:
            return None
        return Off(told["name_zh"], told["name_en"], told["first"], told["last"], told["worked"])


NoticeForms = forms.formset_factory(OffForm, extra=0, max_num=12, absolute_max=12)


class EventForm(forms.Form):
    """What makes more people come, where, and how many more."""

    kind = forms.ChoiceField(label=_("What is it?"), choices=DemandEvent.Kind.choices)
    name_zh = _name(
        DemandEvent, "name_zh", _("Name in Chinese"), required=True,
        error_messages={"required": _("Enter the name.")},
    )  # fmt: skip
    name_en = _name(DemandEvent, "name_en", _("Name in English"))
    first_day = forms.DateField(
        label=_("First day"), widget=_date_input(), input_formats=DATES, error_messages=DATE_ERRORS
    )
    last_day = forms.DateField(
        label=_("Last day"), widget=_date_input(), input_formats=DATES, error_messages=DATE_ERRORS
    )
    uplift_percent = forms.IntegerField(
        label=_("How many more people, in percent"),
        help_text=_("50: half as many more. −30: a third fewer. 0: only to be seen."),
        widget=forms.NumberInput({**PLAIN, "step": 5}),
        error_messages={
            "required": _("Enter a number; 0 when you do not know."),
            "invalid": _("Enter a whole number."),
        },
    )
    where = forms.ChoiceField(label=_("Where does it hold?"))
    matters = forms.ModelMultipleChoiceField(
        label=_("Which matters?"),
        help_text=_("None: all of them."),
        queryset=Matter.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    audience_zh = _name(DemandEvent, "audience_zh", _("Who comes, in Chinese"))
    audience_en = _name(DemandEvent, "audience_en", _("Who comes, in English"))

    def __init__(self, *args: Any, places: list[tuple[str, Any]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["where"].choices = places  # type: ignore[attr-defined]
        offered = Matter.objects.filter(is_offered=True).order_by("position", "pk")
        self.fields["matters"].queryset = offered  # type: ignore[attr-defined]

    def clean_uplift_percent(self) -> int:
        """Within what the column holds; what is sensible the command says."""
        return max(-10_000, min(10_000, int(self.cleaned_data["uplift_percent"])))

    def facts(self, halls: dict[str, Hall]) -> EventFacts:
        told = dict(self.cleaned_data)
        what, _colon, which = told.pop("where").partition(":")
        return EventFacts(
            **{**told, "matters": tuple(told["matters"])},
            hall=halls[which] if what == "hall" else None,
            district=which if what == "district" else "",
        )
