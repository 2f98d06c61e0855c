"""How often somebody asked, and the work that was done for it."""

from django.db import models
from django.db.models import Q


class UsedChallenge(models.Model):
    """A proof of work that was used; it cannot be used again.

    Invariants: a challenge is used once (challenge_used_once).
    """

    digest = models.BinaryField(max_length=32)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest"], name="challenge_used_once")]
        indexes = [models.Index(fields=["expires_at"], name="challenge_age")]


class Tally(models.Model):
    """How often something was asked in a stretch of time, when Redis cannot count.

    Invariants: one count per name and stretch (tally_once_per_stretch); it counts
    (tally_counts).
    """

    name = models.BinaryField(max_length=32, help_text="Keyed digest of what is counted")
    stretch_start = models.DateTimeField()
    ends_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name", "stretch_start"], name="tally_once_per_stretch"
            ),
            models.CheckConstraint(condition=Q(count__gte=1), name="tally_counts"),
        ]
        indexes = [models.Index(fields=["ends_at"], name="tally_age")]
