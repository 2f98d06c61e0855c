"""Bookings: a promise to one person for one matter in one slot."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class BookingGroup(models.Model):
    """People who come together: one phone, one to four bookings side by side.

    The phone is kept sealed with a keyed index (appointments/sealing.py).
    """

    phone_sealed = models.BinaryField()
    phone_index = models.BinaryField(max_length=32)
    language = models.CharField(max_length=8, default="zh-hans")
    made_at = models.DateTimeField()
    is_simulated = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["phone_index"], name="group_of_phone")]


class BookingQuerySet(models.QuerySet["Booking"]):
    def holding_places(self) -> Self:
        """Those whose minutes count as taken in their slot."""
        return self.filter(state__in=Booking.HOLDING)


class Booking(models.Model):
    """A promise to one person for one matter in one slot.

    Name and ID number are sealed (AES-256-GCM) and found by a keyed blind index.
    Invariants: a reference names one booking (booking_reference_once); a person has
    one open booking per matter (booking_person_once_per_matter); a hold has an end
    (booking_hold_has_end); an arrived booking has its ticket and a ticket has one
    booking (booking_arrived_has_ticket, booking_ticket_once); it takes minutes
    (booking_takes_minutes); it only makes legal moves (booking_moves_legally, a
    trigger made from MOVES).
    """

    class State(models.TextChoices):
        HELD = "held", _("Held")
        CONFIRMED = "confirmed", _("Confirmed")
        ARRIVED = "arrived", _("Checked in")
        SERVED = "served", _("Served")
        EXPIRED = "expired", _("Hold expired")
        CANCELLED = "cancelled", _("Cancelled")
        WITHDRAWN = "withdrawn", _("Cancelled by the hall")
        NO_SHOW = "no_show", _("Did not come")

    class Channel(models.TextChoices):
        ONLINE = "online", _("Online")
        ASSISTED = "assisted", _("Assisted")

    MOVES: dict[str, set[str]] = {
        "held": {"confirmed", "expired", "cancelled", "withdrawn"},
        "confirmed": {"arrived", "cancelled", "withdrawn", "no_show"},
        "arrived": {"served", "no_show"},
        "served": set(),
        "expired": set(),
        "cancelled": set(),
        "withdrawn": set(),
        "no_show": set(),
    }
    OPEN = ["held", "confirmed", "arrived"]
    HOLDING = ["held", "confirmed", "arrived", "served", "no_show"]

    group = models.ForeignKey(BookingGroup, on_delete=models.PROTECT, related_name="bookings")
    reference = models.CharField(max_length=12)
    slot = models.ForeignKey("windows.Slot", on_delete=models.PROTECT, related_name="bookings")
    hall = models.ForeignKey("windows.Hall", on_delete=models.PROTECT, related_name="+")
    matter = models.ForeignKey("windows.Matter", on_delete=models.PROTECT, related_name="+")
    service_day = models.DateField()
    starts_at = models.DateTimeField(help_text="Start of the slot")
    channel = models.CharField(max_length=8, choices=Channel.choices, default=Channel.ONLINE)
    minutes = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.HELD)
    version = models.PositiveSmallIntegerField(default=1, help_text="Grows with every change")
    name_sealed = models.BinaryField()
    id_sealed = models.BinaryField()
    id_index = models.BinaryField(max_length=32)
    born_on = models.DateField()
    guardian_sealed = models.BinaryField(null=True)
    hold_expires_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    was_late = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)
    ticket = models.ForeignKey(
        "queues.Ticket", null=True, on_delete=models.PROTECT, related_name="bookings"
    )

    objects = BookingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference"], name="booking_reference_once"),
            models.UniqueConstraint(
                fields=["id_index", "matter"],
                condition=Q(state__in=["held", "confirmed", "arrived"]),
                name="booking_person_once_per_matter",
            ),
            models.CheckConstraint(
                condition=~Q(state="held") | Q(hold_expires_at__isnull=False),
                name="booking_hold_has_end",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["arrived", "served"]) | Q(ticket__isnull=False),
                name="booking_arrived_has_ticket",
            ),
            models.UniqueConstraint(fields=["ticket"], name="booking_ticket_once"),
            models.CheckConstraint(condition=Q(minutes__gte=1), name="booking_takes_minutes"),
        ]
        indexes = [
            models.Index(
                fields=["hold_expires_at"], condition=Q(state="held"), name="booking_holds"
            ),
            models.Index(fields=["hall", "service_day"], name="booking_of_day"),
        ]

    def __str__(self) -> str:
        return self.reference


class BookingEvent(models.Model):
    """The journal of a booking: written once, never changed (booking_event_append_only)."""

    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    kind = models.CharField(max_length=16)
    from_state = models.CharField(max_length=10, blank=True)
    to_state = models.CharField(max_length=10)
    by = models.ForeignKey("windows.Staff", null=True, on_delete=models.PROTECT)
    facts = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["booking", "id"], name="booking_event_story")]
