"""Who stands where when: rosters, skills, absences, swaps, time off in lieu, borrowed help."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from windows.models.session import HallSession


class StaffSkill(models.Model):
    """A matter that somebody can serve. Who has none listed can serve everything.

    Invariants: a skill is listed once (skill_once).
    """

    staff = models.ForeignKey("windows.Staff", on_delete=models.CASCADE, related_name="skills")
    matter = models.ForeignKey("windows.Matter", on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["staff", "matter"], name="skill_once")]


class RosterEntry(models.Model):
    """Somebody is planned at a window, or on the floor (window is null), for a time.

    Invariants: nobody is planned twice at once (roster_nobody_twice_at_once); a window is
    planned for one person at a time (roster_window_once_at_a_time).
    """

    staff = models.ForeignKey("windows.Staff", on_delete=models.PROTECT, related_name="roster")
    session = models.ForeignKey(HallSession, on_delete=models.CASCADE, related_name="roster")
    window = models.ForeignKey(
        "windows.Window", null=True, on_delete=models.PROTECT, related_name="roster"
    )
    period = DateTimeRangeField(help_text="[begins, ends)")
    is_cancelled = models.BooleanField(default=False)
    made_by = models.ForeignKey(
        "windows.Staff", null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="roster_nobody_twice_at_once",
                expressions=[
                    ("staff", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                condition=Q(is_cancelled=False),
            ),
            ExclusionConstraint(
                name="roster_window_once_at_a_time",
                expressions=[
                    ("window", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                condition=Q(is_cancelled=False, window__isnull=False),
            ),
        ]


class Absence(models.Model):
    """Somebody is not there.

    Invariants: a person is absent once at a time (absence_one_at_a_time).
    """

    class Reason(models.TextChoices):
        LEAVE = "leave", _("Leave")
        IN_LIEU = "in_lieu", _("Time off in lieu")
        SICK = "sick", _("Sick")
        TRAINING = "training", _("Training")
        OTHER = "other", _("Something else")

    staff = models.ForeignKey("windows.Staff", on_delete=models.PROTECT, related_name="absences")
    period = DateTimeRangeField(help_text="[begins, ends)")
    reason = models.CharField(max_length=10, choices=Reason.choices)
    is_cancelled = models.BooleanField(default=False)
    made_by = models.ForeignKey(
        "windows.Staff", null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="absence_one_at_a_time",
                expressions=[
                    ("staff", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                condition=Q(is_cancelled=False),
            )
        ]


class Swap(models.Model):
    """Somebody asks another one to take over a planned time, or to exchange it.

    asked -> agreed (by the other one) -> done (by a supervisor); refused and withdrawn end it.
    Invariants: one question at a time for an entry (swap_one_open_per_entry); it only makes
    legal moves (swap_moves_legally, a trigger made from MOVES).
    """

    class State(models.TextChoices):
        ASKED = "asked", _("Asked")
        AGREED = "agreed", _("Agreed, to be confirmed")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    MOVES: dict[str, set[str]] = {
        "asked": {"agreed", "refused", "withdrawn"},
        "agreed": {"done", "refused", "withdrawn"},
        "done": set(),
        "refused": set(),
        "withdrawn": set(),
    }

    entry = models.ForeignKey(RosterEntry, on_delete=models.CASCADE, related_name="swaps")
    for_entry = models.ForeignKey(
        RosterEntry, null=True, on_delete=models.CASCADE, related_name="+", help_text="In exchange"
    )
    to = models.ForeignKey("windows.Staff", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    made_by = models.ForeignKey("windows.Staff", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        "windows.Staff", null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    asker_saw_at = models.DateTimeField(null=True, help_text="When who asked saw how it ended")
    other_saw_at = models.DateTimeField(null=True, help_text="When who was asked saw it")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry"],
                condition=Q(state__in=["asked", "agreed"]),
                name="swap_one_open_per_entry",
            )
        ]


class TimeOffEntry(models.Model):
    """Time off in lieu (调休): what was earned, used, has expired, was put right; written once,
    never changed (time_off_append_only).

    The balance of a person is the sum of their minutes, and never below nothing
    (time_off_never_overdrawn, a trigger). Grants come from the overtime ledger.
    Invariants: an overtime entry is granted once (time_off_once_per_overtime); minutes have
    their kind's sign (time_off_sign_of_its_kind); a grant has an expiry, nothing else has one
    (time_off_grant_expires).
    """

    class Kind(models.TextChoices):
        GRANT = "grant", _("Earned")
        USE = "use", _("Used")
        EXPIRE = "expire", _("Expired")
        CORRECT = "correct", _("Put right")

    staff = models.ForeignKey("windows.Staff", on_delete=models.PROTECT, related_name="time_off")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    minutes = models.IntegerField(help_text="More than 0 when earned")
    on = models.DateField(help_text="The day it was earned for, or is used on")
    expires_on = models.DateField(null=True, help_text="The last day on which it can be used")
    overtime = models.ForeignKey(
        "windows.OvertimeEntry", null=True, on_delete=models.PROTECT, related_name="+"
    )
    grant = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="taken", help_text="Taken from"
    )
    absence = models.ForeignKey(Absence, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=200, blank=True)
    made_by = models.ForeignKey(
        "windows.Staff", null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["overtime"], name="time_off_once_per_overtime"),
            models.CheckConstraint(
                condition=Q(kind="grant", minutes__gt=0)
                | Q(kind__in=["use", "expire"], minutes__lt=0)
                | Q(kind="correct") & ~Q(minutes=0),
                name="time_off_sign_of_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind="grant", expires_on__isnull=False)
                | ~Q(kind="grant") & Q(expires_on__isnull=True),
                name="time_off_grant_expires",
            ),
        ]
        indexes = [models.Index(fields=["staff", "on"], name="time_off_of_staff")]


class HelpRequest(models.Model):
    """A hall asks a neighbour for people for some hours.

    asked -> granted | refused; withdrawn ends it. Who is lent is planned in the asking
    hall's roster and may work there for that time.
    Invariants: a hall asks another one (help_from_another_hall); somebody is asked for
    (help_asks_for_somebody); a hall asks a neighbour once for a session
    (help_once_per_session); it only makes legal moves (help_moves_legally, a trigger made
    from MOVES).
    """

    class State(models.TextChoices):
        ASKED = "asked", _("Asked")
        GRANTED = "granted", _("Granted")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    MOVES: dict[str, set[str]] = {
        "asked": {"granted", "refused", "withdrawn"},
        "granted": {"withdrawn"},
        "refused": set(),
        "withdrawn": set(),
    }

    session = models.ForeignKey(HallSession, on_delete=models.CASCADE, related_name="help")
    hall = models.ForeignKey("windows.Hall", on_delete=models.PROTECT, related_name="help_asked")
    of_hall = models.ForeignKey(
        "windows.Hall", on_delete=models.PROTECT, related_name="help_wanted"
    )
    people = models.PositiveSmallIntegerField()
    period = DateTimeRangeField()
    note = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    lent = models.ManyToManyField("windows.Staff", related_name="lent")
    made_by = models.ForeignKey("windows.Staff", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    answered_by = models.ForeignKey(
        "windows.Staff", null=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(hall=models.F("of_hall")), name="help_from_another_hall"
            ),
            models.CheckConstraint(condition=Q(people__gt=0), name="help_asks_for_somebody"),
            models.UniqueConstraint(
                fields=["session", "of_hall"],
                condition=Q(state__in=["asked", "granted"]),
                name="help_once_per_session",
            ),
        ]
