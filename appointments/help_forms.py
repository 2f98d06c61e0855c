"""Parsers of asking a neighbouring hall for people, and of its answer."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any
from unicodedata import normalize

from django import forms
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from appointments import saying
from appointments.neighbouring import Neighbour
from config import civil
from windows.models import HallSession, Staff

PLAIN = {"autocomplete": "off"}
HOUR = {
    "required": _("Enter the hour."),
    "invalid": _("Enter the hour like 18:30."),
}


def hour_field(label: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        widget=forms.TimeInput({**PLAIN, "type": "time"}, format="%H:%M"),
        input_formats=["%H:%M", "%H:%M:%S"],
        error_messages=HOUR,
    )


class AskForm(forms.Form):
    """Whom one asks, for how many people, from when to when within the session."""

    of_hall = forms.ChoiceField(
        label=_("Ask which hall?"), error_messages={"required": _("Choose a hall.")}
    )
    people = forms.IntegerField(
        label=_("How many people do you need?"),
        min_value=1,
        max_value=20,
        widget=forms.NumberInput(
            {**PLAIN, "inputmode": "numeric", "class": "govuk-input--width-3"}
        ),
        error_messages={
            "required": _("Enter how many people you need."),
            "invalid": _("Enter the number of people as a number."),
            "min_value": _("Ask for at least one person."),
            "max_value": _("Ask for at most 20 people."),
        },
    )
    begins = hour_field(_("From"))
    ends = hour_field(_("Until"))
    note = forms.CharField(
        label=_("What should they know?"),
        required=False,
        max_length=200,
        widget=forms.TextInput(PLAIN),
        error_messages={"max_length": _("At most 200 characters.")},
    )

    def __init__(
        self,
        data: Any = None,
        *,
        session: HallSession,
        neighbours: Iterable[Neighbour],
        **rest: Any,
    ) -> None:
        if data is not None:
            data = {name: normalize("NFKC", str(data[name])).strip() for name in data}
        super().__init__(data, **rest)
        self.session = session
        self.halls = {one.hall.code: one.hall for one in neighbours}
        self.fields["of_hall"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose a hall.")),
            *((code, hall.name) for code, hall in self.halls.items()),
        ]

    @property
    def period(self) -> DateTimeTZRange:
        """The hours as instants of the session, also after midnight."""
        said = self.cleaned_data
        begins = _instant(self.session, said["begins"])
        ends = _instant(self.session, said["ends"])
        while ends <= begins:
            ends += timedelta(days=1)
        return DateTimeTZRange(begins, ends)


def _instant(session: HallSession, at: time) -> datetime:
    """When the wall shows that time in the session, or before it on the same evening."""
    day = civil.city_date(session.starts_at)
    found = civil.city_instant(day, at)
    if found < session.starts_at and found + timedelta(days=1) <= session.ends_at:
        return found + timedelta(days=1)
    return found


def asked_first(session: HallSession, asked: QueryDict, now: datetime) -> dict[str, Any]:
    """What stands in the form at first: as a link asks for, else one person for the rest of
    the session."""
    begins = max(now, session.starts_at)
    first = {
        "of_hall": "",
        "people": "1",
        "begins": saying.clock(begins),
        "ends": saying.clock(session.ends_at),
    }
    return {name: asked.get(name, usual)[:20] for name, usual in first.items()}


class GrantForm(forms.Form):
    """Who is lent, by name."""

    staff = forms.MultipleChoiceField(
        label=_("Who goes there?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose who goes there.")},
    )

    def __init__(
        self, data: Any = None, *, people: dict[int, tuple[Staff, str]], **rest: Any
    ) -> None:
        super().__init__(data, **rest)
        self.people = people
        self.fields["staff"].choices = [  # type: ignore[attr-defined]
            (str(pk), words) for pk, (_staff, words) in people.items()
        ]

    @property
    def chosen(self) -> list[Staff]:
        return [self.people[int(pk)][0] for pk in self.cleaned_data["staff"]]


class RefuseForm(forms.Form):
    """Why nobody can go there."""

    answer = forms.CharField(
        label=_("Why not?"),
        max_length=200,
        widget=forms.TextInput(PLAIN),
        error_messages={
            "required": _("Say in a few words why, so that the other hall can go on."),
            "max_length": _("At most 200 characters."),
        },
    )
