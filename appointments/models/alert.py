"""Who wants to be told by message that their turn is near."""

from django.db import models
from django.db.models import Q


class TurnAlert(models.Model):
    """A wish to hear when few people are left before one's number; asked for, never assumed.

    Invariants: a ticket has one alert (turn_alert_once_per_ticket); it is for a place
    from the first to the twentieth (turn_alert_place_sensible).
    """

    ticket = models.ForeignKey("queues.Ticket", on_delete=models.CASCADE, related_name="alerts")
    phone_sealed = models.BinaryField()
    phone_index = models.BinaryField(max_length=32)
    language = models.CharField(max_length=10, default="zh-hans")
    place = models.PositiveSmallIntegerField(help_text="Told when so many are before")
    made_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="Not wanted any more, or too late")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket"], name="turn_alert_once_per_ticket"),
            models.CheckConstraint(
                condition=Q(place__gte=1, place__lte=20), name="turn_alert_place_sensible"
            ),
        ]
        indexes = [
            models.Index(
                fields=["ticket"],
                condition=Q(told_at__isnull=True, ended_at__isnull=True),
                name="turn_alert_open",
            )
        ]
