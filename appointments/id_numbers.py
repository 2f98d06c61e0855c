"""Citizen identity numbers (公民身份号码, GB 11643-1999).

18 characters: address code (6), date of birth (8), sequence (3, odd for men), check
character by ISO 7064 MOD 11-2. The address code is information, never a reason to
refuse: codes change, and many people carry one that no table has for their birth year.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
EARLIEST_BIRTH = date(1880, 1, 1)


@dataclass(frozen=True)
class IdNumber:
    number: str
    born_on: date
    is_female: bool


def check_character(first_17: str) -> str:
    """The 18th character (ISO 7064 MOD 11-2)."""
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, first_17, strict=True))
    return "10X98765432"[total % 11]


def normalise(text: str) -> str:
    """As on the card: no spaces or hyphens, ASCII, capital X."""
    plain = unicodedata.normalize("NFKC", text)
    return re.sub(r"[\s\-‐-―·.]", "", plain).upper()


def clean_id_number(text: str, *, today: date) -> IdNumber:
    """The number in its normal form, with what it says.

    Raises ValidationError with code `id_15`, `id_shape`, `id_date`, `id_future` or
    `id_check`.
    """
    number = normalise(text)
    if re.fullmatch(r"[0-9]{15}", number):
        raise ValidationError(
            _("15-digit numbers are no longer valid. Enter the 18-digit number."), code="id_15"
        )
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise ValidationError(
            _("Enter the 18 characters of the ID number: digits, the last may be X."),
            code="id_shape",
        )
    born_on = _birth(number, today)
    if check_character(number[:17]) != number[17]:
        raise ValidationError(
            _("One character of this ID number is wrong. Please compare it with the card."),
            code="id_check",
        )
    return IdNumber(number=number, born_on=born_on, is_female=int(number[16]) % 2 == 0)


def _birth(number: str, today: date) -> date:
    try:
        born_on = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        born_on = date.min
    if born_on < EARLIEST_BIRTH:
        raise ValidationError(
            _("The date of birth in this ID number does not exist. Please compare it."),
            code="id_date",
        )
    if born_on > today:
        raise ValidationError(
            _("The date of birth in this ID number is in the future. Please compare it."),
            code="id_future",
        )
    return born_on


def mask_id(number: str) -> str:
    """What a screen may show: 440***********1236."""
    return f"{number[:3]}{'*' * 11}{number[-4:]}"


def mask_name(name: str) -> str:
    """What a screen may show: 陈*宁, 王*."""
    if len(name) <= 1:
        return name
    if len(name) == 2:
        return f"{name[0]}*"
    return f"{name[0]}{'*' * (len(name) - 2)}{name[-1]}"
