"""What people of a hall ask their supervisor for."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from windows.models.roster import Absence


class AbsenceRequest(models.Model):
    """Somebody asks for an absence of their own; agreed to, it is noted.

    asked -> agreed | refused (by a supervisor, with a reason); withdrawn ends it, also after
    it was agreed to.
    Invariants: nobody asks twice for the same time (absence_asked_once_at_a_time); what was
    agreed to is noted, and nothing else is (absence_agreed_is_noted); a refusal says why
    (absence_refused_with_reason); it only makes legal moves (absence_request_moves_legally, a
    trigger made from MOVES).
    """

    class State(models.TextChoices):
        ASKED = "asked", _("Asked")
        AGREED = "agreed", _("Agreed")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    MOVES: dict[str, set[str]] = {
        "asked": {"agreed", "refused", "withdrawn"},
        "agreed": {"withdrawn"},
        "refused": set(),
        "withdrawn": set(),
    }

    staff = models.ForeignKey(
        "windows.Staff", on_delete=models.PROTECT, related_name="absence_requests"
    )
    period = DateTimeRangeField(help_text="[begins, ends)")
    reason = models.CharField(max_length=10, choices=Absence.Reason.choices)
    minutes = models.PositiveIntegerField(null=True, help_text="Of time off in lieu, if said")
    note = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    made_at = models.DateTimeField()
    answer = models.CharField(max_length=200, blank=True)
    answered_by = models.ForeignKey(
        "windows.Staff", null=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)
    absence = models.OneToOneField(
        Absence, null=True, on_delete=models.PROTECT, related_name="request"
    )
    withdrawn_by = models.ForeignKey(
        "windows.Staff", null=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True, help_text="When who asked saw how it ended")

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="absence_asked_once_at_a_time",
                expressions=[
                    ("staff", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                condition=Q(state="asked"),
            ),
            models.CheckConstraint(
                condition=Q(state="agreed", absence__isnull=False)
                | Q(state__in=["asked", "refused"], absence__isnull=True)
                | Q(state="withdrawn"),
                name="absence_agreed_is_noted",
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(answer=""), name="absence_refused_with_reason"
            ),
        ]
