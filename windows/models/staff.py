"""Who works here, with which rights, at which window; and the machines that may ask."""

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Staff(AbstractUser):
    """A person who works for the city and signs in."""

    display_name = models.CharField(max_length=40, blank=True)
    is_simulated = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.display_name or self.username


class StaffRole(models.Model):
    """What a person may do: in one hall, in a district (`district` is the halls'
    `district_zh`), or, with neither, in the whole city.

    Invariants: a role is given once per hall (role_once_in_hall), district
    (role_once_in_district) and for the city (role_once_in_city); it is for a hall or for a
    district (role_for_hall_or_district).
    """

    class Role(models.TextChoices):
        CLERK = "clerk", _("Window clerk")
        GUIDE = "guide", _("Floor guide")
        AGENT = "agent", _("Phone agent")
        SUPERVISOR = "supervisor", _("Supervisor")
        ADMIN = "admin", _("Administrator")
        VIEWER = "viewer", _("Viewer")
        AUDITOR = "auditor", _("Auditor")

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="roles")
    hall = models.ForeignKey("windows.Hall", null=True, blank=True, on_delete=models.CASCADE)
    district = models.CharField(max_length=40, blank=True, default="", db_default="")
    role = models.CharField(max_length=12, choices=Role.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["staff", "hall", "role"],
                condition=Q(hall__isnull=False),
                name="role_once_in_hall",
            ),
            models.UniqueConstraint(
                fields=["staff", "district", "role"],
                condition=~Q(district=""),
                name="role_once_in_district",
            ),
            models.UniqueConstraint(
                fields=["staff", "role"],
                condition=Q(hall__isnull=True, district=""),
                name="role_once_in_city",
            ),
            models.CheckConstraint(
                condition=Q(hall__isnull=True) | Q(district=""), name="role_for_hall_or_district"
            ),
        ]


class Shift(models.Model):
    """A clerk at a window, from sign-in to sign-out; the upper bound is open meanwhile.

    Invariants: one clerk at a window at a time (shift_one_clerk_at_a_window); a clerk is
    at one window at a time (shift_clerk_in_one_place).
    """

    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="shifts")
    window = models.ForeignKey("windows.Window", on_delete=models.PROTECT, related_name="shifts")
    service_day = models.DateField()
    period = DateTimeRangeField(help_text="[signed in, signed out)")
    is_paused = models.BooleanField(default=False)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="shift_one_clerk_at_a_window",
                expressions=[
                    ("window", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
            ExclusionConstraint(
                name="shift_clerk_in_one_place",
                expressions=[
                    ("staff", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
        ]


class Break(models.Model):
    """A pause of a clerk's window, from its start to its end (null: it goes on).

    Invariants: a shift has one break at a time (break_one_at_a_time); a break ends after
    it begins (break_ends_after_start).
    """

    class Reason(models.TextChoices):
        REST = "rest", _("A short rest")
        MEAL = "meal", _("A meal")
        FAULT = "fault", _("A fault of a machine")
        ERRAND = "errand", _("An errand for the hall")

    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="breaks")
    reason = models.CharField(max_length=8, choices=Reason.choices, default=Reason.REST)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shift"], condition=Q(ended_at__isnull=True), name="break_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("began_at")),
                name="break_ends_after_start",
            ),
        ]


class PlannedBreak(models.Model):
    """A break that a window will take; estimates count on it, the desk reminds of it.

    Invariants: a window plans one break at a time (planned_break_one_at_a_time).
    """

    window = models.ForeignKey(
        "windows.Window", on_delete=models.CASCADE, related_name="planned_breaks"
    )
    period = DateTimeRangeField(help_text="[begins, ends)")
    planned_by = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="planned_break_one_at_a_time",
                expressions=[
                    ("window", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            )
        ]


class OvertimeEntry(models.Model):
    """Minutes that somebody stayed after the planned end; written once, never changed
    (overtime_entry_append_only).

    Invariants: a shift earns once (overtime_once_per_shift); an entry has minutes
    (overtime_has_minutes).
    """

    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="overtime")
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey("windows.HallSession", on_delete=models.PROTECT, related_name="+")
    service_day = models.DateField()
    minutes = models.PositiveSmallIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shift"], name="overtime_once_per_shift"),
            models.CheckConstraint(condition=Q(minutes__gt=0), name="overtime_has_minutes"),
        ]
        indexes = [models.Index(fields=["staff", "service_day"], name="overtime_of_staff")]


class DeviceToken(models.Model):
    """A machine's right to the few calls it needs in one hall; only its hash is kept.

    Invariants: a token names one device (device_token_once).
    """

    class Kind(models.TextChoices):
        KIOSK = "kiosk", _("Kiosk")
        DISPLAY = "display", _("Display")

    hall = models.ForeignKey("windows.Hall", on_delete=models.CASCADE)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    token_hash = models.BinaryField(max_length=32)
    name = models.CharField(max_length=60)
    printer = models.CharField(
        max_length=80, blank=True, help_text="host:port of its ESC/POS printer"
    )
    paired_at = models.DateTimeField(null=True)
    paired_by = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField(null=True, help_text="When it last asked")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token_hash"], name="device_token_once")]
