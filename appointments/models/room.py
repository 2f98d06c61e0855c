"""The waiting room before a plain release."""

from django.db import models
from django.db.models import Q

from queues.models.ticket import public_id


class WaitingRoom(models.Model):
    """The line before one release: who came early is shuffled, who comes later stands behind.

    Invariants: a release has one room (room_once_per_release); it admits somebody
    (room_admits_somebody).
    """

    releases_at = models.DateTimeField()
    admits_per_minute = models.PositiveIntegerField()
    numbered_at = models.DateTimeField(null=True, help_text="When the early ones were shuffled")
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["releases_at"], name="room_once_per_release"),
            models.CheckConstraint(
                condition=Q(admits_per_minute__gte=1), name="room_admits_somebody"
            ),
        ]


class RoomPlace(models.Model):
    """One browser's place in a waiting room, for one person (appointments/admitting.py).

    Early places of one person share the number of the first of them.
    Invariants: its token is its own (room_token_once); a number is given once in a room
    (room_number_once).
    """

    room = models.ForeignKey(WaitingRoom, on_delete=models.CASCADE, related_name="places")
    token = models.CharField(max_length=32, default=public_id, editable=False)
    came_at = models.DateTimeField()
    lot = models.BigIntegerField(help_text="Random; orders those who came before the release")
    number = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["token"], name="room_token_once"),
            models.UniqueConstraint(
                fields=["room", "number"],
                condition=Q(number__isnull=False),
                name="room_number_once",
            ),
        ]
