"""Business numbers with an effective date.

A number is looked up for a hall on a day: the hall's latest row effective by then, else
the city's, else the default here. Defaults and the ranges seen in practice: domain
research on Chinese halls (horizon 2 days to 90, grace 15-30 minutes, missed calls +3..+5).
To change a rule, add a `Rule` row in the administration with the date it starts from.
"""

from collections.abc import Iterable
from datetime import date

from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from windows.models import Hall, Rule

# name: (default, meaning)
RULES = {
    "horizon_days": (14, _("Days ahead that can be booked")),
    "calendar_warn_days": (30, _("Days of warning before bookings pass the published holidays")),
    "hold_minutes": (15, _("Minutes a place is held before it must be confirmed")),
    "group_max": (4, _("People who can book together")),
    "hold_more_minutes": (15, _("Minutes by which a hold is extended, once, on request")),
    "hold_offer_minutes": (20, _("Minutes a place is kept for somebody on the waiting list")),
    "hold_drawn_hours": (24, _("Hours a place won in a draw is kept")),
    "needs_more_percent": (50, _("More minutes for a person who needs more time")),
    "chain_max": (3, _("Matters that one person can book in one visit")),
    "limit_days": (30, _("Days over which bookings, changes and cancellations are counted")),
    "person_bookings_most": (4, _("Visits a person can book in those days")),
    "person_cancels_most": (3, _("Cancelled visits after which a person comes without booking")),
    "person_changes_most": (3, _("Changes of time a person can make in those days")),
    "phone_people_most": (12, _("People that one phone can book for in those days")),
    "phone_holds_most": (10, _("Holds a phone can let go unconfirmed within a day")),
    "missed_most": (3, _("Missed visits that close online booking")),
    "missed_days": (180, _("Days a missed visit counts")),
    "missed_closed_days": (30, _("Days online booking stays closed after too many missed visits")),
    "links_an_hour": (3, _("Times an hour in which a phone's links are sent again")),
    "appeal_days": (14, _("Days in which one can object to a missed visit")),
    "undo_minutes": (10, _("Minutes in which a cancellation can be undone")),
    "cooling_min_minutes": (1, _("Shortest time before a place that was given up is on offer")),
    "cooling_max_minutes": (10, _("Longest time before a place that was given up is on offer")),
    "wait_offers_most": (3, _("Offers a waiting person can let pass")),
    "wait_days_more": (30, _("Days beyond the bookable ones that one can wait for")),
    "offer_notice_minutes": (60, _("Minutes from the end of an offer to the time it is for")),
    "offer_pause_minutes": (60, _("Minutes without another offer after one that nobody answered")),
    "few_places": (5, _("Places below which only “few” is shown")),
    "room_opens_minutes": (15, _("Minutes before a release in which the waiting room fills")),
    "room_lasts_minutes": (30, _("Minutes after a release in which the waiting room stands")),
    "room_admits_a_minute": (300, _("People a waiting room lets in each minute")),
    "room_stay_minutes": (15, _("Minutes in which somebody who was let in can book")),
    "room_free_an_hour": (20, _("Places in a waiting room for an address in an hour, no work")),
    "room_most_an_hour": (600, _("Places in a waiting room for an address in an hour at most")),
    "codes_free_an_hour": (20, _("Codes an address can ask for in an hour without work")),
    "codes_most_an_hour": (600, _("Codes an address can ask for in an hour at most")),
    "reads_most_a_minute": (600, _("Questions about places an address can ask in a minute")),
    "cancel_before_minutes": (120, _("Minutes before the slot until which one can cancel")),
    "checkin_early_minutes": (30, _("Minutes before the slot from which one can check in")),
    "checkin_late_minutes": (15, _("Minutes after the slot's start until which one is on time")),
    "patience_minutes": (20, _("Minutes after arrival in which bookings may go before a walk-in")),
    "slot_minutes": (30, _("Minutes of a new slot")),
    "release_hour": (8, _("Hour at which places open on the day of their release")),
    "plan_days_ahead": (60, _("Days ahead for which weekly plans make sessions")),
    "plan_slots_most": (200_000, _("Most slots that plans may make in one go")),
    "slot_overfill_percent": (
        25,
        _("Most by which a slot's minutes may go beyond its windows' time"),
    ),
    "walkin_percent": (30, _("Share of a new slot kept for walk-ins")),
    "walkin_min_percent": (20, _("Least share of a slot that is kept for walk-ins")),
    "assisted_percent": (10, _("Share of a new slot for bookings made on someone's behalf")),
    "rebalance_max_percent": (10, _("Most of a slot's minutes that one night may move")),
    "rebalance_step_percent": (5, _("Most of a slot's minutes that the steps of one day may move")),
    "rebalance_hall_percent": (30, _("Most of a day's minutes in a hall that one day may move")),
    "rebalance_district_gap_percent": (
        10,
        _("Most by which a district may turn away a larger share than the city"),
    ),
    "rebalance_is_automatic": (1, _("1: quotas move by themselves; 0: somebody approves")),
    "recall_pause_seconds": (20, _("Seconds between two calls of the same ticket")),
    "missed_after_calls": (3, _("Calls before a ticket can be marked as missed")),
    "missed_back_places": (3, _("Places a returning person stands back after a missed call")),
    "postpone_minutes": (10, _("Minutes by which a waiting person can step back, once")),
    "leave_reserve_minutes": (10, _("Minutes before one's likely turn to be back in the hall")),
    "turn_alert_places": (3, _("People left before one's number when a message is sent")),
    "presence_seconds": (60, _("Seconds in which the board shows one presence code")),
    "presence_guesses_an_hour": (30, _("Wrong presence codes from an address in an hour")),
    "block_numbers": (20, _("Numbers per letter that a kiosk keeps for when it is cut off")),
    "break_after_minutes": (
        120,
        _("Minutes at the window after which the desk reminds of a break"),
    ),
    "alert_longest_minutes": (60, _("Longest wait from which a supervisor is alerted")),
    "alert_wait_minutes": (
        90,
        _("Minutes that nine in ten newcomers will wait from which a supervisor is alerted"),
    ),
    "alert_silent_minutes": (
        20,
        _("Minutes in which a staffed window calls nobody, while people wait for it"),
    ),
    "alert_serving_minutes": (45, _("Minutes with one person that a supervisor should know of")),
    "alert_late_minutes": (10, _("Minutes that somebody planned at a window is late")),
    "alert_no_shows_percent": (30, _("Share of today's booked people who did not come")),
    "alert_no_shows_least": (10, _("Booked people who are due before that share says anything")),
    "alert_after_closing": (5, _("Waiting people who will not be called before closing")),
    "help_early_minutes": (30, _("Minutes before the time for which somebody is lent to a hall")),
    "code_minutes": (10, _("Minutes a one-time code is valid")),
    "codes_per_hour": (6, _("One-time codes a phone can ask for in an hour")),
    "proof_minutes": (60, _("Minutes a proven phone can be used for booking")),
    "remind_after_hours": (3, _("Hours after news of a visit before a reminder of it")),
    "messages_an_hour": (20, _("Messages to a phone or address in an hour; the next ones wait")),
    "bundle_minutes": (30, _("Minutes within which a family's messages leave as one")),
    "rating_after_minutes": (
        30,
        _("Minutes from a visit to the message that asks how it was; 0: none"),
    ),
    "provider_look_minutes": (
        10,
        _("Minutes over which the answers of a message provider are counted"),
    ),
    "provider_bad_percent": (30, _("Share of bad answers from which a provider steps back")),
    "provider_bad_least": (10, _("Answers of a provider before that share says anything")),
    "provider_slow_ms": (4000, _("Milliseconds from which a provider's answer is a slow one")),
    "provider_late_minutes": (4, _("Minutes after which a message should have arrived")),
    "provider_failures": (5, _("Failures in a row after which a provider is left alone")),
    "provider_pause_seconds": (60, _("Seconds for which such a provider is left alone")),
    "sms_parts_most": (3, _("Parts of an SMS at most in Chinese; twice as many in English")),
    "reminder_day_hour": (18, _("Hour of the reminder on the day before")),
    "reminder_hours_before": (2, _("Hours before the slot of the second reminder")),
    "undo_change_minutes": (5, _("Minutes in which a change of a session can be taken back")),
    "urgent_change_minutes": (60, _("Minutes before a visit in which people are told at once")),
    "offer_answer_hours": (24, _("Hours a place is kept for who lost one to a change")),
    "session_max_hours": (14, _("Longest session in hours")),
    "rest_hours": (11, _("Hours of rest between the duties of two days")),
    "duty_day_hours": (11, _("Most hours that somebody is planned for on a day")),
    "duty_week_hours": (44, _("Most hours that somebody is planned for in a week")),
    "time_off_expires_days": (180, _("Days in which time off in lieu can be used")),
    "twin_another_hour_percent": (
        60,
        _("Share of people who take another hour of the day when the wished one is full"),
    ),
    "twin_comes_anyway_percent": (
        30,
        _("Share of people who find no place on a day and come without one"),
    ),
    "twin_follows_percent": (
        15,
        _("Share of people without a booking who come in the hours that a session adds"),
    ),
    "advice_people": (3, _("People more than places from which a session is advised")),
    "advice_empty_percent": (
        50,
        _("Share of its places below which a session to come is said to run empty"),
    ),
    "advice_empty_places": (6, _("Places of the smallest session that can be said to run empty")),
    "advice_plays_hall": (3, _("Advices of a hall whose effect is played in a night")),
    "advice_plays_city": (20, _("Advices of the city whose effect is played in a night")),
    "advice_runs": (200, _("Runs in which a night plays the effect of an advice")),
    "advice_searches": (10, _("Searches in vain for a day from which a session is advised")),
    "advice_full_percent": (95, _("Share of a day's places that makes it full")),
    "advice_notice_minutes": (120, _("Minutes from an advice to the session it names")),
    "alert_message_minutes": (5, _("Minutes that a message is late before an alert")),
    "alert_parked_messages": (1, _("Messages in doubt from which there is an alert")),
    "alert_failed_messages": (20, _("Messages failed within an hour before an alert")),
    "alert_cap_percent": (10, _("Share of a provider's daily cap left, below which is an alert")),
    "alert_waiting": (20, _("Waiting people from which a supervisor is alerted")),
}


