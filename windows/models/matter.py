"""What people come for, and what they bring."""

from django.db import models
from django.db.models import Q

from windows.models.hall import in_language


class Matter(models.Model):
    """What a person comes for: first issue, renewal, replacement, temporary card, pickup.

    Invariants: a code names one matter (matter_code_once);
    a matter takes 1 to 120 minutes (matter_minutes_sensible).
    """

    code = models.CharField(max_length=20)
    prefix = models.CharField(max_length=1, help_text="Letter of its ticket numbers")
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60)
    summary_zh = models.CharField(max_length=200)
    summary_en = models.CharField(max_length=200)
    minutes = models.PositiveSmallIntegerField(help_text="Window-minutes a booking takes")
    fee_cny = models.PositiveSmallIntegerField(default=0)
    promised_workdays = models.PositiveSmallIntegerField(default=20)
    min_age = models.PositiveSmallIntegerField(null=True)
    max_age = models.PositiveSmallIntegerField(null=True)
    needs_guardian = models.BooleanField(default=False)
    online_hint_zh = models.CharField(max_length=300, blank=True)
    online_hint_en = models.CharField(max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_offered = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code"], name="matter_code_once"),
            models.CheckConstraint(
                condition=Q(minutes__gte=1, minutes__lte=120), name="matter_minutes_sensible"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_language(self.name_zh, self.name_en)

    @property
    def summary(self) -> str:
        return in_language(self.summary_zh, self.summary_en)

    @property
    def online_hint(self) -> str:
        return in_language(self.online_hint_zh, self.online_hint_en)


class Material(models.Model):
    """One thing to bring, or one step at the window, for a matter.

    Invariants: a place in the list is taken once (material_position_once).
    """

    class Kind(models.TextChoices):
        BRING = "bring"
        STEP = "step"

    matter = models.ForeignKey(Matter, on_delete=models.CASCADE, related_name="materials")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.BRING)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    note_zh = models.CharField(max_length=300, blank=True)
    note_en = models.CharField(max_length=300, blank=True)
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["matter", "kind", "position"], name="material_position_once"
            )
        ]

    @property
    def name(self) -> str:
        return in_language(self.name_zh, self.name_en)

    @property
    def note(self) -> str:
        return in_language(self.note_zh, self.note_en)
