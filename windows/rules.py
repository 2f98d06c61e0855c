"""Business numbers with an effective date.

A number is looked up for a hall on a day: the hall's latest row effective by then, else
the city's, else the default here. Defaults and the ranges seen in practice: domain
research on Chinese halls (horizon 2 days to 90, grace 15-30 minutes, missed calls +3..+5).
To change a rule, add a `Rule` row in the administration with the date it starts from.
"""

from datetime import date

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from windows.models import Hall, Rule

# name: (default, meaning)
RULES = {
    "horizon_days": (14, _("Days ahead that can be booked")),
    "hold_minutes": (15, _("Minutes a place is held before it must be confirmed")),
    "group_max": (4, _("People who can book together")),
    "cancel_before_minutes": (120, _("Minutes before the slot until which one can cancel")),
    "checkin_early_minutes": (30, _("Minutes before the slot from which one can check in")),
    "checkin_late_minutes": (15, _("Minutes after the slot's start until which one is on time")),
    "patience_minutes": (20, _("Minutes after arrival in which bookings may go before a walk-in")),
    "walkin_percent": (30, _("Share of a new slot kept for walk-ins")),
    "walkin_min_percent": (20, _("Least share of a slot that is kept for walk-ins")),
    "assisted_percent": (10, _("Share of a new slot for bookings made on someone's behalf")),
    "rebalance_max_percent": (10, _("Most of a slot's minutes that one night may move")),
    "recall_pause_seconds": (20, _("Seconds between two calls of the same ticket")),
    "missed_after_calls": (3, _("Calls before a ticket can be marked as missed")),
    "missed_back_places": (3, _("Places a returning person stands back after a missed call")),
    "code_minutes": (10, _("Minutes a one-time code is valid")),
    "codes_per_hour": (6, _("One-time codes a phone can ask for in an hour")),
    "proof_minutes": (60, _("Minutes a proven phone can be used for booking")),
    "reminder_day_hour": (18, _("Hour of the reminder on the day before")),
    "reminder_hours_before": (2, _("Hours before the slot of the second reminder")),
    "session_max_hours": (14, _("Longest session in hours")),
    "alert_waiting": (20, _("Waiting people from which a supervisor is alerted")),
}


def rule(name: str, *, hall: Hall | int | None, day: date) -> int:
    """The number in force for the hall on that day."""
    return rules([name], hall=hall, day=day)[name]


def rules(names: list[str], *, hall: Hall | int | None, day: date) -> dict[str, int]:
    """Several numbers in force for the hall on that day, from one query."""
    hall_id = hall.pk if isinstance(hall, Hall) else hall
    rows = (
        Rule.objects.filter(Q(hall_id=hall_id) | Q(hall__isnull=True))
        .filter(name__in=names, effective_on__lte=day)
        .order_by("name", F("hall").asc(nulls_last=True), "-effective_on")
        .distinct("name")
        .values_list("name", "value")
    )
    found = dict(rows)
    return {name: found.get(name, RULES[name][0]) for name in names}
