"""Business numbers as rows with an effective date."""

from django.db import models
from django.db.models import Q


class Rule(models.Model):
    """One business number from a date on, for the city or for one hall.

    Names and meanings: `windows/rules.py`. Invariants: a rule changes once a day in a
    hall (rule_once_a_day_in_hall) and once a day in the city (rule_once_a_day_in_city).
    """

    name = models.CharField(max_length=40)
    hall = models.ForeignKey("windows.Hall", null=True, on_delete=models.CASCADE)
    value = models.IntegerField()
    effective_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name", "hall", "effective_on"],
                condition=Q(hall__isnull=False),
                name="rule_once_a_day_in_hall",
            ),
            models.UniqueConstraint(
                fields=["name", "effective_on"],
                condition=Q(hall__isnull=True),
                name="rule_once_a_day_in_city",
            ),
        ]
