"""Places: halls and their windows."""

from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _


def in_language(zh: str, en: str) -> str:
    """The Chinese or the English words, as the reader's language asks."""
    return zh if (translation.get_language() or "zh").startswith("zh") or not en else en


class Hall(models.Model):
    """A place with windows.

    Invariants: a code names one hall (hall_code_once).
    """

    class Voice(models.TextChoices):
        AUTO = "auto", _("The screen's own voice, else the recorded one")
        CLIPS = "clips", _("The recorded voice")
        OWN = "own", _("The hall's own recordings")

    code = models.CharField(max_length=12)
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    district_zh = models.CharField(max_length=40)
    district_en = models.CharField(max_length=40)
    address_zh = models.CharField(max_length=200)
    address_en = models.CharField(max_length=200, blank=True)
    transport_zh = models.CharField(max_length=200, blank=True)
    transport_en = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=30, blank=True)
    latitude = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    is_open = models.BooleanField(default=True)
    voice = models.CharField(
        max_length=8, choices=Voice.choices, default=Voice.AUTO, help_text="Who calls in the hall"
    )
    voice_english = models.BooleanField(default=False, help_text="English after the Chinese")
    is_quiet = models.BooleanField(default=False, help_text="The screen flashes, nobody speaks")
    is_simulated = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code"], name="hall_code_once")]

    def __str__(self) -> str:
        return self.name

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
    def transport(self) -> str:
        return in_language(self.transport_zh, self.transport_en)


class Window(models.Model):
    """A counter in a hall, and the matters that it can serve.

    Invariants: a number stands once in a hall (window_number_once_in_hall).
    """

    hall = models.ForeignKey(Hall, on_delete=models.PROTECT, related_name="windows")
    number = models.PositiveSmallIntegerField()
    matters = models.ManyToManyField("windows.Matter", related_name="windows")
    is_accessible = models.BooleanField(default=False)
    is_in_use = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hall", "number"], name="window_number_once_in_hall")
        ]

    def __str__(self) -> str:
        return f"{self.hall_id}/{self.number}"
