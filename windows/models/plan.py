"""What is planned ahead: weekly plans, defaults of kinds, the city's calendar, events."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from windows.models.hall import in_language
from windows.models.session import HallSession


class KindDefault(models.Model):
    """What a session of a kind is like unless somebody says otherwise, from a day on, in the
    city or in one hall.

    Null or empty says nothing: the rules of the hall hold then (`windows/kinds.py`).
    Invariants: a kind's defaults change once a day in a hall (kind_default_once_a_day_in_hall)
    and once a day in the city (kind_default_once_a_day_in_city); its shares leave something
    (kind_default_shares_fit); its slots last 10 to 120 minutes (kind_default_slots_sensible).
    """

    kind = models.CharField(max_length=10, choices=HallSession.Kind.choices)
    hall = models.ForeignKey("windows.Hall", null=True, on_delete=models.CASCADE)
    effective_on = models.DateField()
    opens = models.TimeField(null=True, help_text="Its usual hours")
    closes = models.TimeField(null=True)
    slot_minutes = models.PositiveSmallIntegerField(null=True)
    walkin_percent = models.PositiveSmallIntegerField(null=True)
    assisted_percent = models.PositiveSmallIntegerField(null=True)
    release = models.CharField(
        max_length=5, choices=HallSession.Release.choices, default=HallSession.Release.PLAIN
    )
    release_days = models.PositiveSmallIntegerField(
        null=True, help_text="Days before the session at which it can be booked; null: at once"
    )
    audience_zh = models.CharField(max_length=100, blank=True)
    audience_en = models.CharField(max_length=100, blank=True)
    matters = models.ManyToManyField(
        "windows.Matter", blank=True, related_name="+", help_text="None: all that windows serve"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "hall", "effective_on"],
                condition=Q(hall__isnull=False),
                name="kind_default_once_a_day_in_hall",
            ),
            models.UniqueConstraint(
                fields=["kind", "effective_on"],
                condition=Q(hall__isnull=True),
                name="kind_default_once_a_day_in_city",
            ),
            models.CheckConstraint(
                condition=Q(walkin_percent__isnull=True)
                | Q(assisted_percent__isnull=True, walkin_percent__lte=100)
                | Q(walkin_percent__lte=100 - F("assisted_percent")),
                name="kind_default_shares_fit",
            ),
            models.CheckConstraint(
                condition=Q(slot_minutes__isnull=True)
                | Q(slot_minutes__gte=10, slot_minutes__lte=120),
                name="kind_default_slots_sensible",
            ),
        ]


class WeeklyPlan(models.Model):
    """Sessions that a hall has every week, from a day on.

    `windows/plans.py` generates them ahead. A day that was edited by hand keeps what it has.
    Invariants: a plan names weekdays (plan_names_weekdays); it ends after it begins
    (plan_ends_after_it_begins); it opens and closes at different hours (plan_has_hours); its
    shares leave something (plan_shares_fit); its slots last 10 to 120 minutes
    (plan_slots_sensible).
    """

    class On(models.TextChoices):
        WORKDAYS = "workdays", _("On working days, make-up days among them")
        DAYS_OFF = "days_off", _("On days off")
        ALWAYS = "always", _("On every such weekday")

    hall = models.ForeignKey("windows.Hall", on_delete=models.PROTECT, related_name="plans")
    kind = models.CharField(max_length=10, choices=HallSession.Kind.choices)
    weekdays = ArrayField(models.PositiveSmallIntegerField(), help_text="1 is Monday, 7 Sunday")
    on = models.CharField(max_length=8, choices=On.choices, default=On.WORKDAYS)
    opens = models.TimeField()
    closes = models.TimeField(help_text="At or before the opening: the next morning")
    windows = models.ManyToManyField("windows.Window", related_name="plans")
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, help_text="The last day; null: goes on")
    slot_minutes = models.PositiveSmallIntegerField(null=True)
    walkin_percent = models.PositiveSmallIntegerField(null=True)
    assisted_percent = models.PositiveSmallIntegerField(null=True)
    release = models.CharField(max_length=5, choices=HallSession.Release.choices, blank=True)
    release_days = models.PositiveSmallIntegerField(null=True)
    audience_zh = models.CharField(max_length=100, blank=True)
    audience_en = models.CharField(max_length=100, blank=True)
    matters = models.ManyToManyField("windows.Matter", blank=True, related_name="+")
    made_by = models.ForeignKey("windows.Staff", null=True, on_delete=models.PROTECT)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="Taken back: generates nothing any more")
    is_simulated = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekdays__len__gt=0), name="plan_names_weekdays"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="plan_ends_after_it_begins",
            ),
            models.CheckConstraint(condition=~Q(opens=F("closes")), name="plan_has_hours"),
            models.CheckConstraint(
                condition=Q(walkin_percent__isnull=True)
                | Q(assisted_percent__isnull=True, walkin_percent__lte=100)
                | Q(walkin_percent__lte=100 - F("assisted_percent")),
                name="plan_shares_fit",
            ),
            models.CheckConstraint(
                condition=Q(slot_minutes__isnull=True)
                | Q(slot_minutes__gte=10, slot_minutes__lte=120),
                name="plan_slots_sensible",
            ),
        ]
        indexes = [models.Index(fields=["hall"], name="plan_of_hall")]


class WorkCalendarDay(models.Model):
    """What somebody decided, or a notice said, of one day: goes before the package and the
    weekday.

    Invariants: a day stands once (calendar_day_once).
    """

    class Source(models.TextChoices):
        NOTICE = "notice", _("Published notice")
        HAND = "hand", _("Entered by hand")

    day = models.DateField()
    is_workday = models.BooleanField()
    name_zh = models.CharField(max_length=60, blank=True)
    name_en = models.CharField(max_length=60, blank=True)
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.HAND)
    is_confirmed = models.BooleanField(default=True)
    changed_by = models.ForeignKey("windows.Staff", null=True, on_delete=models.PROTECT)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day"], name="calendar_day_once")]

    @property
    def name(self) -> str:
        return in_language(self.name_zh, self.name_en)


class DemandEvent(models.Model):
    """What makes more people come, or fewer: exams, holidays, a wave of renewals.

    Invariants: its days are in order (event_days_in_order); its effect is between nobody and
    ten times as many (event_uplift_sensible).
    """

    class Kind(models.TextChoices):
        EXAM = "exam", _("Exam")
        HOLIDAY = "holiday", _("Holidays")
        WAVE = "wave", _("Wave of renewals")
        OTHER = "other", _("Something else")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60, blank=True)
    first_day = models.DateField()
    last_day = models.DateField()
    audience_zh = models.CharField(max_length=100, blank=True)
    audience_en = models.CharField(max_length=100, blank=True)
    uplift_percent = models.SmallIntegerField(help_text="100: twice as many people")
    hall = models.ForeignKey("windows.Hall", null=True, on_delete=models.CASCADE)
    district = models.CharField(max_length=40, blank=True, help_text="Hall.district_zh")
    matters = models.ManyToManyField("windows.Matter", blank=True, related_name="+")
    made_by = models.ForeignKey("windows.Staff", null=True, on_delete=models.PROTECT)
    made_at = models.DateTimeField()
    is_simulated = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="event_days_in_order"
            ),
            models.CheckConstraint(
                condition=Q(uplift_percent__gte=-100, uplift_percent__lte=900),
                name="event_uplift_sensible",
            ),
        ]
        indexes = [models.Index(fields=["first_day", "last_day"], name="event_days")]

    @property
    def name(self) -> str:
        return in_language(self.name_zh, self.name_en)

    @property
    def audience(self) -> str:
        return in_language(self.audience_zh, self.audience_en)


class ImportDraft(models.Model):
    """A file that somebody looked through before it is taken in; forgotten after a day.

    Invariants: a draft names one file (import_draft_once).
    """

    public_id = models.UUIDField()
    what = models.CharField(max_length=20, help_text="halls, windows, matters, staff or plans")
    name = models.CharField(max_length=120)
    content = models.BinaryField()
    made_by = models.ForeignKey("windows.Staff", on_delete=models.CASCADE)
    made_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["public_id"], name="import_draft_once")]
