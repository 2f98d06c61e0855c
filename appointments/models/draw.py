"""Release by draw: who registered, the seed that was promised, and what it decided."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from appointments.models.person import SealedPerson
from queues.models.ticket import public_id


class Draw(models.Model):
    """The draw that decides who gets the places of a session.

    The seed is drawn when the draw is announced; its SHA-256 (`commitment`) is published
    at once, the seed itself with the result, so that anyone can recompute it
    (appointments/drawing.py).
    Invariants: a session has one draw (draw_once_per_session); registration
    ends after it begins (draw_registration_ends); seed and result are revealed together
    and only when it is drawn (draw_revealed_when_drawn); a drawn draw never changes
    (draw_is_final, a trigger).
    """

    session = models.ForeignKey(
        "windows.HallSession", on_delete=models.PROTECT, related_name="draws"
    )
    registers_from = models.DateTimeField()
    registers_until = models.DateTimeField()
    hold_until = models.DateTimeField(help_text="Until when winners may confirm")
    commitment = models.CharField(max_length=64, help_text="SHA-256 of the seed, hexadecimal")
    seed_sealed = models.BinaryField(help_text="The seed until it is revealed")
    seed = models.CharField(max_length=64, blank=True, help_text="Revealed, hexadecimal")
    result = models.JSONField(null=True, help_text="Inputs and outcome, published as they are")
    drawn_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session"], name="draw_once_per_session"),
            models.CheckConstraint(
                condition=Q(registers_until__gt=F("registers_from")),
                name="draw_registration_ends",
            ),
            models.CheckConstraint(
                condition=(Q(drawn_at__isnull=True) & Q(seed="") & Q(result__isnull=True))
                | (Q(drawn_at__isnull=False) & ~Q(seed="") & Q(result__isnull=False)),
                name="draw_revealed_when_drawn",
            ),
        ]


class DrawEntry(models.Model):
    """People who registered together for a draw.

    Invariants: its public id is its own (draw_entry_public_id_once); a place in the drawn
    order is given once (draw_rank_once).
    """

    class State(models.TextChoices):
        REGISTERED = "registered", _("Registered")
        WON = "won", _("Won a place")
        LOST = "lost", _("Drew no place")
        LEFT = "left", _("Withdrew")

    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, related_name="entries")
    public_id = models.CharField(max_length=32, default=public_id, editable=False)
    matter = models.ForeignKey("windows.Matter", on_delete=models.PROTECT, related_name="+")
    minutes = models.PositiveSmallIntegerField(help_text="Window-minutes of all of them")
    wishes = ArrayField(
        models.BigIntegerField(), default=list, help_text="Slots by preference; empty: any"
    )
    phone_sealed = models.BinaryField()
    phone_index = models.BinaryField(max_length=32)
    language = models.CharField(max_length=8, default="zh-hans")
    state = models.CharField(max_length=10, choices=State.choices, default=State.REGISTERED)
    rank = models.PositiveIntegerField(null=True, help_text="Place in the drawn order, from 1")
    group = models.ForeignKey(
        "appointments.BookingGroup", null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField()
    is_simulated = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["public_id"], name="draw_entry_public_id_once"),
            models.UniqueConstraint(
                fields=["draw", "rank"], condition=Q(rank__isnull=False), name="draw_rank_once"
            ),
        ]


class DrawPerson(SealedPerson):
    """One of the people of a registration.

    Invariants: a person registers once for a draw (draw_person_once).
    """

    entry = models.ForeignKey(DrawEntry, on_delete=models.CASCADE, related_name="people")
    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, related_name="+")
    is_registered = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["draw", "id_index"],
                condition=Q(is_registered=True),
                name="draw_person_once",
            )
        ]
