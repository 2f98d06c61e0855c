"""What the closed days really were: demand as it came, and the figures of reports."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Written(models.Model):
    """A number of a closed day, written once. A correction is a new row with its author."""

    recorded_at = models.DateTimeField()
    corrects = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="corrected_by"
    )
    by = models.ForeignKey("windows.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        abstract = True


class DemandFact(Written):
    """How many people asked for one matter in one hour of one hall in one way.

    Invariants: a fact is written once (demand_fact_once) and never changed
    (demand_fact_append_only); a correction has its author and its reason, and a first fact
    has neither (demand_correction_has_author); an hour is one of a day, people and minutes
    are not negative and within reason (demand_fact_sensible).
    """

    class What(models.TextChoices):
        BOOKED = "booked", _("Booked")
        WALKED_IN = "walked_in", _("Came without a booking")
        SEARCHED = "searched", _("Searched in vain")
        KIOSK = "kiosk", _("Asked at the kiosk in vain")
        WAITING = "waiting", _("On the waiting list in vain")
        CANCELLED = "cancelled", _("Cancelled")
        NO_SHOW = "no_show", _("Did not come")

    hall = models.ForeignKey("windows.Hall", on_delete=models.PROTECT, related_name="+")
    matter = models.ForeignKey("windows.Matter", on_delete=models.PROTECT, related_name="+")
    service_day = models.DateField()
    hour = models.PositiveSmallIntegerField(
        help_text="On the hall's wall; after midnight 24 and on"
    )
    kind = models.CharField(max_length=10, blank=True, help_text="Of the session; empty: none open")
    channel = models.CharField(max_length=8, help_text="online, assisted, reserved, walkin, kiosk")
    what = models.CharField(max_length=9, choices=What.choices)
    people = models.IntegerField()
    minutes = models.IntegerField(help_text="Window-minutes that they asked for")
    is_spread = models.BooleanField(
        default=False, db_default=False, help_text="The hour was not said: shared out over the day"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hall", "matter", "service_day", "hour", "kind", "channel", "what"],
                condition=Q(corrects__isnull=True),
                name="demand_fact_once",
            ),
            models.CheckConstraint(
                condition=Q(corrects__isnull=True, by__isnull=True, reason="")
                | Q(corrects__isnull=False, by__isnull=False) & ~Q(reason=""),
                name="demand_correction_has_author",
            ),
            models.CheckConstraint(
                condition=Q(
                    hour__lte=41, people__range=(0, 100_000), minutes__range=(0, 5_000_000)
                ),
                name="demand_fact_sensible",
            ),
        ]
        indexes = [models.Index(fields=["service_day", "hall"], name="demand_fact_of_day")]


class DayClosing(models.Model):
    """A hall's service day whose numbers are written: what comes later is a correction.

    Invariants: a day of a hall is written once (day_written_once).
    """

    hall = models.ForeignKey("windows.Hall", on_delete=models.PROTECT, related_name="+")
    service_day = models.DateField()
    written_at = models.DateTimeField()
    was_open = models.BooleanField(help_text="A day without a session is not zero demand")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hall", "service_day"], name="day_written_once")
        ]


class DayFigure(Written):
    """One figure of a hall's closed day, by matter, window and hour where it has them.

    Invariants: a figure is written once (day_figure_once) and never changed
    (day_figure_append_only); a correction has its author and its reason, and a first figure
    has neither (day_correction_has_author).
    """

    hall = models.ForeignKey("windows.Hall", on_delete=models.PROTECT, related_name="+")
    service_day = models.DateField()
    name = models.CharField(max_length=24, help_text="See appointments/reports/")
    matter = models.ForeignKey(
        "windows.Matter", null=True, on_delete=models.PROTECT, related_name="+"
    )
    window = models.ForeignKey(
        "windows.Window", null=True, on_delete=models.PROTECT, related_name="+"
    )
    hour = models.PositiveSmallIntegerField(null=True, help_text="After midnight 24 and on")
    bucket = models.CharField(max_length=16, blank=True, help_text="A part of it: lead days, level")
    count = models.IntegerField(default=0)
    seconds = models.BigIntegerField(default=0, help_text="Their sum, where it is a time")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hall", "service_day", "name", "matter", "window", "hour", "bucket"],
                condition=Q(corrects__isnull=True),
                nulls_distinct=False,
                name="day_figure_once",
            ),
            models.CheckConstraint(
                condition=Q(corrects__isnull=True, by__isnull=True, reason="")
                | Q(corrects__isnull=False, by__isnull=False) & ~Q(reason=""),
                name="day_correction_has_author",
            ),
        ]
        indexes = [models.Index(fields=["service_day", "hall"], name="day_figure_of_day")]


class CardCohort(models.Model):
    """Cards of a district that expire in a month, by how long they were valid: a known wave.

    Twenty-year cards of the first great issue expire once; who renews them receives a
    long-term card. Invariants: a month is known once for a district and validity
    (card_cohort_once); a month is named by its first day (card_cohort_by_month); cards are
    valid for 5, 10 or 20 years (card_cohort_validity_known).
    """

    district = models.CharField(max_length=40, blank=True, help_text="Hall.district_zh; empty: all")
    month = models.DateField(help_text="Its first day")
    years = models.PositiveSmallIntegerField()
    cards = models.PositiveIntegerField()
    made_by = models.ForeignKey("windows.Staff", null=True, on_delete=models.PROTECT)
    made_at = models.DateTimeField()
    is_simulated = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "month", "years"], name="card_cohort_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="card_cohort_by_month"),
            models.CheckConstraint(
                condition=Q(years__in=[5, 10, 20]), name="card_cohort_validity_known"
            ),
        ]


class ForecastRun(models.Model):
    """One forecast of the city, with how right such forecasts have been.

    Invariants: its days are in order (forecast_days_in_order).
    """

    made_at = models.DateTimeField()
    first_day = models.DateField()
    last_day = models.DateField()
    last_known_day = models.DateField(help_text="Facts up to this day were used")
    method = models.CharField(max_length=40)
    facts = models.JSONField(default=dict, help_text="Inputs, errors against naive, seconds")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day"), first_day__gt=F("last_known_day")),
                name="forecast_days_in_order",
            )
        ]


class ForecastValue(models.Model):
    """People expected in a hall (else a district, else the city) for a matter on a day or hour.

    `p05` to `p95` are quantiles: nine in ten days lie between the first and the last.
    Invariants: one value for each (forecast_value_once); quantiles are in order and not
    negative (forecast_quantiles_in_order).
    """

    run = models.ForeignKey(ForecastRun, on_delete=models.CASCADE, related_name="values")
    hall = models.ForeignKey("windows.Hall", null=True, on_delete=models.CASCADE, related_name="+")
    district = models.CharField(max_length=40, blank=True, help_text="With neither: the city")
    matter = models.ForeignKey(
        "windows.Matter", null=True, on_delete=models.CASCADE, related_name="+", help_text="Or all"
    )
    service_day = models.DateField()
    hour = models.PositiveSmallIntegerField(null=True, help_text="Empty: the whole day")
    mean = models.FloatField()
    p05 = models.FloatField()
    p25 = models.FloatField()
    p50 = models.FloatField()
    p75 = models.FloatField()
    p90 = models.FloatField()
    p95 = models.FloatField()
    minutes = models.FloatField(help_text="Window-minutes of the mean")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "hall", "district", "matter", "service_day", "hour"],
                nulls_distinct=False,
                name="forecast_value_once",
            ),
            models.CheckConstraint(
                condition=Q(mean__gte=0, p05__gte=0, p25__gte=F("p05"), p50__gte=F("p25"))
                & Q(p75__gte=F("p50"), p90__gte=F("p75"), p95__gte=F("p90")),
                name="forecast_quantiles_in_order",
            ),
        ]
