"""What a night advises: a window or a session more, or less of one that runs empty."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from appointments.models.facts import ForecastRun

LAST_HOUR = 48  # the night after the service day ends


class SessionAdvice(models.Model):
    """Hours of a hall's day in which windows more would help, or fewer be enough, and what
    the twin said of it: the night has played the day as it stands and as it would be.

    Invariants: a forecast advises once for an hour of a hall's day (advice_once_for_an_hour);
    its hours are in order (advice_hours_in_order); it is about some windows
    (advice_names_windows).
    """

    class Reason(models.TextChoices):
        WINDOW = "window", _("Windows more in a session")
        SESSION = "session", _("An extra session")
        EMPTY = "empty", _("A session that runs empty")

    run = models.ForeignKey(ForecastRun, on_delete=models.CASCADE, related_name="advice")
    hall = models.ForeignKey("windows.Hall", on_delete=models.CASCADE, related_name="+")
    service_day = models.DateField()
    first_hour = models.PositiveSmallIntegerField(help_text="On the hall's wall")
    ends_hour = models.PositiveSmallIntegerField(help_text="After midnight 24 and on")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=7, choices=Reason.choices)
    kind = models.CharField(max_length=10, help_text="Of the session, there or to be")
    session = models.ForeignKey(
        "windows.HallSession", null=True, on_delete=models.CASCADE, related_name="+",
        help_text="That is open then",
    )  # fmt: skip
    numbers = ArrayField(
        models.PositiveSmallIntegerField(), help_text="Windows that open; of an empty one: close"
    )
    staff_hours = models.FloatField(help_text="That it takes; of an empty one: that it frees")
    expected = models.PositiveIntegerField()
    places = models.PositiveIntegerField()
    effect = models.JSONField(
        help_text="fewer (people turned to another day), before and after (minutes that nine in"
        " ten wait at most): each low, middle, high; runs, source, days"
    )
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "hall", "service_day", "first_hour"],
                name="advice_once_for_an_hour",
            ),
            models.CheckConstraint(
                condition=Q(ends_hour__gt=F("first_hour"), ends_hour__lte=LAST_HOUR)
                & Q(ends_at__gt=F("starts_at")),
                name="advice_hours_in_order",
            ),
            models.CheckConstraint(
                condition=Q(numbers__len__gt=0, staff_hours__gt=0), name="advice_names_windows"
            ),
        ]
