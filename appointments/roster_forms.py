"""Forms of the roster: planning somebody, absences, skills, time off, a break."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from config import civil
from windows.models import Absence, HallSession, Matter, Staff

PLAIN = {"autocomplete": "off"}
BAD_CLOCK = {"required": _("Enter the hour."), "invalid": _("Enter the hour like 18:30.")}
BAD_DAY = {"required": _("Enter the day."), "invalid": _("Enter the day like 2027-03-04.")}
BAD_MINUTES = {
    "required": _("Enter the minutes as a number."),
    "invalid": _("Enter the minutes as a number."),
}


def _clock(label: Any, **more: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        widget=forms.TimeInput({**PLAIN, "type": "time"}, format="%H:%M"),
        input_formats=["%H:%M", "%H:%M:%S"],
        error_messages=BAD_CLOCK,
        **more,
    )


def _day(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput({**PLAIN, "type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%Y/%m/%d"],
        error_messages=BAD_DAY,
        **more,
    )


def instant_in(session: HallSession, at: time, *, is_end: bool = False) -> datetime:
    """When the wall shows that time in the session, also after midnight.

    A time outside it is taken on the service day, and refused by the command.
    """
    found = civil.city_instant(session.service_day, at)
    if found < session.starts_at or (is_end and found <= session.starts_at):
        later = found + timedelta(days=1)
        return later if later <= session.ends_at else found
    return found


class PlaceForm(forms.Form):
    """Somebody for a place, for some hours of the session."""

    staff = forms.ChoiceField(
        label=_("Who stands there?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a person."), "invalid_choice": _("Choose a person.")},
    )
    begins = _clock(_("From"))
    ends = _clock(_("Until"))

    def __init__(self, *args: Any, session: HallSession, people: Iterable[Staff], **rest: Any):
        super().__init__(*args, **rest)
        self.session = session
        self.people = {str(one.pk): one for one in people}
        self.fields["staff"].choices = [  # type: ignore[attr-defined]
            (pk, str(one)) for pk, one in self.people.items()
        ]

    def chosen(self) -> Staff:
        return self.people[self.cleaned_data["staff"]]

    def hours(self) -> tuple[datetime, datetime]:
        said = self.cleaned_data
        return (
            instant_in(self.session, said["begins"]),
            instant_in(self.session, said["ends"], is_end=True),
        )


class PlaceBreakForm(forms.Form):
    """A rest of a window in a session."""

    at = _clock(_("Break at"))
    minutes = forms.IntegerField(
        label=_("Minutes"),
        min_value=5,
        max_value=120,
        initial=15,
        widget=forms.NumberInput({**PLAIN, "inputmode": "numeric"}),
        error_messages={
            **BAD_MINUTES,
            "min_value": _("A break lasts at least 5 minutes."),
            "max_value": _("A break lasts 120 minutes at most."),
        },
    )


class AbsenceForm(forms.Form):
    """From when to when somebody is not there; whole days when no hours are said."""

    reason = forms.ChoiceField(
        label=_("Why is the person absent?"),
        choices=Absence.Reason.choices,
        error_messages={"required": _("Choose a reason.")},
    )
    first = _day(_("First day"))
    begins_at = _clock(_("From what time"), required=False)
    last = _day(_("Last day"), required=False, help_text=_("Empty: the same day."))
    ends_at = _clock(_("Until what time"), required=False)
    minutes = forms.IntegerField(
        label=_("Minutes of time off"),
        help_text=_("For time off in lieu only. Empty: what is planned for the person then."),
        required=False,
        min_value=1,
        max_value=100_000,
        widget=forms.NumberInput({**PLAIN, "inputmode": "numeric"}),
        error_messages={**BAD_MINUTES, "min_value": _("Enter how many minutes: at least one.")},
    )

    def _in_reach(self, name: str) -> Any:
        day = self.cleaned_data[name]
        if day and not 2000 <= day.year <= 2200:
            raise forms.ValidationError(BAD_DAY["invalid"], code="invalid")
        return day

    def clean_first(self) -> Any:
        return self._in_reach("first")

    def clean_last(self) -> Any:
        return self._in_reach("last")

    def answers(self) -> dict[str, Any]:
        """What the command takes; without hours a day lasts until its midnight."""
        said = self.cleaned_data
        last = said["last"] or said["first"]
        ends = (
            civil.city_instant(last, said["ends_at"])
            if said["ends_at"]
            else civil.city_day(last)[1]
        )
        begins = civil.city_instant(said["first"], said["begins_at"] or time(0))
        minutes = said["minutes"] if said["reason"] == Absence.Reason.IN_LIEU else None
        return {"reason": said["reason"], "begins": begins, "ends": ends, "minutes": minutes}


class OwnAbsenceForm(AbsenceForm):
    """An absence that somebody asks for themselves."""

    note = forms.CharField(
        label=_("Anything your supervisor should know"),
        max_length=200,
        required=False,
        widget=forms.TextInput(PLAIN),
        error_messages={"max_length": _("Use 200 characters at most.")},
    )
    field_order = ["reason", "first", "begins_at", "last", "ends_at", "minutes", "note"]

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["reason"].label = _("Why will you be absent?")
        self.fields["minutes"].help_text = _(
            "For time off in lieu only. Empty: what is planned for you then."
        )

    def answers(self) -> dict[str, Any]:
        return super().answers() | {"note": self.cleaned_data["note"]}


class AbsenceRefusalForm(forms.Form):
    """Why an absence is refused."""

    answer = forms.CharField(
        label=_("Why not?"),
        max_length=200,
        widget=forms.TextInput(PLAIN),
        error_messages={
            "required": _("Say in a few words why not, so that your colleague can plan."),
            "max_length": _("Use 200 characters at most."),
        },
    )


class SkillsForm(forms.Form):
    """The matters that somebody can serve."""

    matters = forms.MultipleChoiceField(
        label=_("Which matters can this person serve?"),
        help_text=_("Nothing ticked means: everything."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={
            "invalid_choice": _("One of these matters is not offered any more. Look again.")
        },
    )

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        offered = Matter.objects.filter(is_offered=True).order_by("position", "pk")
        self.fields["matters"].choices = [  # type: ignore[attr-defined]
            (str(one.pk), one.name) for one in offered
        ]

    def chosen(self) -> list[int]:
        return [int(pk) for pk in self.cleaned_data["matters"]]


class CorrectionForm(forms.Form):
    """A ledger put right, with the reason."""

    minutes = forms.IntegerField(
        label=_("Minutes"),
        help_text=_("With a minus to take away, for example -30."),
        min_value=-100_000,
        max_value=100_000,
        widget=forms.NumberInput({**PLAIN, "inputmode": "text"}),
        error_messages={
            **BAD_MINUTES,
            "min_value": _("Enter fewer minutes."),
            "max_value": _("Enter fewer minutes."),
        },
    )
    note = forms.CharField(
        label=_("Why is it put right?"),
        max_length=200,
        widget=forms.TextInput(PLAIN),
        error_messages={
            "required": _("Say why, in a few words: the ledger keeps it."),
            "max_length": _("Use 200 characters at most."),
        },
    )


class SwapForm(forms.Form):
    """Whom to ask, and what for in exchange."""

    to = forms.ChoiceField(
        label=_("Whom do you ask?"),
        error_messages={
            "required": _("Choose a colleague."),
            "invalid_choice": _("Choose a colleague."),
        },
    )

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["to"].choices = [("", "—"), *choices]  # type: ignore[attr-defined]
