"""What carries messages: addresses, words, providers, receipts, browsers."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from appointments.models.message import Message

Channel = Message.Channel


class Contact(models.Model):
    """What is known of an address, by its blind index alone: wishes, and whether it works.

    Invariants: an address is known once per channel (contact_once_per_address); who bounced
    has a reason (contact_bounce_has_reason).
    """

    address_index = models.BinaryField(max_length=32)
    channel = models.CharField(max_length=6, choices=Channel.choices)
    opted_out_at = models.DateTimeField(
        null=True, help_text="Wants no more than what is needed for a visit"
    )
    bounced_at = models.DateTimeField(null=True)
    bounce_reason = models.CharField(max_length=200, blank=True)
    told_at = models.DateTimeField(null=True, help_text="The person was told at check-in")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["address_index", "channel"], name="contact_once_per_address"
            ),
            models.CheckConstraint(
                condition=Q(bounced_at__isnull=True) | ~Q(bounce_reason=""),
                name="contact_bounce_has_reason",
            ),
        ]


class MessageTemplate(models.Model):
    """The city's own words for a kind, channel and language; the newest version is used.

    A kind has several texts where it tells of different things (`case`: a place was drawn, or
    none). A row is never changed: other words are another version, and `is_default` goes back
    to the words of the product. Invariants: a version of a text stands once
    (template_version_once); a text says something unless it goes back to the product's
    (template_says_something).
    """

    kind = models.CharField(max_length=16, choices=Message.Kind.choices)
    case = models.CharField(max_length=12, blank=True, help_text="Which of a kind's texts")
    channel = models.CharField(max_length=6, choices=Channel.choices)
    language = models.CharField(max_length=8)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=120, blank=True, help_text="Subject of an e-mail")
    body = models.TextField(blank=True)
    is_default = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        "windows.Staff", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "case", "channel", "language", "version"],
                name="template_version_once",
            ),
            models.CheckConstraint(
                condition=Q(is_default=True) | ~Q(body=""), name="template_says_something"
            ),
        ]


class MessageProvider(models.Model):
    """How a provider is used: on or off, rank, caps and price; and how it has been lately.

    Its address and keys are in the environment, never here. The breaker is open until
    `closed_again_at`. Invariants: a provider is named once (provider_named_once); it takes no
    more than its cap in a day (provider_within_daily_cap).
    """

    name = models.CharField(max_length=20)
    channel = models.CharField(max_length=6, choices=Channel.choices)
    is_on = models.BooleanField(default=True)
    rank = models.PositiveSmallIntegerField(default=1, help_text="1 is asked first")
    per_second = models.FloatField(default=20.0, help_text="Messages a second at most")
    daily_cap = models.PositiveIntegerField(default=100_000, help_text="Messages a day at most")
    cost_mil = models.PositiveIntegerField(
        default=0, help_text="Thousandths of a yuan for each part"
    )
    free_at = models.DateTimeField(null=True, help_text="Its rate is used up until then")
    counted_on = models.DateField(null=True, help_text="The day that `taken` counts")
    taken = models.PositiveIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0, help_text="In a row")
    closed_again_at = models.DateTimeField(null=True, help_text="Asked nothing until then")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name"], name="provider_named_once"),
            models.CheckConstraint(
                condition=Q(taken__lte=F("daily_cap")), name="provider_within_daily_cap"
            ),
        ]


class ProviderCall(models.Model):
    """One question to a provider and how it ended; kept for some days."""

    class Ending(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        REFUSED = "refused", _("Refused")
        DOUBT = "doubt", _("No clear answer")

    provider = models.CharField(max_length=20)
    message = models.ForeignKey(Message, null=True, on_delete=models.SET_NULL, related_name="calls")
    at = models.DateTimeField()
    took_ms = models.PositiveIntegerField()
    ending = models.CharField(max_length=8, choices=Ending.choices)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["provider", "-at"], name="call_of_provider_lately")]


class Receipt(models.Model):
    """What a provider told later about a message; signed, counted once.

    `message` is empty for a reference that nobody knows.
    Invariants: a provider's receipt counts once (receipt_once).
    """

    provider = models.CharField(max_length=20)
    number = models.CharField(max_length=120, help_text="The provider's number of the receipt")
    message = models.ForeignKey(
        Message, null=True, on_delete=models.SET_NULL, related_name="receipts"
    )
    status = models.CharField(max_length=20)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(help_text="When it happened, says the provider")
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "number"], name="receipt_once")]


class PushBrowser(models.Model):
    """A browser that is told of a ticket's turn, also while its page is in the background.

    Invariants: a browser follows a ticket once (push_browser_once_per_ticket).
    """

    ticket = models.ForeignKey("queues.Ticket", on_delete=models.CASCADE, related_name="browsers")
    endpoint_index = models.BinaryField(max_length=32)
    subscription_sealed = models.BinaryField(help_text="Endpoint and keys, as JSON")
    language = models.CharField(max_length=8, default="zh-hans")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="Not wanted any more, or gone")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "endpoint_index"], name="push_browser_once_per_ticket"
            )
        ]
