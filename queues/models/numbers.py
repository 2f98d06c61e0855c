"""How numbers are given and printed: counters, blocks of a machine, papers."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from queues.models.ticket import BLOCK_NUMBERS, Ticket


class NumberCounter(models.Model):
    """The last number given in a hall, day and letter; its row lock makes numbers gapless.

    Invariants: one counter per hall, service day and letter (number_counter_once).
    """

    hall = models.ForeignKey("windows.Hall", on_delete=models.CASCADE)
    service_day = models.DateField()
    prefix = models.CharField(max_length=1)
    last = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hall", "service_day", "prefix"], name="number_counter_once"
            )
        ]


class NumberBlock(models.Model):
    """Numbers reserved for a kiosk, to be given when it cannot reach us.

    `public_ids` are those of the numbers from `first` on, so that paper can carry the
    address of a ticket that is not here yet. Invariants: a block lies within the reserved
    numbers (number_block_in_range); blocks of a hall, day and letter do not overlap
    (number_blocks_apart).
    """

    hall = models.ForeignKey("windows.Hall", on_delete=models.CASCADE, related_name="+")
    service_day = models.DateField()
    prefix = models.CharField(max_length=1)
    device = models.ForeignKey(
        "windows.DeviceToken", null=True, on_delete=models.PROTECT, related_name="+"
    )
    first = models.PositiveIntegerField()
    last = models.PositiveIntegerField()
    public_ids = ArrayField(models.CharField(max_length=32))
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    first__gte=BLOCK_NUMBERS[0], last__lte=BLOCK_NUMBERS[1], last__gte=F("first")
                ),
                name="number_block_in_range",
            ),
            ExclusionConstraint(
                name="number_blocks_apart",
                expressions=[
                    ("hall", RangeOperators.EQUAL),
                    ("service_day", RangeOperators.EQUAL),
                    ("prefix", RangeOperators.EQUAL),
                    (
                        Func("first", "last", Value("[]"), function="int4range"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]


class Paper(models.Model):
    """A ticket that a kiosk's printer owes somebody on paper.

    Invariants: a copy of a ticket is printed once by a device (paper_once_per_copy).
    """

    class Words(models.TextChoices):
        CHINESE = "zh", _("Chinese")
        ENGLISH = "en", _("English")
        BOTH = "zh-en", _("Chinese and English")

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="papers")
    device = models.ForeignKey("windows.DeviceToken", on_delete=models.CASCADE, related_name="+")
    copy = models.PositiveSmallIntegerField(default=1)
    words = models.CharField(max_length=5, choices=Words.choices, default=Words.CHINESE)
    wanted_at = models.DateTimeField()
    useless_after = models.DateTimeField(help_text="Nobody stands there any more")
    lease_until = models.DateTimeField(null=True)
    printed_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "device", "copy"], name="paper_once_per_copy")
        ]
        indexes = [
            models.Index(
                fields=["wanted_at"], condition=Q(printed_at__isnull=True), name="paper_wanted"
            )
        ]
