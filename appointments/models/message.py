"""Messages: an outbox row in the same transaction as its cause."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Message(models.Model):
    """One message that is owed to one person.

    Address and text are sealed; a text that is made when the message leaves is kept then.
    `provider` names who was handed the message, or is about to be: while it is empty nothing
    can have left. A family's messages leave as one: the others name it in `bundled_into` and
    come to the state that it comes to.
    Invariants: a message of a kind is owed once per subject, version and channel
    (message_once_per_version); a claim has a lease (message_claim_has_lease); what was sent
    or is in doubt names its provider (message_sent_names_provider); one that is delivered
    says when (message_delivered_has_time); one in a bundle is led by another
    (message_led_by_another); it only makes legal moves (message_moves_legally, a trigger
    made from MOVES).
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
        RATING = "rating", _("How was it?")

    class Channel(models.TextChoices):
        SMS = "sms", _("SMS")
        EMAIL = "email", _("E-mail")
        PUSH = "push", _("Browser")

    class State(models.TextChoices):
        READY = "ready", _("Ready")
        CLAIMED = "claimed", _("Being sent")
        SENT = "sent", _("Sent")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Failed")
        VOID = "void", _("Void")
        UNKNOWN = "unknown", _("Unknown")

    MOVES: dict[str, set[str]] = {
        "ready": {"claimed", "void"},
        "claimed": {"ready", "sent", "delivered", "failed", "void", "unknown"},
        "sent": {"delivered", "failed"},
        "delivered": set(),
        "failed": {"ready", "delivered"},  # by a person; by a receipt that comes late
        "void": {"ready"},  # what silenced it was taken back
        "unknown": {"ready", "sent", "delivered", "failed"},  # by a person, or by a receipt
    }
    LEFT = ["sent", "delivered"]

    subject = models.CharField(max_length=60, help_text="booking:12, ticket:12 or proof:<id>")
    booking = models.ForeignKey(
        "appointments.Booking", null=True, on_delete=models.CASCADE, related_name="messages"
    )
    kind = models.CharField(max_length=16, choices=Kind.choices)
    version = models.PositiveSmallIntegerField(default=1)
    channel = models.CharField(max_length=6, choices=Channel.choices, default=Channel.SMS)
    language = models.CharField(max_length=8, default="zh-hans")
    to_sealed = models.BinaryField()
    to_index = models.BinaryField(max_length=32, null=True, help_text="Of the address")
    text_sealed = models.BinaryField(null=True)
    provider_reference = models.UUIDField(default=uuid.uuid4, editable=False)
    provider = models.CharField(max_length=20, blank=True)
    accepted_as = models.CharField(max_length=120, blank=True, help_text="The provider's number")
    parts = models.PositiveSmallIntegerField(default=0, help_text="SMS are billed by part")
    cost_mil = models.PositiveIntegerField(default=0, help_text="Thousandths of a yuan")
    bundled_into = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="bundled"
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.READY)
    due_at = models.DateTimeField()
    useless_after = models.DateTimeField(null=True, help_text="Void when not sent by then")
    attempt = models.PositiveSmallIntegerField(default=0)
    refusals = models.PositiveSmallIntegerField(default=0, help_text="Of providers, since ready")
    lease_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True, help_text="Came to the state in which it is")
    resent_by = models.ForeignKey(
        "windows.Staff", null=True, on_delete=models.PROTECT, related_name="+"
    )
    resent_at = models.DateTimeField(null=True, help_text="A person let it go once more")
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
            models.CheckConstraint(
                condition=~Q(state__in=["sent", "delivered", "unknown"]) | ~Q(provider=""),
                name="message_sent_names_provider",
            ),
            models.CheckConstraint(
                condition=~Q(state="delivered") | Q(delivered_at__isnull=False),
                name="message_delivered_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(bundled_into=F("id")), name="message_led_by_another"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                condition=Q(state__in=["ready", "claimed"], bundled_into__isnull=True),
                name="message_due",
            ),
            models.Index(fields=["to_index", "sent_at"], name="message_of_address"),
            models.Index(
                fields=["settled_at"],
                condition=Q(state__in=["failed", "unknown"]),
                name="message_in_trouble",
            ),
            models.Index(fields=["provider_reference"], name="message_by_reference"),
        ]


class InboxItem(models.Model):
    """What the demonstration's provider delivered; nothing leaves this machine.

    Invariants: a provider reference is delivered once (inbox_item_once).
    """

    provider_reference = models.UUIDField()
    to = models.CharField(max_length=254)
    channel = models.CharField(max_length=6)
    kind = models.CharField(max_length=16)
    title = models.CharField(max_length=120, blank=True)
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider_reference"], name="inbox_item_once")
        ]


class MessageDecision(models.Model):
    """What a person decided about a message that was parked or had failed.

    Kept by the message's number, since some messages are forgotten after a day; written once,
    never changed (message_decision_append_only).
    """

    class What(models.TextChoices):
        AGAIN = "again", _("Sent once more")
        LEAVE = "leave", _("Left as it is")
        ASKED = "asked", _("The provider was asked")

    message_number = models.BigIntegerField(db_index=True)
    what = models.CharField(max_length=5, choices=What.choices)
    at = models.DateTimeField()
    by = models.ForeignKey("windows.Staff", on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    was_state = models.CharField(max_length=9)
    was_provider = models.CharField(max_length=20, blank=True)
    was_reference = models.UUIDField()
    was_attempt = models.PositiveSmallIntegerField()
