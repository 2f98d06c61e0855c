"""What people say when they join the waiting list: what for, where, which days."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from appointments import saying
from appointments.drafting import Draft
from appointments.offering import last_day
from appointments.waitlist import DaysNotFitting, NoHallChosen, latest_day
from config import civil
from config.faces import show_refusal
from windows.models import Hall, Matter


@dataclass(frozen=True)
class Box:
    """One hall, or all halls of a district, to tick."""

    name: str
    value: str
    label: str
    checked: bool


@dataclass(frozen=True)
class District:
    """The halls of a district, ticked together or one by one; open when one is ticked."""

    name: str
    whole: Box
    halls: tuple[Box, ...]
    is_open: bool


class WishForm(forms.Form):
    """Which matter, which halls, which days, how many people."""

    matter = forms.ChoiceField(
        label=_("What do you come for?"),
        error_messages={"required": _("Choose what you come for.")},
    )
    hall = forms.MultipleChoiceField(label=_("Which halls?"), required=False)
    district = forms.MultipleChoiceField(label=_("Which districts?"), required=False)
    evenings = forms.BooleanField(
        label=_("Only evenings: from 17:00 on, and night sessions"), required=False
    )
    people = forms.ChoiceField(
        label=_("How many people come together?"),
        error_messages={"required": _("Choose how many people come.")},
    )

    def __init__(self, data: Any = None, *, now: datetime, most: int, **rest: Any) -> None:
        super().__init__(data, **rest)
        self.today, self.latest = civil.city_date(now), latest_day(now)
        self.matters = {one.code: one for one in _matters()}
        self.halls = list(Hall.objects.filter(is_open=True).order_by("district_en", "code"))
        names = sorted({hall.district_en for hall in self.halls})
        self._choices(
            "matter", [("", _("Choose")), *((c, m.name) for c, m in self.matters.items())]
        )
        self._choices("hall", [(hall.code, hall.name) for hall in self.halls])
        self._choices("district", [(name, name) for name in names])
        self._choices("people", [(str(n), saying.people_words(n)) for n in range(1, most + 1)])
        self.fields["from"] = self._day(_("From which day?"))
        self.fields["to"] = self._day(_("Until which day?"))

    def _choices(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def _day(self, label: Any) -> forms.DateField:
        bounds = {"min": self.today.isoformat(), "max": self.latest.isoformat()}
        return forms.DateField(
            label=label,
            widget=forms.DateInput({"type": "date", **bounds}, format="%Y-%m-%d"),
            error_messages={"required": _("Choose a day."), "invalid": _("Choose a day.")},
        )

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        if "hall" in answers and "district" in answers and not self.chosen():
            self.add_error("hall", str(NoHallChosen.message))
        first, last = answers.get("from"), answers.get("to")
        if first and last and not self.today <= first <= last <= self.latest:
            show_refusal(self, DaysNotFitting(last=saying.long_day(self.latest)))
        return answers

    def chosen(self) -> list[Hall]:
        """The halls that were ticked, one by one or by their district."""
        answers = self.cleaned_data
        return [
            hall
            for hall in self.halls
            if hall.code in answers["hall"] or hall.district_en in answers["district"]
        ]

    def districts(self) -> Iterator[District]:
        """The boxes to tick, district by district."""
        codes, names = set(self["hall"].value() or []), set(self["district"].value() or [])
        for name in dict.fromkeys(hall.district_en for hall in self.halls):
            halls = [hall for hall in self.halls if hall.district_en == name]
            boxes = tuple(Box("hall", hall.code, hall.name, hall.code in codes) for hall in halls)
            words = ngettext(
                "The %(n)s hall of %(district)s", "All %(n)s halls of %(district)s", len(halls)
            )
            label = words % {"n": len(halls), "district": halls[0].district}
            ticked = any(box.checked for box in boxes)
            whole = Box("district", name, label, name in names)
            yield District(halls[0].district, whole, boxes, ticked)


def _matters() -> list[Matter]:
    return list(Matter.objects.filter(is_offered=True).order_by("position", "pk"))


def asked_before(query: QueryDict, now: datetime) -> dict[str, Any]:
    """The first values of WishForm from the address that led here, or back here."""
    day = _day_of(query.get("day", ""))
    return {
        "matter": query.get("matter", ""),
        "hall": query.getlist("hall"),
        "district": query.getlist("district"),
        "from": _day_of(query.get("from", "")) or day or civil.city_date(now),
        "to": _day_of(query.get("to", "")) or day or last_day(now),
        "evenings": "evenings" in query,
        "people": query.get("people", "1"),
    }


def _day_of(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


@dataclass(frozen=True)
class Wish:
    """Where and when people would come, as the draft keeps it between the pages."""

    halls: tuple[str, ...]
    first: date
    last: date
    evenings: bool

    def kept(self) -> dict[str, Any]:
        return {
            "halls": list(self.halls),
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "evenings": self.evenings,
        }

    @property
    def found(self) -> list[Hall]:
        open_halls = Hall.objects.filter(code__in=self.halls, is_open=True)
        return list(open_halls.order_by("district_en", "code"))


def wish_of(form: WishForm) -> Wish:
    """What the valid form says."""
    answers = form.cleaned_data
    halls = tuple(hall.code for hall in form.chosen())
    return Wish(halls, answers["from"], answers["to"], answers["evenings"])


def wish_kept(draft: Draft) -> Wish:
    """What the draft of this journey says."""
    more = draft.more
    days = (date.fromisoformat(more["first"]), date.fromisoformat(more["last"]))
    return Wish(tuple(more["halls"]), *days, more["evenings"])
