"""E-mail addresses: one written form to send to, and what a screen may show."""

import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.encoding import punycode
from django.utils.translation import gettext_lazy as _

LONGEST = 254


def clean_email(text: str) -> str:
    """The address as mail servers take it: a domain in other letters in its ASCII form.

    Full-width letters are understood; an address with a control or an invisible character
    is none. Raises ValidationError with code `email_shape`.
    """
    plain = unicodedata.normalize("NFKC", text).strip(" ")
    name, _at, domain = plain.rpartition("@")
    try:
        address = f"{name}@{punycode(domain.lower())}"
        validate_email(address)
    except (ValidationError, UnicodeError):
        address = ""
    strange = not plain.isprintable() or domain.startswith("[") or len(address) > LONGEST
    if not address or strange:
        raise ValidationError(
            _("Enter an e-mail address, such as name@example.com."), code="email_shape"
        )
    return address


def mask_email(address: str) -> str:
    """What a screen may show: the first letter and the domain."""
    name, _at, domain = address.rpartition("@")
    return f"{name[:1]}***@{domain}"
