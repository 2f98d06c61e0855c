"""How one's own messages should come. Forms parse; the rules are in messaging/wishes.py."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from appointments.email_field import EmailField
from appointments.emails import clean_email, is_offered, mask_email
from appointments.messaging.contacts import addresses_of, wants_only_needed
from appointments.models import BookingGroup
from appointments.phone_field import PhoneField
from appointments.phones import clean_phone
from appointments.sealing import unseal


class MessagesForm(forms.Form):
    """SMS or e-mail, the language, and whether reminders are wanted."""

    channel = forms.ChoiceField(
        label=_("SMS or e-mail?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how messages should come.")},
    )
    email = EmailField(required=False)
    language = forms.ChoiceField(
        label=_("In which language?"),
        choices=settings.LANGUAGES,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a language.")},
    )
    only_needed = forms.BooleanField(
        label=_("Only what I need: no reminders, and no question how it was"), required=False
    )

    def __init__(self, data: Any = None, *, group: BookingGroup) -> None:
        super().__init__(data, initial=_present(group))
        self.known = _email(group)
        ways: list[tuple[str, Any]] = [("email", _("By e-mail"))] if is_offered() else []
        if group.phone_sealed is not None:
            ending = unseal(group.phone_sealed, purpose="phone")[-4:]
            ways = [("sms", _("By SMS to ****%(ending)s") % {"ending": ending}), *ways]
        self.fields["channel"].choices = ways  # type: ignore[attr-defined]
        self.fields["email"].help_text = (
            _("Now %(address)s. Type only if it should be another one.")
            % {"address": mask_email(self.known)}
            if self.known
            else _("For messages by e-mail only.")
        )

    def clean_email(self) -> str:
        typed = self.cleaned_data["email"]
        return clean_email(typed) if typed else ""

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        missing = "email" in found and not found["email"] and not self.known
        if found.get("channel") == "email" and missing:
            self.add_error(
                "email", forms.ValidationError(_("Enter an e-mail address."), "required")
            )
        return found


def _email(group: BookingGroup) -> str:
    return unseal(group.email_sealed, purpose="email") if group.email_sealed else ""


def _present(group: BookingGroup) -> dict[str, Any]:
    used = [address for address in addresses_of(group) if address.channel == group.channel]
    return {
        "channel": group.channel,
        "language": group.language,
        "only_needed": any(map(wants_only_needed, used)),
    }


class PhoneForm(forms.Form):
    """The mobile number that staff put right."""

    phone = PhoneField()

    def clean_phone(self) -> str:
        return clean_phone(self.cleaned_data["phone"])
