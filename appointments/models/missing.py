"""Visits that were missed, what follows from several of them, and appeals."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _


class Period(Func):
    """From the first instant to just before the second."""

    function = "tstzrange"
    output_field = DateTimeRangeField()


class MissedVisit(models.Model):
    """A booked visit to which the person did not come.

    The rule that was in force when the booking was made is kept with it, so that a later
    rule never punishes backwards. A chain of matters is one visit.
    Invariants: a booking is missed once (missed_once_per_booking); an excused visit has its
    excuse (missed_excused_for_a_reason).
    """

    booking = models.ForeignKey(
        "appointments.Booking", on_delete=models.PROTECT, related_name="missed"
    )
    id_index = models.BinaryField(max_length=32)
    missed_at = models.DateTimeField()
    counts_until = models.DateTimeField()
    most = models.PositiveSmallIntegerField(help_text="Missed visits that close online booking")
    closed_days = models.PositiveSmallIntegerField(help_text="For so many days")
    excused_at = models.DateTimeField(null=True)
    excused_by = models.ForeignKey("windows.Staff", null=True, on_delete=models.PROTECT)
    excuse = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["booking"], name="missed_once_per_booking"),
            models.CheckConstraint(
                condition=Q(excused_at__isnull=True) | ~Q(excuse=""),
                name="missed_excused_for_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["id_index", "counts_until"], name="missed_of_person")]


class Closure(models.Model):
    """A time in which a person cannot book online; walk-in stays open.

    Invariants: it ends after it begins (closure_ends); a person has one closure at a time
    (closure_one_at_a_time).
    """

    id_index = models.BinaryField(max_length=32)
    missed = models.ForeignKey(MissedVisit, on_delete=models.PROTECT, related_name="closures")
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey("windows.Staff", null=True, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("begins_at")), name="closure_ends"),
            ExclusionConstraint(
                name="closure_one_at_a_time",
                expressions=[
                    ("id_index", RangeOperators.EQUAL),
                    (Period("begins_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
                condition=Q(lifted_at__isnull=True),
            ),
        ]
        indexes = [models.Index(fields=["id_index", "ends_at"], name="closure_of_person")]


class Appeal(models.Model):
    """A person says why a visit was missed; a person decides.

    Text and answer are sealed. Invariants: a missed visit is appealed once
    (appeal_once_per_missed); a decision has who and when (appeal_decided_by_somebody).
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")

    missed = models.ForeignKey(MissedVisit, on_delete=models.PROTECT, related_name="appeals")
    text_sealed = models.BinaryField()
    made_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("windows.Staff", null=True, on_delete=models.PROTECT)
    answer_sealed = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["missed"], name="appeal_once_per_missed"),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True, decided_by__isnull=True)
                | (~Q(state="open") & Q(decided_at__isnull=False) & Q(decided_by__isnull=False)),
                name="appeal_decided_by_somebody",
            ),
        ]
