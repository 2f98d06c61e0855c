"""Who works here, with which rights, at which window; and the machines that may ask."""

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Staff(AbstractUser):
    """A person who works for the city and signs in."""

    display_name = models.CharField(max_length=40, blank=True)
    is_simulated = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.display_name or self.username


class StaffRole(models.Model):
    """What a person may do, in one hall or (hall is null) in the whole city.

    Invariants: a role is given once per hall (role_once_in_hall) and once for the city
    (role_once_in_city).
    """

    class Role(models.TextChoices):
        CLERK = "clerk", _("Window clerk")
        GUIDE = "guide", _("Floor guide")
        AGENT = "agent", _("Phone agent")
        SUPERVISOR = "supervisor", _("Supervisor")
        ADMIN = "admin", _("Administrator")
        AUDITOR = "auditor", _("Auditor")

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="roles")
    hall = models.ForeignKey("windows.Hall", null=True, on_delete=models.CASCADE)
    role = models.CharField(max_length=12, choices=Role.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["staff", "hall", "role"],
                condition=Q(hall__isnull=False),
                name="role_once_in_hall",
            ),
            models.UniqueConstraint(
                fields=["staff", "role"],
                condition=Q(hall__isnull=True),
                name="role_once_in_city",
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
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token_hash"], name="device_token_once")]
