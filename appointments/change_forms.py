"""Parsers of changes: what of a session is to be different, until when a hall is closed,
what becomes of each person. The rules are in `appointments/changes/`."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from appointments.shape_forms import SeveralHalls
from appointments.supervise_forms import PLAIN, WHEN_RELEASED
from config import civil
from windows.models import Hall, HallClosure, HallSession, Window

# What can be done to a session, and what is asked for it.
KINDS = {
    "extend": (pgettext_lazy("a session", "Extend"), ("opens", "closes", "windows")),
    "cut": (pgettext_lazy("a session", "Cut"), ("opens", "closes", "windows")),
    "move": (pgettext_lazy("a session", "Move"), ("day", "opens", "closes", "windows")),
    "cancel": (pgettext_lazy("a session", "Cancel"), ()),
}
CHOICES = {
    "move": _("Move: the new time stands unless they say no"),
    "offer": _("Offer: the new time is kept until they answer"),
    "withdraw": _("Cancel: no new time, first on the waiting list"),
}
SHORT = {
    "move": pgettext_lazy("a person", "Move"),
    "offer": pgettext_lazy("a person", "Offer"),
    "withdraw": pgettext_lazy("a person", "Cancel"),
}
DAY_WRONG = _("Enter the day like 2027-03-04.")
HOUR_WRONG = _("Enter the hour like 18:30.")
PAST_MIDNIGHT = _("An hour past midnight means the night after the session's day.")
WHEN_WRONG = _("Enter day and hour like 2027-03-04 18:30.")
PRESENT_YEARS = range(2000, 2201)


def hour_field(label: Any, help_text: Any = "") -> forms.TimeField:
    return forms.TimeField(
        label=label,
        help_text=help_text,
        widget=forms.TimeInput({**PLAIN, "type": "time"}, format="%H:%M"),
        input_formats=["%H:%M", "%H:%M:%S"],
        error_messages={"required": _("Enter the hour."), "invalid": HOUR_WRONG},
    )


def moment_field(label: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        widget=forms.DateTimeInput({**PLAIN, "type": "datetime-local"}, format=WHEN_RELEASED),
        input_formats=[WHEN_RELEASED, "%Y-%m-%d %H:%M"],
        error_messages={
            "required": _("Enter the moment: day and hour."),
            "invalid": WHEN_WRONG,
        },
    )


class ChangeForm(forms.Form):
    """What the session shall be: other hours, other windows, another day, or nothing more."""

    day = forms.DateField(
        label=_("To which day?"),
        widget=forms.DateInput({**PLAIN, "type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%Y/%m/%d"],
        error_messages={"required": _("Enter the day."), "invalid": DAY_WRONG},
    )
    opens = hour_field(_("Opens at"))
    closes = hour_field(_("Closes at"), _("An hour before the opening means the next morning."))
    windows = forms.MultipleChoiceField(
        label=_("Which windows will be staffed?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one window that will be staffed."),
            "invalid_choice": _("This window does not belong to the hall."),
        },
    )

    def __init__(self, *args: Any, session: HallSession, kind: str, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.session, self.kind = session, kind
        for name in set(self.fields) - set(KINDS[kind][1]):
            del self.fields[name]
        self.usable: dict[str, Window] = {}
        if "windows" in self.fields:
            self._offer_windows()
        if "opens" in self.fields and civil.city_date(session.ends_at) > session.service_day:
            self.fields["opens"].help_text = PAST_MIDNIGHT

    def _offer_windows(self) -> None:
        """Those in use; to cut, only those that the session has."""
        usable = self.session.hall.windows.filter(is_in_use=True)
        if self.kind == "cut":
            usable = usable.filter(pk__in=staffed_of(self.session))
        self.usable = {str(window.pk): window for window in usable.order_by("number")}
        self.fields["windows"].choices = [  # type: ignore[attr-defined]
            (pk, _now("Window %(number)s") % {"number": window.number})
            for pk, window in self.usable.items()
        ]

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if day.year not in PRESENT_YEARS:
            raise forms.ValidationError(DAY_WRONG, code="invalid")
        return day

    def service_day(self) -> date:
        day: date = self.cleaned_data.get("day", self.session.service_day)
        return day

    def hours(self) -> tuple[datetime, datetime]:
        """The session's instants as they are asked for."""
        opens, closes = self.cleaned_data["opens"], self.cleaned_data["closes"]
        return civil.session_hours(self._opening_date(opens), opens, closes)

    def _opening_date(self, opens: time) -> date:
        """The service day, or the night after it: an hour past midnight in a night session."""
        day, night = self.service_day(), self.service_day() + timedelta(days=1)
        shift = day - self.session.service_day
        before = civil.city_instant(day, opens) < self.session.starts_at + shift
        within = civil.city_instant(night, opens) < self.session.ends_at + shift
        return night if before and within else day

    def chosen(self) -> tuple[int, ...]:
        return tuple(sorted(int(pk) for pk in self.cleaned_data["windows"]))


