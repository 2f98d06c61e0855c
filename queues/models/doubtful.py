"""What a kiosk told and nobody could take by itself."""

from django.db import models
from django.db.models import Q


class DoubtfulNumber(models.Model):
    """A number that a kiosk says it gave while it was cut off, for a person to decide about.

    `told` is the row as it came (JSON). Invariants: a row is kept once in a hall
    (doubtful_number_once); it is decided at a time by somebody, and becomes a ticket only
    so (doubtful_number_decided_by_somebody).
    """

    hall = models.ForeignKey("windows.Hall", on_delete=models.CASCADE, related_name="+")
    device = models.ForeignKey("windows.DeviceToken", on_delete=models.CASCADE, related_name="+")
    told = models.TextField()
    digest = models.BinaryField(max_length=32)
    why = models.CharField(max_length=40, help_text="The code of the refusal")
    told_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        "windows.Staff", null=True, on_delete=models.PROTECT, related_name="+"
    )
    ticket = models.ForeignKey(
        "queues.Ticket", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hall", "digest"], name="doubtful_number_once"),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, decided_by__isnull=True, ticket__isnull=True)
                | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="doubtful_number_decided_by_somebody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["hall"], condition=Q(decided_at__isnull=True), name="doubtful_number_open"
            )
        ]
