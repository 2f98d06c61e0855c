"""One's own visit as its page shows it: how it stands, in a person's words, and what can be
done next. Read only; other people's names leave here masked."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from appointments import saying
from appointments.appealing import missed_visit
from appointments.attending import NEEDS, needs_of
from appointments.cancelling import undo_until
from appointments.chaining import by_person, to_bring
from appointments.changes.answering import latest_for
from appointments.changing import CHANGEABLE
from appointments.id_numbers import mask_id, mask_name
from appointments.models import Booking, Displaced
from appointments.offering import availability
from appointments.sealing import booking_secret, unseal
from config import civil
from windows.models import HallSession, Material
from windows.rules import rules

State = Booking.State
GONE = (State.CANCELLED, State.EXPIRED)
FREE_SHOWN, LOOK_DAYS = 3, 14

# stage: (what the page says first, what to do next); see stage_of
STAGES = {
    "held": (_("Not confirmed yet"), _("Confirm it, and the place is yours.")),
    "booked": ("", _("Come at this time, with what is listed below.")),
    "check_in": ("", _("You can check in now, at the kiosk or at the desk.")),
    "late": (
        _("Your time has begun"),
        _("Come all the same: today you are served in the order of those without a booking."),
    ),
    "passed": (
        _("This time has passed"),
        _("You can come without a booking at any opening time, or book again."),
    ),
    "arrived": (_("You are checked in"), _("Your number and the wait are on your ticket.")),
    "served": (_("Done. Thank you for coming."), ""),
    "left": (
        _("Your number ended before you were served"),
        _("You came, so this is no missed visit. Come again or book another time."),
    ),
    "missed": (
        _("Nobody was checked in for this visit"),
        _("Were you there, or did something come up? You can tell the hall."),
    ),
    "not_counted": (_("This time has passed"), _("Nothing is noted against anybody.")),
    "cancelled": (_("This booking is cancelled"), _("You can book again at any time.")),
    "withdrawn": (
        _("The hall had to cancel this time"),
        _("We are sorry. Nothing is noted against you; please choose another time."),
    ),
    "declined": (
        _("You said no to the new time"),
        _("Nothing is noted against you; you can choose another time."),
    ),
    "not_answered": (
        _("No answer came, so this time is free for others"),
        _("Nothing is noted against you; you can choose another time."),
    ),
    "expired": (
        _("This place was not confirmed in time"),
        _("It is free again for everyone. You can choose a time anew."),
    ),
}
BY_ANSWER = {Displaced.State.DECLINED: "declined", Displaced.State.EXPIRED: "not_answered"}


def own_address(booking: Booking) -> str:
    address = reverse("appointments:booking", args=[booking.reference])
    return f"{address}?k={booking_secret(booking.reference)}"


def shown_person(booking: Booking) -> dict[str, Any]:
    sealed = booking.guardian_sealed
    return {
        "name": unseal(booking.name_sealed, purpose="name"),
        "id_number": mask_id(unseal(booking.id_sealed, purpose="id_number")),
        "guardian": unseal(sealed, purpose="name") if sealed else "",
        "needs": [NEEDS[need] for need in needs_of(booking)],
    }


@dataclass(frozen=True)
class OwnVisit:
    """The matters of one person in one visit, and who comes along."""

    booking: Booking
    stage: str
    matters: list[Booking]
    others: list[dict[str, Any]]

    @property
    def headline(self) -> str:
        words = STAGES[self.stage][0]
        return str(words) if words else saying.when(self.starts_at)

    @property
    def advice(self) -> str:
        return str(STAGES[self.stage][1])

    @property
    def starts_at(self) -> datetime:
        return min(one.starts_at for one in self.matters)

    @property
    def can_change(self) -> bool:
        return self.stage in ("held", "booked") or (
            self.stage == "check_in" and self.booking.state in CHANGEABLE
        )

    @property
    def is_over(self) -> bool:
        return self.stage not in ("held", "booked", "check_in", "late", "arrived")

    def bring(self) -> list[Material]:
        return to_bring(self.matters)


def visit_of(booking: Booking, now: datetime) -> OwnVisit:
    group = Booking.objects.filter(group_id=booking.group_id)
    people = by_person(group.select_related("matter", "hall", "ticket"))
    mine = next(visit for visit in people if booking in visit)
    standing = [one for one in mine if one.state not in GONE]
    return OwnVisit(
        booking=booking,
        stage=stage_of(booking, now),
        matters=standing if booking in standing else mine,
        others=[_companion(visit) for visit in people if booking not in visit],
    )


def _companion(visit: list[Booking]) -> dict[str, Any]:
    """One who comes together with this one, masked, with the link of their own."""
    first = next((one for one in visit if one.state in Booking.OPEN), visit[0])
    return {
        "name": mask_name(unseal(first.name_sealed, purpose="name")),
        "reference": first.reference,
        "time": saying.when(first.starts_at),
        "state": _state_words(first),
        "can_change": any(one.state in CHANGEABLE for one in visit),
        "href": own_address(first),
    }


def stage_of(booking: Booking, now: datetime) -> str:
    """How the visit stands now, also before housekeeping has written it down."""
    if booking.state == State.HELD:
        over = booking.hold_expires_at is not None and booking.hold_expires_at <= now
        return "expired" if over or booking.starts_at <= now else "held"
    if booking.state == State.NO_SHOW:
        if booking.arrived_at is not None:
            return "left"
        visit = missed_visit(booking)
        return "missed" if visit is not None else "not_counted"
    if booking.state == State.WITHDRAWN:
        return _answer(booking) or "withdrawn"
    return _before_arriving(booking, now) if booking.state == State.CONFIRMED else booking.state


def _answer(booking: Booking) -> str:
    """What the person said to the time that the hall chose instead, or that nothing was said;
    "" when the hall chose none."""
    latest = latest_for(booking)
    return BY_ANSWER.get(Displaced.State(latest.state), "") if latest is not None else ""


def _state_words(booking: Booking) -> str:
    if booking.state == State.WITHDRAWN and _answer(booking) == "declined":
        return str(Displaced.State.DECLINED.label)
    return booking.get_state_display()


def _before_arriving(booking: Booking, now: datetime) -> str:
    names = ["checkin_early_minutes", "checkin_late_minutes"]
    numbers = rules(names, hall=booking.hall_id, day=booking.service_day)
    if now < booking.starts_at - timedelta(minutes=numbers["checkin_early_minutes"]):
        return "booked"
    if now <= booking.starts_at + timedelta(minutes=numbers["checkin_late_minutes"]):
        return "check_in"
    runs = HallSession.objects.filter(
        hall=booking.hall_id, service_day=booking.service_day, state="open", ends_at__gt=now
    )
    return "late" if runs.exists() else "passed"


def facts_of(visit: OwnVisit, now: datetime) -> dict[str, Any]:
    """The words and times of the page that depend on how the visit stands."""
    booking = visit.booking
    early = rules(["checkin_early_minutes"], hall=booking.hall_id, day=booking.service_day)
    opens = visit.starts_at - timedelta(minutes=early["checkin_early_minutes"])
    undo = undo_until(booking)
    return {
        "visit": visit,
        "booking": booking,
        "person": shown_person(booking),
        "when": saying.when(visit.starts_at),
        "day": saying.long_day(civil.city_date(visit.starts_at)),
        "clock": saying.clock(visit.starts_at),
        "opens": saying.clock(opens),
        "night_after": civil.city_date(visit.starts_at) != booking.service_day,
        "evening_of": saying.long_day(booking.service_day),
        "undo_words": saying.clock(undo) if undo and undo > now else "",
        **(hold_words(booking, now) if visit.stage == "held" else {}),
    }


def hold_words(booking: Booking, now: datetime) -> dict[str, Any]:
    """Until when the place is held, and whether there can be more time."""
    until = booking.hold_expires_at
    assert until is not None  # noqa: S101  booking_hold_has_end
    today = civil.city_date(until) == civil.city_date(now)
    return {
        "until": until,
        "until_words": saying.clock(until) if today else saying.when(until),
        "now": now,
        "can_extend": booking.hold_extended_at is None,
    }


def free_instead(booking: Booking, now: datetime) -> list[str]:
    """The next days that are free in the same hall, in words, when the old place is gone."""
    days = availability(
        matter=booking.matter, first=civil.city_date(now), days=LOOK_DAYS, hall=booking.hall,
        people=1, now=now,
    )  # fmt: skip
    firsts = [day.first_slot_at for day in days if day.places > 0 and day.first_slot_at]
    return [saying.when(at) for at in firsts[:FREE_SHOWN]]
