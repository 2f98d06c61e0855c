"""Tickets: a place in today's line, its calls and its journal."""

import secrets
from datetime import date, datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from windows.models import Shift, Window


def public_id() -> str:
    """22 characters that nobody can guess (128 bits)."""
    return secrets.token_urlsafe(16)


BLOCK_NUMBERS = (900, 999)  # reserved for kiosks that are cut off


class TicketQuerySet(models.QuerySet["Ticket"]):
    def of_day(self, hall_id: int, service_day: date) -> Self:
        return self.filter(hall_id=hall_id, service_day=service_day)

    def waiting(self) -> Self:
        return self.filter(state=Ticket.State.WAITING)

    def servable_at(self, window: Window) -> Self:
        """Those whose matter the window can serve.

        Who needs an accessible window is left to one while it is open and serves the matter;
        who was sent to a window is left to it, accessible or not, while somebody is there
        who serves the matter. The same in SQL: queues.choosing.
        """
        served = list(window.matters.values_list("pk", flat=True))
        there = Shift.objects.filter(
            window=OuterRef("only_window"),
            window__matters=OuterRef("matter"),
            period__upper_inf=True,
        )
        line = self.filter(
            Q(only_window=None) | Q(only_window=window) | ~Exists(there),
            hall_id=window.hall_id,
            matter_id__in=served,
        )
        if window.is_accessible:
            return line
        open_now = Window.objects.filter(
            hall_id=window.hall_id,
            is_accessible=True,
            shifts__period__upper_inf=True,
            shifts__is_paused=False,
        )
        matters = list(open_now.values_list("matters", flat=True))
        waits_for_them = Q(needs_accessible=True, matter_id__in=[pk for pk in matters if pk])
        return line.filter(~waits_for_them | Q(only_window=window))

    def in_calling_order(self) -> Self:
        return self.order_by("rank_at", "pk")


