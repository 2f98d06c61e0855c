"""E-mail addresses: one written form to send to, and what a screen may show."""

import unicodedata

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.encoding import punycode
from django.utils.translation import gettext_lazy as _

LONGEST = 254


def is_offered() -> bool:
    """True where e-mail can leave: a mail server is set up, or nothing leaves anyway."""
    return settings.DEMO or settings.TESTING or bool(settings.SMTP_URL)


def clean_email(text: str) -> str:
    """The address as mail servers take it: a domain in other letters in its ASCII form.

    Full-width letters are understood; an address with a control or an invisible character
    is none. Raises ValidationError with code `email_shape`, or `email_not_offered` where no
    e-mail can leave.
    """
    if not is_offered():
        raise ValidationError(
            _("Messages come by SMS here, not by e-mail."), code="email_not_offered"
        )
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
