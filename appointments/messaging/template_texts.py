"""Every text that leaves, in the order in which a person meets them, and every title."""

from django.utils.translation import gettext_lazy as _

from appointments.messaging.template_others import (
    CODE,
    LINKS,
    OF_DRAWS,
    OF_MISSED,
    OF_TURN,
    OF_WAITING,
    RATING,
)
from appointments.messaging.template_text import Sentence, Text
from appointments.messaging.template_visits import OF_CHANGE, OF_VISIT
from appointments.models import Message

Kind = Message.Kind
ALL = [
    CODE, *OF_VISIT, *OF_CHANGE, LINKS, *OF_WAITING, *OF_DRAWS, *OF_TURN, *OF_MISSED, RATING,
]  # fmt: skip
TEXTS: dict[tuple[str, str], Text] = {(str(one.kind), one.case): one for one in ALL}

TITLES: dict[str, Sentence] = {
    Kind.CODE: _("Your code"),
    Kind.CONFIRMED: _("Booked: %(when)s, %(where)s"),
    Kind.REMINDER_DAY: _("A reminder: %(when)s, %(where)s"),
    Kind.REMINDER_HOURS: _("Soon: %(when)s, %(where)s"),
    Kind.MOVED: _("Changed: now %(when)s, %(where)s"),
    Kind.CANCELLED: _("Cancelled: %(when)s, %(where)s"),
    Kind.WITHDRAWN: _("Cancelled by the hall: %(when)s, %(where)s"),
    Kind.LINKS: _("Your bookings"),
    Kind.WAITING: _("Your waiting list"),
    Kind.OFFER: _("A place is kept for you"),
    Kind.REGISTERED: _("You are registered for the draw"),
    Kind.DRAWN: _("The draw is done"),
    Kind.MISSED: _("A visit that nobody was checked in for"),
    Kind.ANSWERED: _("The hall has answered"),
    Kind.SOON: _("Nearly your turn"),
    Kind.DISPLACED: _("Another time from the hall"),
    Kind.RATING: _("How was your visit?"),
}
