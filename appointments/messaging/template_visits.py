"""The words about a visit: booked, reminded, changed, cancelled by either side."""

from django.utils.translation import gettext_lazy as _

from appointments.messaging.template_text import Sentence, Text, text_of
from appointments.models import Message

Kind = Message.Kind
LINK = _("Show, change or cancel: %(link)s")
AGAIN = _("Choose another time: %(again)s")
VISIT = ["who", "what", "when", "where", "address", "reference", "link"]
ADDRESS = _("Where: %(where)s, %(address)s")
WHEN = _("When: %(when)s")
NUMBER = _("Number: %(reference)s")
ALONE = (_("What: %(what)s"), WHEN, ADDRESS, NUMBER)
FAMILY = (_("For: %(people)s"), WHEN, ADDRESS, NUMBER)


def _visit(
    kind: str, one: Sentence, family: Sentence, email: Sentence, last: Sentence
) -> list[Text]:
    """A person's visit, and that of several people in one message."""
    link = "again" if last is AGAIN else "link"
    bring: tuple[str, ...] = () if last is AGAIN else ("{bring}",)
    knows = [*VISIT, "bring", "again"]
    needs = f"when where {link}"
    return [
        text_of(
            kind, "", _("One person's visit"), one, *bring, last, needs=needs, knows=knows,
            email=(email, "", *ALONE, *bring, "", last),
        ),
        text_of(
            kind, "family", _("A family's visit"), family, *bring, last, needs=f"{needs} people",
            knows=knows, email=(email, "", *FAMILY, *bring, "", last),
        ),
    ]  # fmt: skip


OF_VISIT = [
    *_visit(
        Kind.CONFIRMED,
        _("Dengta: booked for %(who)s: %(what)s, %(when)s, %(where)s. Number %(reference)s."),
        _("Dengta: booked together, %(when)s, %(where)s: %(people)s. Number %(reference)s."),
        _("It is booked for %(who)s."),
        LINK,
    ),
    *_visit(
        Kind.REMINDER_DAY,
        _("Dengta: a reminder for %(who)s: %(what)s, %(when)s, %(where)s. Number %(reference)s."),
        _("Dengta: a reminder, %(when)s, %(where)s: %(people)s. Number %(reference)s."),
        _("A reminder of the visit of %(who)s."),
        LINK,
    ),
    *_visit(
        Kind.REMINDER_HOURS,
        _("Dengta: soon for %(who)s: %(what)s, %(when)s, %(where)s. Number %(reference)s."),
        _("Dengta: it is soon, %(when)s, %(where)s: %(people)s. Number %(reference)s."),
        _("It is soon for %(who)s."),
        LINK,
    ),
    *_visit(
        Kind.MOVED,
        _("Dengta: changed for %(who)s: %(what)s, now %(when)s, %(where)s. Number %(reference)s."),
        _("Dengta: changed, now %(when)s, %(where)s: %(people)s. Number %(reference)s."),
        _("The time is changed for %(who)s."),
        LINK,
    ),
    *_visit(
        Kind.CANCELLED,
        _("Dengta: cancelled for %(who)s: %(what)s, %(when)s, %(where)s. Number %(reference)s."),
        _("Dengta: cancelled, %(when)s, %(where)s: %(people)s. Number %(reference)s."),
        _("It is cancelled for %(who)s, as you asked."),
        AGAIN,
    ),
]

OF_CHANGE = [
    text_of(
        Kind.WITHDRAWN, "first", _("Cancelled, and first on the waiting list"),
        _(
            "Dengta: we are sorry, the hall has to cancel for %(who)s: %(what)s, %(when)s, "
            "%(where)s. Number %(reference)s. You go first on the waiting list. Look or choose "
            "another time: %(link)s"
        ),
        needs="when where link", knows=VISIT,
    ),
    text_of(
        Kind.WITHDRAWN, "no_answer", _("Nobody answered about the other time"),
        _(
            "Dengta: no answer came, so %(when)s, %(where)s is no longer kept for %(who)s, "
            "%(what)s. You go first on the waiting list. Look or choose another time: %(link)s"
        ),
        needs="when where link", knows=VISIT,
    ),
    text_of(
        Kind.DISPLACED, "moved", _("The hall changed the time"),
        _(
            "Dengta: the hall had to change the time for %(who)s: %(what)s, now %(when)s, "
            "%(where)s, instead of %(old)s. Number %(reference)s. If you cannot come then, "
            "change or cancel: %(link)s"
        ),
        needs="when where old link", knows=VISIT,
    ),
    text_of(
        Kind.DISPLACED, "offered", _("The hall offers another time"),
        _(
            "Dengta: the hall cannot keep %(old)s for %(who)s, %(what)s. Kept for you until "
            "%(until)s: %(when)s, %(where)s. Number %(reference)s. Take it, choose another time or "
            "cancel: %(link)s"
        ),
        needs="when where until link", knows=[*VISIT, "old"],
    ),
]  # fmt: skip
