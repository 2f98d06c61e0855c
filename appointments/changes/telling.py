"""What people are told when the hall takes or changes their time, and when it leaves.

In the group's language, the old time said in full, and the link to one's own booking where
the new one is taken, changed or given up. Opening the link changes nothing.
"""

from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from appointments import reminding, saying
from appointments.id_numbers import mask_name
from appointments.messaging.templating import say
from appointments.models import Booking, Message
from appointments.sealing import unseal
from appointments.texting import link, when
from windows.models import Slot

Kind = Message.Kind


def moved(
    booking: Booking, *, old: str, until: datetime | None, due: datetime, last: datetime,
    now: datetime,
) -> list[Message]:  # fmt: skip
    """The new time and the reminders of it; `until` when an answer is waited for."""
    with translation.override(booking.group.language):
        text = _moved_text(booking, old, until)
    return [
        *_message(booking, Kind.DISPLACED, text, due=due, last=last, now=now),
        *reminding.reminders_of(booking, now),
    ]


def _moved_text(booking: Booking, old: str, until: datetime | None) -> str:
    facts = _facts(booking) | {"old": old}
    if until is None:
        return say(Kind.DISPLACED, "moved", facts=facts).text
    return say(Kind.DISPLACED, "offered", facts=facts | {"until": saying.when(until)}).text


def withdrawn(booking: Booking, *, due: datetime, last: datetime, now: datetime) -> list[Message]:
    """The time fell away and there is no other yet."""
    with translation.override(booking.group.language):
        text = say(Kind.WITHDRAWN, "first", facts=_facts(booking)).text
    return _message(booking, Kind.WITHDRAWN, text, due=due, last=last, now=now)


def not_answered(booking: Booking, *, now: datetime) -> list[Message]:
    """No answer came, so the kept place is for others."""
    with translation.override(booking.group.language):
        text = say(Kind.WITHDRAWN, "no_answer", facts=_facts(booking)).text
    due = reminding.after_quiet_hours(now)
    return _message(booking, Kind.WITHDRAWN, text, due=due, last=None, now=now)


def where_and_when(booking: Booking) -> str:
    """The booking's time and hall in the group's language, before it changes."""
    with translation.override(booking.group.language):
        return _("%(when)s, %(where)s") % {"when": when(booking), "where": booking.hall.name}


def useless_after(*slots: Slot) -> datetime:
    """Once the last of these times is over nobody need be told of them."""
    return max(slot.ends_at for slot in slots)


def _facts(booking: Booking) -> dict[str, str]:
    return {
        "who": mask_name(unseal(booking.name_sealed, purpose="name")),
        "what": booking.matter.name,
        "when": when(booking),
        "where": booking.hall.name,
        "address": booking.hall.address,
        "reference": booking.reference,
        "link": link(booking),
    }


def _message(
    booking: Booking, kind: str, text: str, *, due: datetime, last: datetime | None, now: datetime
) -> list[Message]:
    to_sealed = booking.group.phone_sealed
    if to_sealed is None:
        return []
    message = reminding.owed(
        subject=f"booking:{booking.pk}", kind=kind, to_sealed=to_sealed, text=text, now=now
    )
    reminding.about(booking, message)
    message.version = booking.version
    message.due_at, message.useless_after = due, last
    return [message]
