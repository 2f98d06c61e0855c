"""What people type into the booking journey. Forms parse; the rules are in the commands."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlparse

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from appointments.booking import CHILD_BELOW, Attendee
from appointments.drafting import Draft, Person
from appointments.id_numbers import clean_id_number
from appointments.phones import clean_phone
from appointments.puzzling import Puzzle
from config import civil
from windows.models import Matter


def clean_name(text: str) -> str:
    """A person's name: letters of any script, with the marks that names have."""
    name = " ".join(unicodedata.normalize("NFKC", text).split())
    if not name or not all(_in_names(character) for character in name):
        raise ValidationError(
            _("Enter the name as it is on the card, in letters only."), code="name_shape"
        )
    return name


def _in_names(character: str) -> bool:
    return unicodedata.category(character)[0] in "LM" or character in " ·.'’-"


@dataclass(frozen=True)
class PersonFields:
    """The fields of one person, for one fieldset of the page."""

    number: int
    fields: tuple[BoundField, ...]


class WhoForm(forms.Form):
    """Names and ID numbers of the people who come, and one phone for all of them."""

    puzzle: Puzzle | None = None  # set when work is needed before a code is sent

    phone = forms.CharField(
        label=_("Mobile number"),
        help_text=_("We send a one-time code to it, and later the reminder."),
        max_length=40,
        widget=forms.TextInput({"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
        error_messages={"required": _("Enter a mobile number.")},
    )

    def __init__(self, *args: Any, matter: Matter, people: int, today: date, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.people, self.today, self.matter = people, today, matter
        for number in range(1, people + 1):
            self._add_person(number)
        self.order_fields([*(name for name in self.fields if name != "phone"), "phone"])
        if matter.needs_guardian:
            self._ask_consent()

    def _add_person(self, number: int) -> None:
        alone = self.people == 1
        self.fields[f"name_{number}"] = forms.CharField(
            label=_("Name") if alone else _("Name of person %(n)s") % {"n": number},
            max_length=40,
            widget=forms.TextInput({"autocomplete": "name" if number == 1 else "off"}),
            error_messages={"required": _("Enter the name.")},
        )
        self.fields[f"id_number_{number}"] = forms.CharField(
            label=_("ID number") if alone else _("ID number of person %(n)s") % {"n": number},
            help_text=_("18 characters. A child's number is in the household register."),
            max_length=60,
            widget=forms.TextInput(
                {"autocomplete": "off", "spellcheck": "false", "class": "input--id"}
            ),
            error_messages={"required": _("Enter the ID number.")},
        )
        if self.matter.needs_guardian or self._was_child(number):
            self._ask_guardian(number)

    def _was_child(self, number: int) -> bool:
        """Whether what was typed is a child's number, so that the page asks who comes along."""
        typed = self.data.get(f"id_number_{number}") or self.initial.get(f"id_number_{number}", "")
        try:
            return self._is_child(clean_id_number(typed, today=self.today).born_on)
        except ValidationError:
            return False

    def _is_child(self, born_on: date) -> bool:
        return civil.full_years(born_on, self.today) < CHILD_BELOW

    def _ask_guardian(self, number: int) -> None:
        self.fields[f"guardian_{number}"] = forms.CharField(
            label=_("Guardian who comes along"),
            help_text=_("Under 16: the child and a guardian both come, with the guardian's ID."),
            max_length=40,
            error_messages={"required": _("Enter the name of the guardian who comes along.")},
        )
        self._ask_consent()

    def _ask_consent(self) -> None:
        self.fields["consent"] = forms.BooleanField(
            label=_("I am the guardian and agree that the child's details are used for this visit"),
            error_messages={"required": _("A guardian's agreement is needed for a child.")},
        )

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        for number in range(1, self.people + 1):
            self._clean_with(f"name_{number}", clean_name)
            self._clean_with(f"guardian_{number}", clean_name)
            self._clean_with(
                f"id_number_{number}", lambda text: clean_id_number(text, today=self.today)
            )
        self._clean_with("phone", clean_phone)
        return answers

    def _clean_with(self, name: str, clean: Any) -> None:
        if name not in self.cleaned_data:
            return
        try:
            self.cleaned_data[name] = clean(self.cleaned_data[name])
        except ValidationError as error:
            self.add_error(name, error)

    def persons(self) -> Iterator[PersonFields]:
        for number in range(1, self.people + 1):
            names = [f"name_{number}", f"id_number_{number}", f"guardian_{number}"]
            yield PersonFields(number, tuple(self[name] for name in names if name in self.fields))

    def shared(self) -> list[BoundField]:
        return [self[name] for name in ("phone", "consent") if name in self.fields]

    def as_typed(self) -> tuple[Person, ...]:
        """The people in their normal form, for the draft."""
        found = self.cleaned_data
        return tuple(
            Person(
                name=found[f"name_{number}"],
                id_number=found[f"id_number_{number}"].number,
                guardian=found.get(f"guardian_{number}", ""),
            )
            for number in range(1, self.people + 1)
        )


def typed_before(draft: Draft | None) -> dict[str, Any]:
    """The first values of WhoForm from what was typed before."""
    if draft is None:
        return {}
    first: dict[str, Any] = {"phone": draft.phone}
    for number, person in enumerate(draft.people, start=1):
        first[f"name_{number}"] = person.name
        first[f"id_number_{number}"] = person.id_number
        first[f"guardian_{number}"] = person.guardian
    return first


def attendees(draft: Draft, *, today: date) -> list[Attendee]:
    """The people of the draft as the command takes them."""
    return [
        Attendee(
            name=person.name,
            id_number=clean_id_number(person.id_number, today=today),
            guardian=person.guardian,
        )
        for person in draft.people
    ]


class CodeForm(forms.Form):
    """The six digits that came to the phone."""

    puzzle: Puzzle | None = None  # set when work is needed before another code is sent

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(
            {"autocomplete": "one-time-code", "inputmode": "numeric", "class": "input--code"}
        ),
        error_messages={"required": _("Enter the six digits of the message.")},
    )

    def clean_code(self) -> str:
        code = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", self.cleaned_data["code"]))
        if not re.fullmatch(r"[0-9]{6}", code):
            raise ValidationError(_("Enter the six digits of the message."), code="code_shape")
        return code


class FindForm(forms.Form):
    """A booking's link as it was sent, or its reference and secret."""

    link = forms.CharField(
        label=_("Link from the message"),
        help_text=_("Copy the whole link of the message and put it here."),
        max_length=400,
        widget=forms.TextInput({"autocomplete": "off", "inputmode": "url", "spellcheck": "false"}),
        error_messages={"required": _("Put the link of the message here.")},
    )

    def clean_link(self) -> tuple[str, str]:
        """(reference, secret)."""
        parts = urlparse(self.cleaned_data["link"].strip())
        path = re.search(r"/b/([A-Za-z0-9-]{4,12})/?$", parts.path)
        secret = parse_qs(parts.query).get("k", [""])[0]
        if not path or not secret:
            raise ValidationError(
                _("This is not the whole link. Copy all of it, up to the last letter."),
                code="link_shape",
            )
        return path[1], secret
