"""What supervisors changed: closures of a hall, changes of sessions, links for outreach."""

import secrets

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from windows.models.hall import in_language
from windows.models.session import HallSession


def link_token() -> str:
    """16 letters and digits that nobody guesses; fits a short address."""
    return secrets.token_urlsafe(12)


class HallClosure(models.Model):
    """A hall is closed for a time: weather, power, a fault. Reopened, it ends earlier.

    Invariants: a hall is closed once at a time (hall_closure_one_at_a_time).
    """

    class Reason(models.TextChoices):
        WEATHER = "weather", _("Weather")
        POWER = "power", _("No electricity")
        SYSTEM = "system", _("A fault of the systems")
        SAFETY = "safety", _("Safety of the building")
        OTHER = "other", _("Something else")

    hall = models.ForeignKey("windows.Hall", on_delete=models.PROTECT, related_name="closures")
    period = DateTimeRangeField(help_text="[closes, opens again)")
    reason = models.CharField(max_length=10, choices=Reason.choices)
    note_zh = models.CharField(max_length=200, blank=True)
    note_en = models.CharField(max_length=200, blank=True)
    made_by = models.ForeignKey(
        "windows.Staff", null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField()
    reopened_by = models.ForeignKey(
        "windows.Staff", null=True, on_delete=models.PROTECT, related_name="+"
    )
    reopened_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="hall_closure_one_at_a_time",
                expressions=[
                    ("hall", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                condition=Q(reopened_at__isnull=True),
            )
        ]

    @property
    def note(self) -> str:
        return in_language(self.note_zh, self.note_en)


class SessionChange(models.Model):
    """One change of one session by somebody, with what is needed to take it back.

    `facts`: what was and what is (windows, hours, minutes by slot); see
    `appointments/changes/`. Written once but for its undoing.
    """

    class Kind(models.TextChoices):
        OPEN = "open", _("Opened")
        EXTEND = "extend", _("Extended")
        CUT = "cut", _("Cut")
        MOVE = "move", _("Moved")
        CANCEL = "cancel", _("Cancelled")
        CLOSE = "close", _("Closed with the hall")
        REOPEN = "reopen", _("Open again")
        PLACES = "places", _("Places changed")

    session = models.ForeignKey(HallSession, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    closure = models.ForeignKey(
        HallClosure, null=True, on_delete=models.PROTECT, related_name="changes"
    )
    facts = models.JSONField(default=dict)
    made_by = models.ForeignKey(
        "windows.Staff", null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField()
    undo_until = models.DateTimeField(null=True, help_text="Messages leave then")
    undone_by = models.ForeignKey(
        "windows.Staff", null=True, on_delete=models.PROTECT, related_name="+"
    )
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["session", "id"], name="change_of_session")]


class SessionLink(models.Model):
    """A session's own link for a factory, a school or a community, with its own share or none.

    The reserved minutes of the session's slots (Slot.reserved_quota) are for who comes by the
    link; at `releases_at` what is left of them falls to everyone.
    Invariants: a token names one link (link_token_once), and so does the inviter's
    (link_inviter_token_once); a session has one reserving link at a time
    (link_reserves_once_per_session); a reserve is released some day (link_reserve_ends).
    """

    session = models.ForeignKey(HallSession, on_delete=models.CASCADE, related_name="links")
    token = models.CharField(max_length=24, default=link_token)
    inviter_token = models.CharField(max_length=24, default=link_token)
    name_zh = models.CharField(max_length=80, help_text="Who invites")
    name_en = models.CharField(max_length=80, blank=True)
    reserved_percent = models.PositiveSmallIntegerField(
        default=0, help_text="Of the online minutes of each slot"
    )
    releases_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    made_by = models.ForeignKey(
        "windows.Staff", null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["token"], name="link_token_once"),
            models.UniqueConstraint(fields=["inviter_token"], name="link_inviter_token_once"),
            models.UniqueConstraint(
                fields=["session"],
                condition=Q(reserved_percent__gt=0, released_at__isnull=True),
                name="link_reserves_once_per_session",
            ),
            models.CheckConstraint(
                condition=Q(reserved_percent=0)
                | Q(reserved_percent__lte=100, releases_at__isnull=False),
                name="link_reserve_ends",
            ),
        ]

    @property
    def name(self) -> str:
        return in_language(self.name_zh, self.name_en)
