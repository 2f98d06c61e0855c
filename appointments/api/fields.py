"""Fields that understand what the pages understand: names, ID numbers, phones, codes, days."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from appointments import puzzling
from appointments.emails import clean_email
from appointments.forms import CodeForm, clean_name
from appointments.id_numbers import IdNumber, clean_id_number
from appointments.phones import clean_phone
from config import civil

EARLIEST_DAY, LATEST_DAY = date(2000, 1, 1), date(2199, 12, 31)


def understood(clean: Callable[[str], Any], text: str) -> Any:
    """What the cleaner makes of the text; its errors keep their codes."""
    try:
        return clean(text)
    except DjangoValidationError as error:
        details = [ErrorDetail(one.messages[0], one.code or "invalid") for one in error.error_list]
        raise serializers.ValidationError(details) from None


class NameField(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        text = super().run_validation(data)
        return understood(clean_name, text) if text else text


class IdNumberField(serializers.CharField):
    """An 18-character ID number; spaces, hyphens and full-width digits are understood."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=60, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        text = super().run_validation(data)
        if text is None:
            return None
        today = civil.city_date(self.context["now"])
        number: IdNumber = understood(lambda typed: clean_id_number(typed, today=today), text)
        return number


class PhoneField(serializers.CharField):
    """A mobile number; one without a country code is of the mainland."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return understood(clean_phone, super().run_validation(data))


class EmailField(serializers.CharField):
    """An e-mail address; a domain in other letters is understood."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=254, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        text = super().run_validation(data)
        return understood(clean_email, text) if text else text


class CodeField(serializers.CharField):
    """The six digits of the message."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=20, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return understood(_code, super().run_validation(data))


def _code(text: str) -> str:
    form = CodeForm({"code": text})
    if not form.is_valid():
        raise form.errors.as_data()["code"][0]
    return str(form.cleaned_data["code"])


class WorkField(serializers.CharField):
    """The work for a challenge, where an address asked a lot."""

    def __init__(self, **kwargs: Any) -> None:
        told = "Only after 429 `work_needed`: its `challenge`, solved, as ALTCHA writes it"
        super().__init__(
            required=False,
            allow_blank=True,
            default="",
            max_length=puzzling.LONGEST,
            help_text=told,
            **kwargs,
        )


class DayField(serializers.DateField):
    """A day of this product's life."""

    default_error_messages = {"far": _("Enter a day that is not so far away.")}

    def to_internal_value(self, value: Any) -> date:
        day: date = super().to_internal_value(value)
        if not EARLIEST_DAY <= day <= LATEST_DAY:
            self.fail("far")
        return day


class InstantField(serializers.DateTimeField):
    """An instant of this product's life; without an offset the city's is meant."""

    default_error_messages = {"far": _("Enter a day that is not so far away.")}

    def to_internal_value(self, value: Any) -> datetime:
        instant: datetime = super().to_internal_value(value)
        if not EARLIEST_DAY <= instant.date() <= LATEST_DAY:
            self.fail("far")
        return instant


class RowField(serializers.IntegerField):
    """A row's number, as far as the database counts."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=10**18, **kwargs)
