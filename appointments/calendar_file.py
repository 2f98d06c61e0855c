"""A booking as a calendar file (RFC 5545), for the calendar of one's own phone."""

from datetime import datetime, timedelta

from django.utils.translation import gettext
from icalendar import Alarm, Calendar, Event

from appointments.models import Booking

TIME_THERE = timedelta(minutes=30)
ALARM_BEFORE = timedelta(hours=2)


def calendar_of(booking: Booking, *, matters: list[Booking], link: str, now: datetime) -> bytes:
    """One event with its alarm; a newer version replaces the older one.

    `matters` are the bookings of the same visit, this one among them.
    """
    gone = booking.state not in Booking.OPEN
    calendar = Calendar()
    calendar.add("prodid", "-//Dengta//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if gone else "PUBLISH")
    event = Event()
    event.add("uid", f"{booking.reference}@dengta")
    event.add("sequence", booking.version)
    event.add("status", "CANCELLED" if gone else "CONFIRMED")
    event.add("dtstamp", now)
    starts = [one.starts_at for one in matters]
    event.add("dtstart", min(starts))
    event.add("dtend", max(starts) + TIME_THERE)
    names = " + ".join(one.matter.name for one in matters)
    event.add("summary", f"{names} · {booking.hall.name}")
    event.add("location", booking.hall.address)
    event.add("description", _description(booking, matters, link))
    event.add("url", link)
    if not gone:
        event.add_component(_alarm(booking))
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _description(booking: Booking, matters: list[Booking], link: str) -> str:
    bring = [one.matter.materials.filter(kind="bring").order_by("position") for one in matters]
    names = list(dict.fromkeys(f"- {material.name}" for these in bring for material in these))
    listed = [gettext("Bring along:"), *names] if names else []
    reference = gettext("Reference %(reference)s") % {"reference": booking.reference}
    return "\n".join([reference, *listed, link])


def _alarm(booking: Booking) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", booking.matter.name)
    alarm.add("trigger", -ALARM_BEFORE)
    return alarm
