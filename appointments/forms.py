"""What people type into the booking journey. Forms parse; the rules are in the commands."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlparse

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from appointments.attending import CHILD_BELOW, NEEDS, Attendee
from appointments.drafting import Draft, Person
from appointments.email_field import EmailField
from appointments.emails import clean_email
from appointments.id_numbers import clean_id_number
from appointments.phone_field import PhoneField
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


SHARED = ("phone", "consent")


@dataclass(frozen=True)
class PersonFields:
    """The fields of one person, for one fieldset of the page; `needs` stands apart, closed."""

    number: int
    fields: tuple[BoundField, ...]
    needs: BoundField


class WhoForm(forms.Form):
    """Names and ID numbers of the people who come, and one phone for all of them."""

    puzzle: Puzzle | None = None  # set when work is needed before a code is sent

    phone = PhoneField(help_text=_("We send a one-time code to it, and later the reminder."))

    def __init__(
        self,
        *args: Any,
        matter: Matter,
        people: int,
        today: date,
        also: Sequence[Matter] = (),
        by_email: bool = False,
        **rest: Any,
    ) -> None:
        super().__init__(*args, **rest)
        self.people, self.today, self.matter, self.also = people, today, matter, tuple(also)
        self.matters = {one.code: one for one in (matter, *also)}
        for number in range(1, people + 1):
            self._add_person(number)
        if by_email:
            self.fields["email"] = EmailField(
                required=False,
                help_text=_("The confirmation and the reminders go there instead of your phone."),
            )
        self.order_fields([*(name for name in self.fields if name not in SHARED), *SHARED])

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
        if len(self.matters) > 1 and not alone:
            self._ask_matters(number)
        if self._comes_as_child(number):
            self._ask_guardian(number)
        self.fields[f"needs_{number}"] = forms.MultipleChoiceField(
            label=_("What would help?"),
            help_text=_("The staff at the window see it, nobody else."),
            choices=list(NEEDS.items()),
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )

    def _ask_matters(self, number: int) -> None:
        self.fields[f"matters_{number}"] = forms.MultipleChoiceField(
            label=_("What does person %(n)s come for?") % {"n": number},
            choices=[(code, one.name) for code, one in self.matters.items()],
            initial=list(self.matters),
            widget=forms.CheckboxSelectMultiple,
            error_messages={"required": _("Choose what this person comes for.")},
        )

    def _comes_as_child(self, number: int) -> bool:
        """A child by the number that was typed, or because the matter is for children."""
        asked = f"matters_{number}" in self.fields
        chosen = self[f"matters_{number}"].value() or [] if asked else list(self.matters)
        for_children = [one.needs_guardian for c, one in self.matters.items() if c in chosen]
        certain = any(for_children) if self.is_bound or not asked else all(for_children)
        return certain or self._was_child(number)

    def _was_child(self, number: int) -> bool:
        """Whether what was typed is a child's number, so that the page asks who comes along."""
        born_on = self._born(number)
        return born_on is not None and self._is_child(born_on)

    def _born(self, number: int) -> date | None:
        typed = self.data.get(f"id_number_{number}") or self.initial.get(f"id_number_{number}", "")
        try:
            return clean_id_number(typed, today=self.today).born_on
        except ValidationError:
            return None

    def _is_child(self, born_on: date) -> bool:
        return civil.full_years(born_on, self.today) < CHILD_BELOW

    def _ask_guardian(self, number: int) -> None:
        beside = self._has_adult()
        self.fields[f"guardian_{number}"] = forms.CharField(
            label=_("Guardian who comes along"),
            help_text=_("Empty: the first adult of these people.")
            if beside
            else _("Under 16: the child and a guardian both come, with the guardian's ID."),
            max_length=40,
            required=not beside,
            error_messages={"required": _("Enter the name of the guardian who comes along.")},
        )
        self._ask_consent()

    def _has_adult(self) -> bool:
        """Whether somebody whose number was typed is grown up, and can be the guardian."""
        return any(self._born(n) and not self._was_child(n) for n in range(1, self.people + 1))

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
        self._clean_with("email", clean_email)
        self._name_guardians()
        return answers

    def _name_guardians(self) -> None:
        """Who left the guardian's name empty has the first adult of the party beside them."""
        found = self.cleaned_data
        adults = [
            found[f"name_{n}"]
            for n in range(1, self.people + 1)
            if f"name_{n}" in found
            and f"id_number_{n}" in found
            and not self._is_child(found[f"id_number_{n}"].born_on)
        ]
        for name in [name for name in found if name.startswith("guardian_") and not found[name]]:
            found[name] = adults[0] if adults else ""

    def _clean_with(self, name: str, clean: Any) -> None:
        if not self.cleaned_data.get(name):
            return
        try:
            self.cleaned_data[name] = clean(self.cleaned_data[name])
        except ValidationError as error:
            self.add_error(name, error)

    def persons(self) -> Iterator[PersonFields]:
        for number in range(1, self.people + 1):
            names = [f"{name}_{number}" for name in ("name", "id_number", "matters", "guardian")]
            fields = tuple(self[name] for name in names if name in self.fields)
            yield PersonFields(number, fields, self[f"needs_{number}"])

    def shared(self) -> list[BoundField]:
        return [self[name] for name in SHARED if name in self.fields]

    def email(self) -> BoundField | None:
        """Asked for beside the phone, where messages may come by e-mail."""
        return self["email"] if "email" in self.fields else None

    def as_typed(self) -> tuple[Person, ...]:
        """The people in their normal form, for the draft."""
        found, all_matters = self.cleaned_data, list(self.matters)
        return tuple(
            Person(
                name=found[f"name_{number}"],
                id_number=found[f"id_number_{number}"].number,
                guardian=found.get(f"guardian_{number}", ""),
                needs=tuple(found[f"needs_{number}"]),
                matters=tuple(found.get(f"matters_{number}", all_matters)),
            )
            for number in range(1, self.people + 1)
        )


def typed_before(draft: Draft | None) -> dict[str, Any]:
    """The first values of WhoForm from what was typed before."""
    if draft is None:
        return {}
    first: dict[str, Any] = {"phone": draft.phone, "email": draft.email}
    for number, person in enumerate(draft.people, start=1):
        first[f"name_{number}"] = person.name
        first[f"id_number_{number}"] = person.id_number
        first[f"guardian_{number}"] = person.guardian
        first[f"needs_{number}"] = list(person.needs)
        if person.matters:
            first[f"matters_{number}"] = list(person.matters)
    return first


def attendees(draft: Draft, *, today: date) -> list[Attendee]:
    """The people of the draft as the command takes them."""
    codes = {code for person in draft.people for code in person.matters}
    known = {one.code: one for one in Matter.objects.filter(code__in=codes)} if codes else {}
    return [
        Attendee(
            name=person.name,
            id_number=clean_id_number(person.id_number, today=today),
            guardian=person.guardian,
            needs=person.needs,
            matters=tuple(known[code] for code in person.matters if code in known),
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


class LinksForm(forms.Form):
    """The phone that booked, to send its links again."""

    phone = PhoneField(
        help_text=_("The one that you gave when booking. The links go to it, to nobody else.")
    )

    def clean_phone(self) -> str:
        return clean_phone(self.cleaned_data["phone"])