def staffed_of(session: HallSession) -> list[int]:
    """The windows that stand in the session."""
    rows = session.staffed.filter(is_cancelled=False).order_by("window__number")
    return list(rows.values_list("window_id", flat=True))


def windows_without(session: HallSession, numbers: Collection[str]) -> list[str]:
    """The windows that stand in the session but for those of these numbers."""
    rows = session.staffed.filter(is_cancelled=False).order_by("window__number")
    return [
        str(pk)
        for pk, number in rows.values_list("window_id", "window__number")
        if str(number) not in numbers
    ]


def as_it_is(session: HallSession) -> dict[str, Any]:
    """The session's present answers to the questions of the form."""
    return {
        "day": session.service_day,
        "opens": civil.city_time(session.starts_at).time(),
        "closes": civil.city_time(session.ends_at).time(),
        "windows": [str(pk) for pk in staffed_of(session)],
    }


class CloseForm(SeveralHalls):
    """From when until when which halls cannot serve, and what the public is told."""

    closes_at = moment_field(_("Closed from"))
    opens_at = moment_field(_("Open again from"))
    reason = forms.ChoiceField(
        label=_("Why?"),
        choices=HallClosure.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say why: people ask.")},
    )
    note_zh = forms.CharField(
        label=_("What people read, in Chinese"),
        required=False,
        max_length=200,
        widget=forms.TextInput(PLAIN),
    )
    note_en = forms.CharField(
        label=_("What people read, in English"),
        required=False,
        max_length=200,
        widget=forms.TextInput(PLAIN),
    )

    def __init__(self, *args: Any, halls: Sequence[Hall], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fill_halls(halls)

    def what(self) -> dict[str, Any]:
        """What `Ask.close` takes, but for the hall."""
        return {name: value for name, value in self.cleaned_data.items() if name != "in_halls"}

    def _moment(self, name: str) -> datetime:
        at: datetime = self.cleaned_data[name]
        if at.year not in PRESENT_YEARS:
            raise forms.ValidationError(WHEN_WRONG, code="invalid")
        return at

    def clean_closes_at(self) -> datetime:
        return self._moment("closes_at")

    def clean_opens_at(self) -> datetime:
        return self._moment("opens_at")


def first_closing(now: datetime) -> dict[str, Any]:
    """The form as it opens: from now until the end of the day."""
    at = civil.city_time(now).replace(second=0, microsecond=0)
    tonight = datetime.combine(at.date() + timedelta(days=1), time(0), tzinfo=at.tzinfo)
    return {
        "closes_at": at,
        "opens_at": tonight,
        "reason": HallClosure.Reason.WEATHER,
    }


def answers_for(post: QueryDict) -> tuple[str, dict[int, str]]:
    """What becomes of all, and of the parties for whom something else was chosen."""
    default = post.get("all", "")
    choices = {}
    for name, values in post.lists():
        pk = name.removeprefix("party-")
        if pk != name and pk.isascii() and pk.isdigit() and len(pk) < 19 and values[-1] in CHOICES:
            choices[int(pk)] = values[-1]
    return (default if default in CHOICES else "offer"), choices
