"""Addresses: which ones work, and whose holders want no more than what they need."""

from datetime import datetime

from appointments.models import Contact, Message

Kind = Message.Kind
NOT_NEEDED = {Kind.REMINDER_DAY, Kind.REMINDER_HOURS, Kind.RATING}


def why_not(message: Message) -> str:
    """Why the address is not sent this kind; empty when it is."""
    if message.kind not in NOT_NEEDED or message.to_index is None:
        return ""
    wishes = Contact.objects.filter(address_index=message.to_index, channel=message.channel)
    return "not wanted" if wishes.filter(opted_out_at__isnull=False).exists() else ""


def bounced(message: Message, *, reason: str, now: datetime) -> None:
    """The address does not work: it is marked, with the reason, until it is proved again."""
    if message.to_index is None:
        return
    Contact.objects.update_or_create(
        address_index=message.to_index,
        channel=message.channel,
        defaults={"bounced_at": now, "bounce_reason": reason[:200] or "refused"},
    )