class Ticket(models.Model):
    """A place in today's line, e.g. A012; from a booking or as a walk-in.

    `rank_at` is the one number that orders calls (`queues/issuing.py`).
    Invariants: a number is given once per hall, service day and letter
    (ticket_number_once); a window serves one ticket at a time (window_serves_one);
    a ticket has a window exactly while it is called or served
    (ticket_called_has_window); its public id is its own (ticket_public_id_once);
    it only makes legal moves (ticket_moves_legally, a trigger made from MOVES);
    numbers of a reserved block, and only those, name their block
    (ticket_number_of_its_block); a ticket goes on in another hall once
    (ticket_goes_on_once).
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        CALLED = "called", _("Called")
        SERVING = "serving", _("Being served")
        PARKED = "parked", _("Parked")
        MISSED = "missed", _("Missed")
        FINISHED = "finished", _("Finished")
        VOID = "void", _("Void")

    class Source(models.TextChoices):
        BOOKING = "booking", _("Booked")
        WALK_IN = "walk_in", _("Walk-in")

    class Priority(models.TextChoices):
        NONE = "", _("None")
        ELDERLY = "elderly", _("Elderly")
        DISABLED = "disabled", _("Disabled")
        PREGNANT = "pregnant", _("Pregnant or with an infant")
        SOLDIER = "soldier", _("Soldier or veteran")
        URGENT = "urgent", _("Urgent: exam, travel, illness")

    class Outcome(models.TextChoices):
        DONE = "done", _("Done")
        PAPERS = "papers", _("Something was missing")
        STOPPED = "stopped", _("The person left")
        ELSEWHERE = "elsewhere", _("Goes on in another hall")
        OTHER = "other", _("Something else")

    MOVES: dict[str, set[str]] = {
        "waiting": {"called", "void"},
        "called": {"serving", "missed", "parked", "waiting", "void"},
        "serving": {"finished", "parked", "waiting", "void"},
        "parked": {"waiting", "called", "void"},
        "missed": {"waiting", "void"},
        "finished": set(),
        "void": set(),
    }

    hall = models.ForeignKey("windows.Hall", on_delete=models.PROTECT, related_name="tickets")
    session = models.ForeignKey("windows.HallSession", on_delete=models.PROTECT)
    service_day = models.DateField()
    matter = models.ForeignKey("windows.Matter", on_delete=models.PROTECT)
    prefix = models.CharField(max_length=1)
    number = models.PositiveIntegerField()
    public_id = models.CharField(max_length=32, default=public_id, editable=False)
    source = models.CharField(max_length=8, choices=Source.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    rank_at = models.DateTimeField()
    issued_at = models.DateTimeField()
    booked_for = models.DateTimeField(null=True, help_text="Start of the booked slot")
    priority = models.CharField(max_length=10, choices=Priority.choices, blank=True)
    priority_note = models.CharField(max_length=120, blank=True)
    window = models.ForeignKey("windows.Window", null=True, on_delete=models.PROTECT)
    round = models.PositiveSmallIntegerField(default=0, help_text="Calls so far")
    missed_times = models.PositiveSmallIntegerField(default=0)
    called_at = models.DateTimeField(null=True, help_text="First call")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, blank=True)
    needs_accessible = models.BooleanField(
        default=False, help_text="An accessible window calls it, while one is open"
    )
    then = ArrayField(
        models.BigIntegerField(), default=list, help_text="Matters of the same visit that follow"
    )
    only_window = models.ForeignKey(
        "windows.Window",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Transferred to this window: it calls the ticket while somebody is there",
    )
    came_from = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="goes_on",
        help_text="The ticket of the same person in the hall before",
    )
    block = models.ForeignKey(
        "queues.NumberBlock", null=True, on_delete=models.PROTECT, related_name="tickets"
    )
    papers_checked_at = models.DateTimeField(null=True, help_text="By a guide, before the call")
    papers_checked_by = models.ForeignKey(
        "windows.Staff", null=True, on_delete=models.PROTECT, related_name="+"
    )
    postponed_at = models.DateTimeField(null=True, help_text="Asked for more minutes, once")
    is_simulated = models.BooleanField(default=False)

    objects = TicketQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hall", "service_day", "prefix", "number"], name="ticket_number_once"
            ),
            models.UniqueConstraint(
                fields=["window"],
                condition=Q(state__in=["called", "serving"]),
                name="window_serves_one",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["called", "serving"], window__isnull=False)
                | (~Q(state__in=["called", "serving"]) & Q(window__isnull=True))
                | Q(state="finished", window__isnull=False),
                name="ticket_called_has_window",
            ),
            models.UniqueConstraint(fields=["public_id"], name="ticket_public_id_once"),
            models.CheckConstraint(
                condition=Q(block__isnull=True) & ~Q(number__range=BLOCK_NUMBERS)
                | Q(block__isnull=False, number__range=BLOCK_NUMBERS),
                name="ticket_number_of_its_block",
            ),
            models.UniqueConstraint(fields=["came_from"], name="ticket_goes_on_once"),
        ]
        indexes = [
            models.Index(
                fields=["hall", "rank_at", "id"],
                condition=Q(state="waiting"),
                name="ticket_line",
            ),
            models.Index(
                fields=["hall", "rank_at", "id"],
                condition=Q(state="waiting") & ~Q(priority=""),
                name="ticket_green_channel",
            ),
            models.Index(fields=["hall", "service_day", "state"], name="ticket_of_day"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """What paper, board and voice say: letter and at least three digits."""
        return f"{self.prefix}{self.number:03d}"

    def numbers(self) -> list["Ticket"]:
        """This number and those that the person was given after it, the last one last.

        Only a number that is void has others after it.
        """
        found = [self]
        while found[-1].state == self.State.VOID and (
            following := Ticket.objects.filter(came_from=found[-1]).first()
        ):
            found.append(following)
        return found

    def waited_minutes(self, now: datetime) -> int:
        """Whole minutes from the ticket to its first call, or until now."""
        return int(((self.called_at or now) - self.issued_at).total_seconds() // 60)
