"""Messages: an outbox row in the same transaction as its cause."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Message(models.Model):
    """One message that is owed to one person.

    Address and text are sealed. Invariants: a message of a kind is owed once per
    subject, version and channel (message_once_per_version); a claim has a lease
    (message_claim_has_lease).
    """

    class Kind(models.TextChoices):
        CODE = "code", _("Code")
        CONFIRMED = "confirmed", _("Confirmation")
        REMINDER_DAY = "reminder_day", _("Reminder, the day before")
        REMINDER_HOURS = "reminder_hours", _("Reminder, two hours before")
        MOVED = "moved", _("Changed")
        CANCELLED = "cancelled", _("Cancelled")
        WITHDRAWN = "withdrawn", _("Cancelled by the hall")
        LINKS = "links", _("Links sent again")
        WAITING = "waiting", _("On the waiting list")
        OFFER = "offer", _("A place is offered")
        REGISTERED = "registered", _("Registered for a draw")
        DRAWN = "drawn", _("Result of a draw")
        MISSED = "missed", _("Missed visit")
        ANSWERED = "answered", _("Answer to an appeal")
        SOON = "soon", _("Nearly your turn")
        DISPLACED = "displaced", _("Another time from the hall")

    class Channel(models.TextChoices):
        SMS = "sms", _("SMS")
        EMAIL = "email", _("E-mail")

    class State(models.TextChoices):
        READY = "ready", _("Ready")
        CLAIMED = "claimed", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        VOID = "void", _("Void")
        UNKNOWN = "unknown", _("Unknown")

    subject = models.CharField(max_length=60, help_text="booking:12, ticket:12 or proof:<id>")
    booking = models.ForeignKey(
        "appointments.Booking", null=True, on_delete=models.CASCADE, related_name="messages"
    )
    kind = models.CharField(max_length=16, choices=Kind.choices)
    version = models.PositiveSmallIntegerField(default=1)
    channel = models.CharField(max_length=6, choices=Channel.choices, default=Channel.SMS)
    to_sealed = models.BinaryField()
    text_sealed = models.BinaryField()
    provider_reference = models.UUIDField(default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.READY)
    due_at = models.DateTimeField()
    useless_after = models.DateTimeField(null=True, help_text="Void when not sent by then")
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "kind", "version", "channel"], name="message_once_per_version"
            ),
            models.CheckConstraint(
                condition=~Q(state="claimed") | Q(lease_until__isnull=False),
                name="message_claim_has_lease",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(state__in=["ready", "claimed"]), name="message_due"
            )
        ]


class InboxItem(models.Model):
    """What the demonstration's provider delivered; nothing leaves this machine.

    Invariants: a provider reference is delivered once (inbox_item_once).
    """

    provider_reference = models.UUIDField()
    to = models.CharField(max_length=30)
    channel = models.CharField(max_length=6)
    kind = models.CharField(max_length=16)
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider_reference"], name="inbox_item_once")
        ]
