"""What is written once about a ticket: its calls and its journal."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from queues.models.ticket import Ticket


class Call(models.Model):
    """One call of a ticket to a window; a recall is a new round.

    Invariants: a round of a ticket is called once (ticket_called_once_per_round).
    """

    class Picked(models.TextChoices):
        BACK = "back", _("Stands at the window again")
        HELP = "help", _("Needs help now")
        TOGETHER = "together", _("Belongs to the person just served")
        GUIDE = "guide", _("Sent by the guide or the supervisor")
        OTHER = "other", _("Another reason")

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="calls")
    round = models.PositiveSmallIntegerField()
    hall = models.ForeignKey("windows.Hall", on_delete=models.PROTECT, related_name="+")
    window = models.ForeignKey("windows.Window", on_delete=models.PROTECT, related_name="+")
    staff = models.ForeignKey("windows.Staff", on_delete=models.PROTECT, related_name="+")
    called_at = models.DateTimeField()
    jumped = models.BooleanField(
        default=False, help_text="Before somebody of a lower rank: green channel or picked"
    )
    picked = models.CharField(
        max_length=8, choices=Picked.choices, blank=True, help_text="Why not the next in line"
    )
    why = models.JSONField(default=dict, help_text="Facts of the choice, see queues/explaining.py")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "round"], name="ticket_called_once_per_round")
        ]
        indexes = [models.Index(fields=["hall", "-id"], name="call_latest")]


class TicketEvent(models.Model):
    """The journal of a ticket: written once, never changed (ticket_event_append_only)."""

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    kind = models.CharField(max_length=16)
    from_state = models.CharField(max_length=8, blank=True)
    to_state = models.CharField(max_length=8)
    window = models.ForeignKey("windows.Window", null=True, on_delete=models.PROTECT)
    by = models.ForeignKey("windows.Staff", null=True, on_delete=models.PROTECT)
    facts = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["ticket", "id"], name="ticket_event_story")]
