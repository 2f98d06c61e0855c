"""Who may book online now: limits per person and phone, and who is told which of them."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from appointments.claiming import Found, limits_of
from config import civil
from config.refusals import Refusal


class PersonNotOnline(Refusal):
    """The one answer to a phone that never booked for the person: it tells nothing."""

    code = "person_not_online"
    message = _(
        "One of these people cannot be booked from this phone. Book from the phone that was used "
        "before, ask at the desk or by phone, or come without a booking: nobody is sent away."
    )
    field = "people"


class OnlineClosed(Refusal):
    code = "online_closed"
    message = _(
        "After missed visits one of these people can book online again from %(until)s. Until then "
        "come without a booking at any time: you will be served."
    )
    field = "people"


class TooManyVisits(Refusal):
    code = "too_many_visits"
    message = _(
        "One of these people has %(most)s visits within %(days)s days. More are possible without "
        "a booking at any time."
    )
    field = "people"


class TooManyCancelled(Refusal):
    code = "too_many_cancelled"
    message = _(
        "One of these people cancelled %(most)s times within %(days)s days. Come without a "
        "booking at any time: you will be served."
    )
    field = "people"


class TooManyForPhone(Refusal):
    code = "too_many_for_phone"
    message = _(
        "This phone has booked for %(most)s people within %(days)s days. Use another phone, or "
        "ask at the desk."
    )
    field = "phone"


class TooManyHolds(Refusal):
    code = "too_many_holds"
    message = _(
        "From this phone many places were held today and not confirmed. Try again tomorrow, or "
        "come without a booking."
    )
    field = "phone"


PERSONAL = {
    "online_closed": OnlineClosed,
    "too_many_visits": TooManyVisits,
    "too_many_cancelled": TooManyCancelled,
}
OF_PHONE = {"too_many_for_phone": TooManyForPhone, "too_many_holds": TooManyHolds}


def check_limits(facts: dict[str, Any], numbers: dict[str, int]) -> None:
    """Refuses what a rule forbids these people or this phone (windows/rules.py).

    `facts`: indexes, phone_index, now, for a hold also matters and slot; `numbers`: those
    of NUMBERS.
    """
    days = numbers["limit_days"]
    asked = {
        "matters": [],
        "slot": None,
        **facts,
        "since": facts["now"] - timedelta(days=days),
        "yesterday": facts["now"] - timedelta(days=1),
        "visits_most": numbers["person_bookings_most"],
        "cancels_most": numbers["person_cancels_most"],
        "people_most": numbers["phone_people_most"],
        "holds_most": numbers["phone_holds_most"],
    }
    refusal = refusal_of(limits_of(asked), numbers)
    if refusal:
        raise refusal


def refusal_of(found: list[Found], numbers: dict[str, int]) -> Refusal | None:
    """The refusal for the first thing that stands in the way; the same one for all that
    concerns a person whom this phone never booked for."""
    known = {one.id_index for one in found if one.what == "known"}
    most = {
        "too_many_visits": numbers["person_bookings_most"],
        "too_many_cancelled": numbers["person_cancels_most"],
        "too_many_for_phone": numbers["phone_people_most"],
    }
    for one in found:
        if one.what in OF_PHONE:
            return OF_PHONE[one.what](most=most.get(one.what), days=numbers["limit_days"])
        if one.what in PERSONAL:
            if one.id_index not in known:
                return PersonNotOnline()
            until = f"{civil.city_time(one.until):%Y-%m-%d %H:%M}" if one.until else ""
            return PERSONAL[one.what](
                until=until, most=most.get(one.what), days=numbers["limit_days"]
            )
    return None
