"""Demand that was not met, and the moves of quota that answer a day's demand."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


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
    """One rebalancing, with what it knew, what it minimised and what came of it.

    Invariants: while it is proposed nobody has decided (rebalance_decided_at_a_time).
    """

    class Kind(models.TextChoices):
        NIGHT = "night", _("Each night")
        STEP = "step", _("By day")
        BY_HAND = "hand", _("By hand")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        APPLIED = "applied", _("Applied")
        DECLINED = "declined", _("Declined")
        UNDONE = "undone", _("Taken back")

    demand_day = models.DateField()
    ran_at = models.DateTimeField()
    by = models.ForeignKey("windows.Staff", null=True, on_delete=models.PROTECT)
    kind = models.CharField(max_length=5, choices=Kind.choices, default="night", db_default="night")
    state = models.CharField(
        max_length=8, choices=State.choices, default="applied", db_default="applied"
    )
    forecast = models.ForeignKey("ForecastRun", null=True, on_delete=models.SET_NULL)
    inputs = models.JSONField(default=dict, db_default={}, help_text="What it knew")
    objective_before = models.FloatField(null=True, help_text="Expected unmet minutes and waits")
    objective_after = models.FloatField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        "windows.Staff", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="proposed") | Q(decided_at__isnull=True),
                name="rebalance_decided_at_a_time",
            )
        ]


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
    moved_at = models.DateTimeField(null=True, help_text="Empty while it is only proposed")
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


class StaffProposal(models.Model):
    """A window's hours that would help more elsewhere: another hall, or other hours.

    Invariants: a run proposes the same once (staff_proposal_once); it is decided by somebody
    at a time (staff_proposal_decided_by_somebody); it moves to another hall or another time
    (staff_proposal_moves).
    """

    class State(models.TextChoices):
        OPEN = "open", _("To decide")
        TAKEN = "taken", _("Taken")
        LEFT = "left", _("Not taken")

    run = models.ForeignKey(RebalanceRun, on_delete=models.PROTECT, related_name="proposals")
    from_hall = models.ForeignKey("windows.Hall", on_delete=models.PROTECT, related_name="+")
    to_hall = models.ForeignKey("windows.Hall", on_delete=models.PROTECT, related_name="+")
    service_day = models.DateField()
    from_hour = models.PositiveSmallIntegerField()
    to_hour = models.PositiveSmallIntegerField()
    hours = models.PositiveSmallIntegerField(default=1)
    windows = models.PositiveSmallIntegerField(default=1)
    facts = models.JSONField(help_text="The figures behind it, see appointments/rebalancing")
    state = models.CharField(max_length=5, choices=State.choices, default=State.OPEN)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        "windows.Staff", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "from_hall", "to_hall", "service_day", "from_hour", "to_hour"],
                name="staff_proposal_once",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True, decided_by__isnull=True)
                | ~Q(state="open") & Q(decided_at__isnull=False, decided_by__isnull=False),
                name="staff_proposal_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(from_hall=F("to_hall")) | ~Q(from_hour=F("to_hour")),
                name="staff_proposal_moves",
            ),
        ]
