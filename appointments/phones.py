"""Phone numbers that can receive a code: the mainland, Hong Kong, Macao, Taiwan."""

import unicodedata

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

REGIONS = {86, 852, 853, 886}
MOBILE = {
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
}


def clean_phone(text: str) -> str:
    """The number in international form, +8613800138000.

    Spaces, hyphens and full-width digits are understood; a number without a country
    code is one of the mainland. Raises ValidationError with code `phone_shape`,
    `phone_region` or `phone_not_mobile`.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain.startswith("86") and len(plain) > 11:
        plain = "+" + plain
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    try:
        number = phonenumbers.parse(plain, "CN")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number) or not plain.isprintable():
        raise ValidationError(
            _("Enter a mobile number, such as 138 0013 8000 or +852 5123 4567."),
            code="phone_shape",
        )
    if number.country_code not in REGIONS:
        raise ValidationError(
            _("Codes can be sent to the mainland, Hong Kong, Macao and Taiwan only."),
            code="phone_region",
        )
    if phonenumbers.number_type(number) not in MOBILE:
        raise ValidationError(
            _("This number cannot receive a code by SMS. Enter a mobile number."),
            code="phone_not_mobile",
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def mask_phone(phone: str) -> str:
    """What a screen may show: the last four digits."""
    return f"****{phone[-4:]}"
