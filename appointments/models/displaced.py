"""Bookings that a change of the hall took the place of, and what became of them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Displaced(models.Model):
    """A booking whose place a change of the hall took, and what was done for the person.

    moved: it stands in `new_slot`, unless the person says otherwise. offered: it stands in
    `new_slot` and is kept until `answer_by`; then accepted, or ended and the person is on the
    waiting list first. withdrawn: nothing was found, or the supervisor chose so; the person
    is on the waiting list first (`entry`). Whoever is here has no missed visit for it.
    Invariants: a change displaces a booking once (displaced_once_per_change); a place is kept
    until some moment (displaced_offer_has_end); it only makes legal moves
    (displaced_moves_legally, a trigger made from MOVES).
    """

    class State(models.TextChoices):
        MOVED = "moved", _("Moved")
        OFFERED = "offered", _("Another time is kept")
        ACCEPTED = "accepted", _("Accepted")
        CHANGED = "changed", _("Chose another time")
        DECLINED = "declined", _("Declined")
        EXPIRED = "expired", _("No answer")
        WITHDRAWN = "withdrawn", _("Cancelled by the hall")
        UNDONE = "undone", _("The change was taken back")

    MOVES: dict[str, set[str]] = {
        "moved": {"accepted", "changed", "declined", "undone"},
        "offered": {"accepted", "changed", "declined", "expired", "undone"},
        "accepted": {"changed", "declined", "undone"},
        "changed": set(),
        "declined": set(),
        "expired": set(),
        "withdrawn": {"undone"},
        "undone": set(),
    }

    change = models.ForeignKey(
        "windows.SessionChange", on_delete=models.PROTECT, related_name="displaced"
    )
    booking = models.ForeignKey(
        "appointments.Booking", on_delete=models.PROTECT, related_name="displaced"
    )
    old_slot = models.ForeignKey("windows.Slot", on_delete=models.PROTECT, related_name="+")
    new_slot = models.ForeignKey(
        "windows.Slot", null=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=10, choices=State.choices)
    answer_by = models.DateTimeField(null=True)
    entry = models.ForeignKey(
        "appointments.WaitEntry", null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["change", "booking"], name="displaced_once_per_change"),
            models.CheckConstraint(
                condition=~Q(state="offered") | Q(answer_by__isnull=False, new_slot__isnull=False),
                name="displaced_offer_has_end",
            ),
        ]
        indexes = [
            models.Index(
                fields=["answer_by"], condition=Q(state="offered"), name="displaced_waiting"
            ),
            models.Index(fields=["booking"], name="displaced_booking"),
        ]
