"""Parsers of weekly plans, of what is usual for a kind, of series, copies and more places.
The rules are in the commands of `windows`."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

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
from config import civil
from windows.copying_sessions import copies, sessions_of
from windows.kinds import KindFacts
from windows.models import Hall, HallSession, Matter, WeeklyPlan, Window
from windows.placing import MorePlaces, sessions_between
from windows.series import Asked, series_days

RELEASES = [
    ("", _("As usual for the kind")),
    ("plain", _("Who comes first")),
    ("room", _("Who comes first, behind a waiting room")),
]
CHANNELS = [
    ("online", _("Online")),
    ("assisted", _("For bookings on someone's behalf")),
    ("walkin", _("On-site numbers")),
]
PATTERNS = [("weekdays", _("On these days of the week")), ("workdays", _("On each working day"))]
SPANS = [("1", _("One day")), ("7", _("Seven days"))]


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


class SeveralHalls(forms.Form):
    """Which of one's halls are meant."""

    in_halls = forms.MultipleChoiceField(
        label=_("In which halls?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one hall."),
            "invalid_choice": _("You do not supervise that hall."),
        },
    )

    def fill_halls(self, halls: Sequence[Hall]) -> None:
        self.mine = {hall.code: hall for hall in halls}
        self.fields["in_halls"].choices = [  # type: ignore[attr-defined]
            (code, hall.name) for code, hall in self.mine.items()
        ]

    def halls(self) -> list[Hall]:
        return [self.mine[code] for code in self.cleaned_data["in_halls"]]


class SeriesForm(HoursFields, ShapeFields, SeveralHalls):
    """The same session on several days, in one hall or in several."""

    pattern = forms.ChoiceField(
        label=_("On which days?"), choices=PATTERNS, widget=forms.RadioSelect
    )
    weekdays = weekdays_field(_("Days of the week"), required=False)
    first = day_field(_("From which day?"))
    count = number_field(_("How many days?"), required=False, min_value=1)
    last = day_field(_("Or until which day?"), required=False)
    extra = number_field(
        _("Extra on-site numbers for each session"),
        required=False,
        min_value=0,
        help_text=_("Beyond the share for who comes without a booking."),
    )
    windows = forms.MultipleChoiceField(
        label=_("Which windows will be staffed?"),
        help_text=_("In other halls: the same numbers, or others that are free."),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one window that will be staffed.")},
    )
    release_days = number_field(
        _("Bookable how many days before?"),
        required=False,
        min_value=0,
        max_value=180,
        help_text=_("Empty: at once."),
    )

    def __init__(
        self, *args: Any, hall: Hall, halls: Sequence[Hall], facts: KindFacts | None = None,
        **rest: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **rest)
        self.hall = hall
        self.usable = window_choices(hall)
        self.fields["windows"].choices = window_labels(self.usable)  # type: ignore[attr-defined]
        self.fill_choices(facts)
        self.fill_halls(halls)

    def clean_first(self) -> date | None:
        return known_day(self.cleaned_data["first"])

    def clean_last(self) -> date | None:
        return known_day(self.cleaned_data["last"])

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        typed = self.cleaned_data
        if "count" in typed and "last" in typed and not (typed["count"] or typed["last"]):
            self.add_error("count", _("Say how many days, or until which day."))
        by_weekday = typed.get("pattern") == "weekdays"
        if by_weekday and "weekdays" in typed and not typed["weekdays"]:
            self.add_error("weekdays", _("Choose at least one day of the week."))
        return cleaned

    def more(self) -> MorePlaces | None:
        """The extra on-site numbers, each as long as the first matter of the sessions."""
        matters = self.chosen_matters() or list(self.offered.values())
        extra = self.cleaned_data["extra"]
        return MorePlaces(matters[0], extra, "walkin") if extra and matters else None

    def asked(self) -> list[Asked]:
        """The sessions that are asked for. Refuses what `series_days` refuses."""
        typed = self.cleaned_data
        days = series_days(
            first=typed["first"], weekdays=[int(day) for day in typed["weekdays"]],
            each_workday=typed["pattern"] == "workdays", count=typed["count"], last=typed["last"],
        )  # fmt: skip
        numbers = tuple(self.usable[pk].number for pk in typed["windows"])
        hours = typed["kind"], typed["opens"], typed["closes"]
        return [
            Asked(hall, day, *hours, numbers, self.shape(), typed["release_days"])
            for day in days
            for hall in self.halls()
        ]


class CopyForm(SeveralHalls):
    """A hall's day or week once more, on other days or in other halls."""

    first = day_field(_("Copy from which day on?"))
    span = forms.ChoiceField(label=_("How much?"), choices=SPANS, widget=forms.RadioSelect)
    to_first = day_field(_("To which day on?"))

    def __init__(self, *args: Any, hall: Hall, halls: Sequence[Hall], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.hall = hall
        self.fill_halls(halls)

    def clean_first(self) -> date | None:
        return known_day(self.cleaned_data["first"])

    def clean_to_first(self) -> date | None:
        return known_day(self.cleaned_data["to_first"])

    def source(self) -> list[HallSession]:
        typed = self.cleaned_data
        return sessions_of(hall=self.hall, first=typed["first"], days=int(typed["span"]))

    def asked(self) -> list[Asked]:
        typed = self.cleaned_data
        return copies(
            self.source(), first=typed["first"], to_first=typed["to_first"], halls=self.halls()
        )


class PlacesForm(SeveralHalls):
    """More places of a matter over some days."""

    matter = forms.ChoiceField(label=_("Places for which matter?"))
    places = number_field(_("How many more for each session?"))
    channel = forms.ChoiceField(label=_("Where to?"), choices=CHANNELS, widget=forms.RadioSelect)
    first = day_field(_("From which day?"))
    last = day_field(_("Until which day?"))
    pattern = forms.ChoiceField(
        label=_("On which days?"), choices=PATTERNS, widget=forms.RadioSelect
    )
    weekdays = weekdays_field(
        _("Days of the week"), required=False, help_text=_("None ticked: all of them.")
    )
    kind = forms.ChoiceField(
        label=_("In which sessions?"),
        choices=[("", pgettext_lazy("kinds of sessions", "In all")), *HallSession.Kind.choices],
        required=False,
    )

    def __init__(self, *args: Any, halls: Sequence[Hall], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fill_halls(halls)
        offered = Matter.objects.filter(is_offered=True).order_by("position", "pk")
        self.offered = {str(matter.pk): matter for matter in offered}
        self.fields["matter"].choices = [  # type: ignore[attr-defined]
            (pk, matter.name) for pk, matter in self.offered.items()
        ]

    def clean_first(self) -> date | None:
        return known_day(self.cleaned_data["first"])

    def clean_last(self) -> date | None:
        return known_day(self.cleaned_data["last"])

    def more(self) -> MorePlaces:
        typed = self.cleaned_data
        return MorePlaces(self.offered[typed["matter"]], typed["places"], typed["channel"])

    def sessions(self, now: Any) -> list[HallSession]:
        """Refuses: NoSessions."""
        typed = self.cleaned_data
        return sessions_between(
            halls=self.halls(), first=typed["first"], last=typed["last"],
            weekdays=[int(day) for day in typed["weekdays"]],
            each_workday=typed["pattern"] == "workdays", kind=typed["kind"], now=now,
        )  # fmt: skip


def next_saturday(now: Any) -> date:
    today = civil.city_date(now)
    return today + timedelta(days=(5 - today.weekday()) % 7 or 7)


def windows_of(hall: Hall) -> list[Window]:
    return list(hall.windows.filter(is_in_use=True).order_by("number"))
