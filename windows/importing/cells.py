"""What a cell says: read in either language, shown in the reader's."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from import_export.widgets import Widget

YES = {"1", "yes", "y", "true", "是", "有", "√"}
NO = {"0", "no", "n", "false", "否", "无", "×", ""}
BETWEEN = re.compile(r"[\s,，、;；/]+")
LANGUAGES = ("en", "zh-hans")


def in_all_languages(words: Any) -> set[str]:
    """The words as a file in either language has them, without regard to case."""
    said = set()
    for language in LANGUAGES:
        with translation.override(language):
            said.add(str(words).casefold())
    return said


class Cell(Widget):
    """An empty cell says nothing (None); a text is a text."""

    def __init__(self, *, required: bool = False, empty: Any = "") -> None:
        super().__init__()
        self.required, self.empty = required, empty

    def clean(self, value: Any, row: Any = None, **more: Any) -> Any:
        text = "" if value is None else str(value).strip()
        if not text:
            if self.required:
                raise ValueError(_("This must be filled in."))
            return self.empty
        return self.read(value, text)

    def read(self, value: Any, text: str) -> Any:
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        return text

    def render(self, value: Any, obj: Any = None, **more: Any) -> Any:
        return "" if value is None else value


class Number(Cell):
    def __init__(self, *, least: int = 0, most: int = 32_000, **more: Any) -> None:
        super().__init__(**{"empty": None, **more})
        self.least, self.most = least, most

    def read(self, value: Any, text: str) -> int:
        facts = {"least": self.least, "most": self.most}
        said = _("Enter a whole number from %(least)s to %(most)s.") % facts
        try:
            number = float(text)
        except ValueError as error:
            raise ValueError(said) from error
        if number != number or not self.least <= number <= self.most or number % 1:
            raise ValueError(said)
        return int(number)


class Degrees(Cell):
    """Latitude or longitude."""

    def __init__(self, *, most: int) -> None:
        super().__init__(empty=None)
        self.most = most

    def read(self, value: Any, text: str) -> Any:
        from decimal import Decimal, InvalidOperation

        said = _("Enter degrees from −%(most)s to %(most)s.") % {"most": self.most}
        try:
            degrees = Decimal(text)
        except InvalidOperation as error:
            raise ValueError(said) from error
        if not degrees.is_finite() or abs(degrees) > self.most:
            raise ValueError(said)
        return round(degrees, 5)

    def render(self, value: Any, obj: Any = None, **more: Any) -> Any:
        return "" if value is None else f"{value:.5f}"


class YesNo(Cell):
    def clean(self, value: Any, row: Any = None, **more: Any) -> bool:
        text = "" if value is None else str(value).strip().casefold()
        if text in YES:
            return True
        if text in NO:
            return False
        raise ValueError(_("Enter yes or no."))

    def render(self, value: Any, obj: Any = None, **more: Any) -> str:
        return _("yes") if value else _("no")


class Choice(Cell):
    """One of some words, by its code or in either language."""

    def __init__(self, choices: Iterable[tuple[str, Any]], **more: Any) -> None:
        super().__init__(**more)
        self.choices = list(choices)

    def read(self, value: Any, text: str) -> str:
        for code, words in self.choices:
            if text.casefold() in {code.casefold(), *in_all_languages(words)}:
                return code
        known = ", ".join(str(words) for _code, words in self.choices)
        raise ValueError(_("Choose one of these: %(known)s.") % {"known": known})

    def render(self, value: Any, obj: Any = None, **more: Any) -> str:
        return next((str(words) for code, words in self.choices if code == value), value or "")


class Day(Cell):
    def __init__(self, **more: Any) -> None:
        super().__init__(**{"empty": None, **more})

    def read(self, value: Any, text: str) -> date:
        if isinstance(value, datetime):
            return value.date()
        try:
            year, month, day = re.split(r"[-/.年月]", text.rstrip("日"))
            return date(int(year), int(month), int(day))
        except ValueError as error:
            raise ValueError(_("Enter the day like 2027-03-04.")) from error

    def render(self, value: Any, obj: Any = None, **more: Any) -> str:
        return value.isoformat() if value else ""


class Hour(Cell):
    def __init__(self, **more: Any) -> None:
        super().__init__(**{"empty": None, **more})

    def read(self, value: Any, text: str) -> time:
        if isinstance(value, (time, datetime)):
            return time(value.hour, value.minute)
        try:
            hours, minutes = text.replace("：", ":").split(":")[:2]
            return time(int(hours), int(minutes))
        except ValueError as error:
            raise ValueError(_("Enter the hour like 18:30.")) from error

    def render(self, value: Any, obj: Any = None, **more: Any) -> str:
        return f"{value:%H:%M}" if value else ""


class Codes(Cell, ABC):
    """Several codes in one cell, told apart by commas or blanks; `known` gives what each is."""

    @abstractmethod
    def known(self) -> dict[str, Any]: ...

    def read(self, value: Any, text: str) -> list[Any]:
        if isinstance(value, float) and value.is_integer():
            text = str(int(value))
        known = self.known()
        codes = [code for code in BETWEEN.split(text) if code]
        unknown = [code for code in codes if code.casefold() not in known]
        if unknown:
            raise ValueError(_("Not known: %(codes)s.") % {"codes": ", ".join(unknown[:5])})
        return list(dict.fromkeys(known[code.casefold()] for code in codes))

    def clean(self, value: Any, row: Any = None, **more: Any) -> Any:
        return super().clean(value, row, **more) or []


def joined(codes: Sequence[Any]) -> str:
    """Several codes as one cell."""
    return ("、" if (get_language() or "zh").startswith("zh") else ", ").join(map(str, codes))
