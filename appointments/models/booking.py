"""Bookings: a promise to one person for one matter in one slot."""

from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class BookingGroup(models.Model):
    """People who come together: one phone, one to four people side by side.

    The phone is kept sealed with a keyed index (appointments/sealing.py); a group that
    staff booked for somebody without a phone has none. Their messages come by `channel`, by
    SMS where an e-mail address is not known or does not work.
    Invariants: a phone is kept with its index (group_phone_with_index), so is an e-mail
    address (group_email_with_index); messages by e-mail have an address
    (group_channel_has_address).
    """

    phone_sealed = models.BinaryField(null=True)
    phone_index = models.BinaryField(max_length=32, null=True)
    email_sealed = models.BinaryField(null=True)
    email_index = models.BinaryField(max_length=32, null=True)
    channel = models.CharField(max_length=6, db_default="sms", help_text="How messages come")
    language = models.CharField(max_length=8, default="zh-hans")
    link = models.ForeignKey(
        "windows.SessionLink", null=True, on_delete=models.PROTECT, related_name="groups",
        help_text="The session's own link by which they came",
    )  # fmt: skip
    made_at = models.DateTimeField()
    is_simulated = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(phone_sealed__isnull=True, phone_index__isnull=True)
                | Q(phone_sealed__isnull=False, phone_index__isnull=False),
                name="group_phone_with_index",
            ),
            models.CheckConstraint(
                condition=Q(email_sealed__isnull=True, email_index__isnull=True)
                | Q(email_sealed__isnull=False, email_index__isnull=False),
                name="group_email_with_index",
            ),
            models.CheckConstraint(
                condition=~Q(channel="email") | Q(email_sealed__isnull=False),
                name="group_channel_has_address",
            ),
        ]
        indexes = [models.Index(fields=["phone_index", "made_at"], name="group_of_phone")]


class BookingQuerySet(models.QuerySet["Booking"]):
    def holding_places(self) -> Self:
        """Those whose minutes count as taken in their slot."""
        return self.filter(state__in=Booking.HOLDING)


class Booking(models.Model):
    """A promise to one person for one matter in one slot.

    Several matters of one person in one visit are a chain: a booking each, in one group,
    in the order of `position`. Name, ID number and needs are sealed (AES-256-GCM); a
    person is found by a keyed blind index.
    Invariants: a reference names one booking (booking_reference_once); a person has
    one open booking per matter (booking_person_once_per_matter) and one visit a day
    (booking_person_one_visit_a_day); a hold has an end (booking_hold_has_end); an arrived
    booking has its ticket and a ticket has one booking per matter
    (booking_arrived_has_ticket, booking_ticket_once_per_matter); it takes minutes
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
        RESERVED = "reserved", _("By a session's own link")

    MOVES: dict[str, set[str]] = {
        "held": {"confirmed", "expired", "cancelled", "withdrawn"},
        "confirmed": {"arrived", "cancelled", "withdrawn", "no_show"},
        "arrived": {"served", "no_show"},
        "served": set(),
        "expired": set(),
        "cancelled": {"confirmed"},  # undone within minutes (appointments/cancelling.py)
        "withdrawn": {"confirmed", "held"},  # the hall took its change back (appointments/changes)
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
    needs_sealed = models.BinaryField(null=True, help_text="See appointments/needs.py")
    position = models.PositiveSmallIntegerField(default=0, help_text="Order within the group")
    hold_expires_at = models.DateTimeField(null=True)
    hold_extended_at = models.DateTimeField(null=True, help_text="Once, on request")
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
            models.UniqueConstraint(
                fields=["ticket", "matter"], name="booking_ticket_once_per_matter"
            ),
            ExclusionConstraint(
                name="booking_person_one_visit_a_day",
                expressions=[
                    ("id_index", RangeOperators.EQUAL),
                    ("service_day", RangeOperators.EQUAL),
                    ("group", RangeOperators.NOT_EQUAL),
                ],
                condition=Q(state__in=["held", "confirmed", "arrived"]),
            ),
            models.CheckConstraint(condition=Q(minutes__gte=1), name="booking_takes_minutes"),
        ]
        indexes = [
            models.Index(
                fields=["hold_expires_at"], condition=Q(state="held"), name="booking_holds"
            ),
            models.Index(fields=["hall", "service_day"], name="booking_of_day"),
            models.Index(fields=["id_index", "made_at"], name="booking_of_person"),
        ]

    def __str__(self) -> str:
        return self.reference


class ReturningPlace(models.Model):
    """Minutes that somebody gave up and that are not on offer yet.

    They stay counted as taken in the slot until `returns_at`, a moment drawn at random, so
    that nobody can hand a place over; the person who left may have them back meanwhile.
    Invariants: it returns after it was left (place_returns_after_it_was_left); a booking
    leaves a slot once at a time (place_left_once); it has minutes (place_has_minutes).
    """

    class End(models.TextChoices):
        RETURNED = "returned", _("On offer again")
        RECLAIMED = "reclaimed", _("Taken back by the one who left")
        CLOSED = "closed", _("The slot was closed")

    slot = models.ForeignKey("windows.Slot", on_delete=models.CASCADE, related_name="returning")
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="left_places")
    channel = models.CharField(max_length=8, choices=Booking.Channel.choices)
    minutes = models.PositiveSmallIntegerField()
    left_at = models.DateTimeField()
    returns_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=10, choices=End.choices, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(returns_at__gte=models.F("left_at")),
                name="place_returns_after_it_was_left",
            ),
            models.UniqueConstraint(
                fields=["booking", "slot"],
                condition=Q(ended_at__isnull=True),
                name="place_left_once",
            ),
            models.CheckConstraint(condition=Q(minutes__gte=1), name="place_has_minutes"),
        ]
        indexes = [
            models.Index(
                fields=["returns_at"], condition=Q(ended_at__isnull=True), name="place_returning"
            )
        ]


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
