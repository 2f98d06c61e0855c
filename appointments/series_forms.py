"""Parsers of what is done on many days or in several halls at once: series, copies, more
places. The rules are in the commands of `windows`."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from appointments.shape_forms import (
    HoursFields,
    SeveralHalls,
    ShapeFields,
    day_field,
    known_day,
    number_field,
    weekdays_field,
    window_choices,
    window_labels,
)
from config import civil
from windows.copying_sessions import copies, sessions_of
from windows.kinds import KindFacts
from windows.models import Hall, HallSession, Matter
from windows.placing import MorePlaces, sessions_between
from windows.series import Asked, series_days

CHANNELS = [
    ("online", _("Online")),
    ("assisted", _("For bookings on someone's behalf")),
    ("walkin", _("On-site numbers")),
]
PATTERNS = [("weekdays", _("On these days of the week")), ("workdays", _("On each working day"))]
SPANS = [("1", _("One day")), ("7", _("Seven days"))]


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
