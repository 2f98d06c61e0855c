"""The waiting list: who wants an earlier place, and the places that were offered."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from appointments.models.person import SealedPerson
from queues.models.ticket import public_id


class WaitEntry(models.Model):
    """People who wait together for places in some halls within some days.

    Invariants: its public id is its own (wait_public_id_once); its days are in order
    (wait_days_in_order).
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        OFFERED = "offered", _("A place is offered")
        BOOKED = "booked", _("Booked")
        LEFT = "left", _("Left the list")
        ENDED = "ended", _("The days are over")

    public_id = models.CharField(max_length=32, default=public_id, editable=False)
    matter = models.ForeignKey("windows.Matter", on_delete=models.PROTECT, related_name="+")
    halls = models.ManyToManyField("windows.Hall", related_name="+")
    first_day = models.DateField()
    last_day = models.DateField()
    evenings_only = models.BooleanField(default=False)
    minutes = models.PositiveSmallIntegerField(help_text="Window-minutes of all of them")
    phone_sealed = models.BinaryField()
    phone_index = models.BinaryField(max_length=32)
    language = models.CharField(max_length=8, default="zh-hans")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    priority = models.PositiveSmallIntegerField(default=0, help_text="1: the hall cancelled")
    offers_passed = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    is_simulated = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["public_id"], name="wait_public_id_once"),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="wait_days_in_order"
            ),
        ]
        indexes = [
            models.Index(
                fields=["-priority", "made_at"], condition=Q(state="waiting"), name="wait_line"
            )
        ]


class WaitPerson(SealedPerson):
    """One of the people of an entry.

    Invariants: a person waits once per matter (wait_person_once_per_matter).
    """

    entry = models.ForeignKey(WaitEntry, on_delete=models.CASCADE, related_name="people")
    matter = models.ForeignKey("windows.Matter", on_delete=models.PROTECT, related_name="+")
    is_waiting = models.BooleanField(default=True, help_text="While the entry waits or is offered")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["id_index", "matter"],
                condition=Q(is_waiting=True),
                name="wait_person_once_per_matter",
            )
        ]


class WaitOffer(models.Model):
    """Places that are held for an entry until they are taken, declined or the time is over.

    Invariants: an entry has one open offer (wait_one_open_offer); an offer holds one group
    of bookings (wait_offer_of_group_once).
    """

    class End(models.TextChoices):
        TAKEN = "taken", _("Taken")
        DECLINED = "declined", _("Declined")
        EXPIRED = "expired", _("Expired")

    entry = models.ForeignKey(WaitEntry, on_delete=models.PROTECT, related_name="offers")
    group = models.ForeignKey(
        "appointments.BookingGroup", on_delete=models.PROTECT, related_name="wait_offers"
    )
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=8, choices=End.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry"], condition=Q(ended_at__isnull=True), name="wait_one_open_offer"
            ),
            models.UniqueConstraint(fields=["group"], name="wait_offer_of_group_once"),
        ]
