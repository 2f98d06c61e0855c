"""When a hall is open: sessions, their windows, their slots with quotas by channel."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from windows.models.hall import in_language


class HallSession(models.Model):
    """A dated opening of a hall.

    `service_day` is stored at birth and rules numbering, reports and "today", also when
    the session ends after midnight. Invariants: it ends after it starts and within 18
    hours (session_ends_after_start); it starts on its service day or the night after,
    checked against the city's calendar by the command (windows.sessions); a plan makes one
    session a day (session_of_plan_once_a_day).
    """

    class Kind(models.TextChoices):
        REGULAR = "regular", _("Regular")
        LUNCH = "lunch", _("Lunch time")
        LATE = "late", _("Late opening")
        NIGHT = "night", _("Night session")
        WEEKEND = "weekend", _("Weekend")
        STUDENT = "student", _("Student session")
        OUTREACH = "outreach", _("Outreach")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CANCELLED = "cancelled", _("Cancelled")

    class Release(models.TextChoices):
        PLAIN = "plain", _("Who comes first")
        ROOM = "room", _("Who comes first, behind a waiting room")
        DRAW = "draw", _("By draw")

    hall = models.ForeignKey("windows.Hall", on_delete=models.PROTECT, related_name="sessions")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    service_day = models.DateField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    slot_minutes = models.PositiveSmallIntegerField(default=30)
    booking_opens_at = models.DateTimeField(help_text="Release of the online quota")
    release = models.CharField(
        max_length=5, choices=Release.choices, default=Release.PLAIN, help_text="How it opens"
    )
    note_zh = models.CharField(max_length=200, blank=True)
    note_en = models.CharField(max_length=200, blank=True)
    audience_zh = models.CharField(max_length=100, blank=True, db_default="")
    audience_en = models.CharField(max_length=100, blank=True, db_default="")
    matter_ids = ArrayField(
        models.BigIntegerField(),
        default=list,
        db_default=[],
        help_text="Its matters; none: all that its windows serve",
    )
    plan = models.ForeignKey(
        "windows.WeeklyPlan", null=True, on_delete=models.SET_NULL, related_name="sessions"
    )
    series = models.UUIDField(null=True, help_text="Opened together with others in one action")
    is_by_hand = models.BooleanField(
        default=False, db_default=False, help_text="Changed by somebody: its plan leaves it alone"
    )
    opened_by = models.ForeignKey(
        "windows.Staff", null=True, on_delete=models.PROTECT, related_name="+"
    )
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, help_text="When the last person was served")
    is_simulated = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="session_ends_after_start"
            ),
            models.UniqueConstraint(
                fields=["plan", "service_day"], name="session_of_plan_once_a_day"
            ),
        ]
        indexes = [
            models.Index(fields=["hall", "service_day"], name="session_of_day"),
            models.Index(fields=["service_day"], name="session_by_day"),
            models.Index(
                fields=["series"], condition=Q(series__isnull=False), name="session_of_series"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.hall_id} {self.service_day} {self.kind}"

    @property
    def audience(self) -> str:
        return in_language(self.audience_zh, self.audience_en)


class SessionWindow(models.Model):
    """A window that is staffed during a session.

    Invariants: a window belongs to one session at a time (window_in_one_session_at_a_time),
    and stands once in a session (window_once_in_session).
    """

    session = models.ForeignKey(HallSession, on_delete=models.CASCADE, related_name="staffed")
    window = models.ForeignKey("windows.Window", on_delete=models.PROTECT, related_name="staffed")
    period = DateTimeRangeField()
    is_cancelled = models.BooleanField(default=False)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="window_in_one_session_at_a_time",
                expressions=[
                    ("window", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                condition=Q(is_cancelled=False),
            ),
            models.UniqueConstraint(fields=["session", "window"], name="window_once_in_session"),
        ]


class Slot(models.Model):
    """A stretch of a session whose capacity is measured in window-minutes.

    The minutes are shared out to four channels; `*_taken` counts what bookings hold.
    Reserved minutes are for who comes by the session's own link (SessionLink). Walk-ins are
    never refused for quota, so their share has no counter to overrun.
    Invariants: each quota is at least 0 and holds what is taken from it
    (slot_online_within_quota, slot_assisted_within_quota, slot_reserved_within_quota,
    slot_walkin_not_negative);
    the quotas fill the slot exactly, so a move conserves the total
    (slot_quotas_fill_the_slot); a session has one slot per start (slot_start_once);
    a slot ends after it starts (slot_ends_after_start).
    """

    session = models.ForeignKey(HallSession, on_delete=models.CASCADE, related_name="slots")
    hall = models.ForeignKey("windows.Hall", on_delete=models.PROTECT, related_name="+")
    service_day = models.DateField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    booking_opens_at = models.DateTimeField()
    is_open = models.BooleanField(default=True)
    minutes = models.PositiveSmallIntegerField(help_text="Window-minutes in all")
    online_quota = models.SmallIntegerField(default=0)
    online_taken = models.SmallIntegerField(default=0)
    assisted_quota = models.SmallIntegerField(default=0)
    assisted_taken = models.SmallIntegerField(default=0)
    reserved_quota = models.SmallIntegerField(default=0, db_default=0)
    reserved_taken = models.SmallIntegerField(default=0, db_default=0)
    walkin_quota = models.SmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(online_taken__gte=0, online_taken__lte=F("online_quota")),
                name="slot_online_within_quota",
            ),
            models.CheckConstraint(
                condition=Q(assisted_taken__gte=0, assisted_taken__lte=F("assisted_quota")),
                name="slot_assisted_within_quota",
            ),
            models.CheckConstraint(
                condition=Q(reserved_taken__gte=0, reserved_taken__lte=F("reserved_quota")),
                name="slot_reserved_within_quota",
            ),
            models.CheckConstraint(
                condition=Q(walkin_quota__gte=0), name="slot_walkin_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(
                    minutes=F("online_quota")
                    + F("assisted_quota")
                    + F("reserved_quota")
                    + F("walkin_quota")
                ),
                name="slot_quotas_fill_the_slot",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="slot_ends_after_start"
            ),
            models.UniqueConstraint(fields=["session", "starts_at"], name="slot_start_once"),
        ]
        indexes = [
            models.Index(fields=["hall", "service_day", "starts_at"], name="slot_of_day"),
            models.Index(
                fields=["service_day", "hall"],
                include=["starts_at", "online_quota", "online_taken"],
                name="slot_free",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.hall_id} {self.starts_at:%Y-%m-%d %H:%M}"
