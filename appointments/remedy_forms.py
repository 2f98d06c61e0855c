"""Parsers of the remedies of a full hall: which window and who, how much longer, how much."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from appointments import saying
from appointments.remedies.quota import ALL, HALF
from appointments.remedies.window import OnCall
from windows.models import HallSession, Staff, Window

LONGER = (30, 60, 90, 120)


class WindowForm(forms.Form):
    """Which window opens."""

    window = forms.ChoiceField(
        label=_("Which window?"), error_messages={"required": _("Choose a window.")}
    )

    def __init__(self, data: Any = None, *, windows: Iterable[Window], **rest: Any) -> None:
        super().__init__(data, **rest)
        self.windows = {str(window.number): window for window in windows}
        self.fields["window"].choices = [  # type: ignore[attr-defined]
            (number, self._words(window)) for number, window in self.windows.items()
        ]

    @staticmethod
    def _words(window: Window) -> str:
        matters = ", ".join(matter.name for matter in window.matters.all())
        number = gettext("Window %(number)s") % {"number": window.number}
        return f"{number} · {matters}" if matters else number


class WhoForm(forms.Form):
    """Who comes to the window."""

    staff = forms.ChoiceField(
        label=_("Who comes to the window?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose who comes."),
            "invalid_choice": _("This person is not free any more. Choose somebody else."),
        },
    )

    def __init__(self, data: Any = None, *, people: Iterable[OnCall], **rest: Any) -> None:
        super().__init__(data, **rest)
        self.people = {str(one.staff.pk): one for one in people}
        self.fields["staff"].choices = [  # type: ignore[attr-defined]
            (pk, who_words(one)) for pk, one in self.people.items()
        ]

    @property
    def chosen(self) -> Staff:
        return self.people[self.cleaned_data["staff"]].staff


def who_words(one: OnCall) -> str:
    """The name, and why this person can come or should rather not."""
    said = [str(one.staff)]
    if one.is_lent:
        said.append(gettext("lent by another hall"))
    elif one.entry is not None and one.entry.window is not None:
        said.append(gettext("planned there now"))
    elif one.entry is not None:
        said.append(gettext("on the floor"))
    if one.candidate is not None:
        if one.candidate.served < 1:
            said.append(gettext("does not serve everything there"))
        if not one.candidate.is_rested:
            said.append(gettext("too little rest"))
        if not (one.candidate.is_within_day and one.candidate.is_within_week):
            said.append(gettext("more hours than usual"))
    return " · ".join(said)


class ExtendForm(forms.Form):
    """How much longer than until `base` the session goes on, which is when it ended as this
    was shown: pressed twice, it is one extension."""

    base = forms.CharField(max_length=40, widget=forms.HiddenInput)
    more = forms.TypedChoiceField(
        label=_("Until when?"),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose until when.")},
    )

    def __init__(self, data: Any = None, *, session: HallSession, **rest: Any) -> None:
        super().__init__(data, **rest)
        self.session = session
        self.fields["more"].choices = [  # type: ignore[attr-defined]
            (more, self._words(more, session.ends_at + timedelta(minutes=more))) for more in LONGER
        ]

    @staticmethod
    def _words(more: int, until: datetime) -> str:
        facts = {"minutes": more, "at": saying.clock(until)}
        return gettext("%(minutes)s minutes more, until %(at)s") % facts

    @property
    def is_as_shown(self) -> bool:
        return bool(self.cleaned_data["base"] == self.session.ends_at.isoformat())

    @property
    def ends_at(self) -> datetime:
        return self.session.ends_at + timedelta(minutes=self.cleaned_data["more"])


class QuotaForm(forms.Form):
    """How much of what is not booked goes to walk-ins, and of which times."""

    percent = forms.TypedChoiceField(
        label=_("How much of what nobody booked?"),
        coerce=int,
        choices=[(ALL, _("All of it")), (HALF, _("Half of it"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how much.")},
    )
    until = forms.ChoiceField(
        label=_("Of which times?"),
        choices=[
            ("60", _("The next hour")),
            ("120", _("The next two hours")),
            ("end", _("All until the session ends")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose of which times.")},
    )

    def until_at(self, session: HallSession, now: datetime) -> datetime:
        until = self.cleaned_data["until"]
        if until == "end":
            return session.ends_at
        return min(now + timedelta(minutes=int(until)), session.ends_at)
