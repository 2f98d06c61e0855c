"""Self-service points: where, what, hours, whether they work."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from windows.models.hall import in_language


class SelfServicePoint(models.Model):
    """A machine that saves a visit to a window, or a place with several.

    Invariants: a code names one point (point_code_once); it is known since when a point is
    out of order (point_out_since_known).
    """

    class Kind(models.TextChoices):
        TERMINAL = "terminal", _("Self-service terminal")
        PICKUP = "pickup", _("Card pickup cabinet")
        PHOTO = "photo", _("Photo booth")

    class State(models.TextChoices):
        WORKS = "works", _("Works")
        OUT = "out", _("Out of order")

    code = models.CharField(max_length=12)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    hall = models.ForeignKey(
        "windows.Hall", null=True, on_delete=models.SET_NULL, related_name="points",
        help_text="The hall that looks after it",
    )  # fmt: skip
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80, blank=True)
    district_zh = models.CharField(max_length=40)
    district_en = models.CharField(max_length=40, blank=True)
    address_zh = models.CharField(max_length=200)
    address_en = models.CharField(max_length=200, blank=True)
    latitude = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    opens = models.TimeField(null=True, help_text="Null: day and night")
    closes = models.TimeField(null=True)
    hours_note_zh = models.CharField(max_length=100, blank=True)
    hours_note_en = models.CharField(max_length=100, blank=True)
    matters = models.ManyToManyField("windows.Matter", related_name="points")
    does_zh = models.CharField(max_length=200, blank=True, help_text="What can be done there")
    does_en = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WORKS)
    out_since = models.DateTimeField(null=True)
    out_note_zh = models.CharField(max_length=100, blank=True)
    out_note_en = models.CharField(max_length=100, blank=True)
    is_shown = models.BooleanField(default=True)
    changed_by = models.ForeignKey("windows.Staff", null=True, on_delete=models.PROTECT)
    changed_at = models.DateTimeField()
    is_simulated = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code"], name="point_code_once"),
            models.CheckConstraint(
                condition=Q(state="works", out_since__isnull=True)
                | Q(state="out", out_since__isnull=False),
                name="point_out_since_known",
            ),
        ]

    @property
    def name(self) -> str:
        return in_language(self.name_zh, self.name_en)

    @property
    def district(self) -> str:
        return in_language(self.district_zh, self.district_en)

    @property
    def address(self) -> str:
        return in_language(self.address_zh, self.address_en)

    @property
    def does(self) -> str:
        return in_language(self.does_zh, self.does_en)
