"""Demand that was not met, and the moves of quota that answer a day's demand."""

from django.db import models
from django.db.models import F, Q


class UnmetDemand(models.Model):
    """How often a day was looked at in vain; no personal data.

    Invariants: one count per hall, wanted day, day of asking, matter and hour
    (unmet_demand_counted_once).
    """

    hall = models.ForeignKey("windows.Hall", on_delete=models.CASCADE)
    matter = models.ForeignKey("windows.Matter", on_delete=models.CASCADE)
    service_day = models.DateField(help_text="The day that was wanted")
    asked_on = models.DateField()
    count = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hall", "service_day", "asked_on", "matter"],
                name="unmet_demand_counted_once",
            )
        ]


class VainSearch(models.Model):
    """How often a search over halls and days found nothing; no personal data.

    Invariants: one count per matter, halls, days, channel and day of asking
    (vain_search_counted_once); its days are in order (vain_search_days_in_order).
    """

    class Channel(models.TextChoices):
        ONLINE = "online"
        ASSISTED = "assisted"
        KIOSK = "kiosk"

    matter = models.ForeignKey("windows.Matter", on_delete=models.CASCADE)
    halls = models.CharField(max_length=600, help_text="Codes in order, empty: the whole city")
    first_day = models.DateField()
    last_day = models.DateField()
    channel = models.CharField(max_length=8, choices=Channel.choices, default=Channel.ONLINE)
    asked_on = models.DateField()
    count = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["matter", "halls", "first_day", "last_day", "channel", "asked_on"],
                name="vain_search_counted_once",
            ),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="vain_search_days_in_order"
            ),
        ]


class RebalanceRun(models.Model):
    """One rebalancing after one day of demand."""

    demand_day = models.DateField()
    ran_at = models.DateTimeField()
    by = models.ForeignKey("windows.Staff", null=True, on_delete=models.PROTECT)


class QuotaMove(models.Model):
    """Minutes of a slot moved from one channel to another, with its reasons.

    Invariants: a run moves a slot's minutes once (quota_move_once_per_run); a move goes
    somewhere else (quota_move_changes_channel) and moves something
    (quota_move_moves_minutes). That totals are conserved is held by the slot itself
    (slot_quotas_fill_the_slot).
    """

    run = models.ForeignKey(RebalanceRun, on_delete=models.PROTECT, related_name="moves")
    slot = models.ForeignKey("windows.Slot", on_delete=models.PROTECT, related_name="moves")
    from_channel = models.CharField(max_length=8)
    to_channel = models.CharField(max_length=8)
    minutes = models.PositiveSmallIntegerField()
    facts = models.JSONField(help_text="The figures behind it, see appointments/rebalancing.py")
    moved_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        "windows.Staff", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "slot"], name="quota_move_once_per_run"),
            models.CheckConstraint(
                condition=~Q(from_channel=F("to_channel")), name="quota_move_changes_channel"
            ),
            models.CheckConstraint(condition=Q(minutes__gte=1), name="quota_move_moves_minutes"),
        ]