def rule(name: str, *, hall: Hall | int | None, day: date) -> int:
    """The number in force for the hall on that day."""
    return rules([name], hall=hall, day=day)[name]


def rule_by_hall(name: str, day: date) -> Coalesce:
    """The number in force on that day for each hall of a query, to be read with it."""
    rows = Rule.objects.filter(Q(hall=OuterRef("pk")) | Q(hall__isnull=True))
    latest = rows.filter(name=name, effective_on__lte=day).order_by(
        F("hall").asc(nulls_last=True), "-effective_on"
    )
    return Coalesce(Subquery(latest.values("value")[:1]), RULES[name][0])


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


class RuleBook:
    """Numbers in force for some halls on any day, read once."""

    def __init__(self, names: Iterable[str], halls: Iterable[int]) -> None:
        numbers = Rule.objects.filter(Q(hall__in=[*halls]) | Q(hall=None), name__in=[*names])
        self._found: dict[tuple[str, int | None], list[tuple[date, int]]] = {}
        for name, hall, on, value in numbers.order_by("-effective_on").values_list(
            "name", "hall_id", "effective_on", "value"
        ):
            self._found.setdefault((name, hall), []).append((on, value))

    def number(self, name: str, hall: int, day: date) -> int:
        """As `rule`."""
        for rows in (self._found.get((name, hall), []), self._found.get((name, None), [])):
            for on, value in rows:
                if on <= day:
                    return value
        return RULES[name][0]
