"""What people were told about their wait, and how well such words fitted before."""

from django.db import models
from django.db.models import F, Q


class Prediction(models.Model):
    """The range that a ticket was given when it was issued, in minutes.

    Invariants: a ticket has one prediction (prediction_once_per_ticket); half of people
    wait no longer than nine in ten (prediction_in_order).
    """

    ticket = models.ForeignKey(
        "queues.Ticket", on_delete=models.CASCADE, related_name="predictions"
    )
    made_at = models.DateTimeField()
    half = models.PositiveSmallIntegerField()
    most = models.PositiveSmallIntegerField()
    facts = models.JSONField(default=dict, help_text="People ahead, windows, raw minutes")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket"], name="prediction_once_per_ticket"),
            models.CheckConstraint(condition=Q(most__gte=F("half")), name="prediction_in_order"),
        ]


class WaitFit(models.Model):
    """How estimates of a hall are corrected from a day on, learned from earlier days.

    Invariants: a hall learns once a day (wait_fit_once_a_day); factors are positive
    (wait_fit_positive).
    """

    hall = models.ForeignKey("windows.Hall", on_delete=models.CASCADE, related_name="+")
    learned_on = models.DateField(help_text="In force from this service day on")
    half_factor = models.FloatField(default=1.0)
    most_factor = models.FloatField(default=1.0)
    tickets = models.PositiveIntegerField(help_text="Predictions that were compared")
    facts = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hall", "learned_on"], name="wait_fit_once_a_day"),
            models.CheckConstraint(
                condition=Q(half_factor__gt=0, most_factor__gt=0), name="wait_fit_positive"
            ),
        ]
