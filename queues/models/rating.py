"""Ratings (好差评): five levels, after service."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Rating(models.Model):
    """What a person thought of the service; one per visit (一次一评).

    Invariants: a ticket is rated once (rating_once_per_ticket); a level is 1 to 5
    (rating_level_one_to_five).
    """

    class Level(models.IntegerChoices):
        VERY_GOOD = 5, _("Very satisfied")
        GOOD = 4, _("Satisfied")
        FAIR = 3, _("Fairly satisfied")
        BAD = 2, _("Dissatisfied")
        VERY_BAD = 1, _("Very dissatisfied")

    class Reason(models.TextChoices):
        SPEED = "speed", _("Speed")
        SKILL = "skill", _("Quality of service")
        MANNER = "manner", _("Manner")
        WAITING = "waiting", _("Waiting time")
        PLACE = "place", _("The hall")

    ticket = models.ForeignKey("queues.Ticket", on_delete=models.PROTECT, related_name="ratings")
    level = models.PositiveSmallIntegerField(choices=Level.choices)
    reasons = models.JSONField(default=list)
    comment = models.CharField(max_length=500, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket"], name="rating_once_per_ticket"),
            models.CheckConstraint(
                condition=Q(level__gte=1, level__lte=5), name="rating_level_one_to_five"
            ),
        ]
