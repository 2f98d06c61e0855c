"""The words about waiting, draws, one's turn, missed visits, codes, and how it was."""

from django.utils.translation import gettext_lazy as _

from appointments.messaging.template_text import text_of
from appointments.models import Message

Kind = Message.Kind

OF_WAITING = [
    text_of(
        Kind.WAITING, "joined", _("On the list"),
        _(
            "Dengta: %(who)s on the waiting list for %(what)s, %(days)s. We write as soon as a "
            "place is kept for you. Look or leave the list: %(link)s"
        ),
        needs="link", knows=["who", "what", "days", "again"],
    ),
    text_of(
        Kind.WAITING, "passed", _("Too many offers were let pass"),
        _(
            "Dengta: %(passed)s, so %(who)s left the waiting list for %(what)s. You can join it "
            "again at any time: %(again)s"
        ),
        needs="again", knows=["who", "what", "days", "link", "passed"],
    ),
    text_of(
        Kind.WAITING, "ended", _("The days are over"),
        _(
            "Dengta: no place came free for %(who)s: %(what)s, %(days)s. You can wait for other "
            "days: %(again)s. Coming without a booking is possible at any time."
        ),
        needs="again", knows=["who", "what", "days", "link"],
    ),
    text_of(
        Kind.OFFER, "", _("A place is kept"),
        _(
            "Dengta: a place is kept for %(who)s until %(until)s: %(what)s, %(when)s, %(where)s. "
            "Take it or let it pass: %(link)s"
        ),
        needs="until when link", knows=["who", "what", "where", "days", "again"],
    ),
]  # fmt: skip

OF_DRAWS = [
    text_of(
        Kind.REGISTERED, "", _("Registered"),
        _(
            "Dengta: you are registered for the draw: %(session)s, %(where)s. It is drawn on "
            "%(when)s and we write to you. Show or withdraw: %(link)s"
        ),
        needs="link", knows=["session", "where", "when"],
    ),
    text_of(
        Kind.DRAWN, "won", _("A place was drawn"),
        _(
            "Dengta: you drew a place on %(time)s, %(where)s. Confirm it by %(until)s, or it "
            "goes to others: %(link)s"
        ),
        needs="time until link", knows=["session", "where"],
    ),
    text_of(
        Kind.DRAWN, "lost", _("No place was drawn"),
        _(
            "Dengta: the draw gave you no place for %(session)s, %(where)s. Join the waiting "
            "list with one tap: %(link)s. Without a booking you can always come."
        ),
        needs="link", knows=["session", "where"],
    ),
    text_of(
        Kind.DRAWN, "called_off", _("The session was cancelled"),
        _(
            "Dengta: we are sorry, the hall cancelled %(session)s, %(where)s. Nothing is "
            "drawn. Join the waiting list for another time: %(link)s"
        ),
        needs="link", knows=["session", "where"],
    ),
]  # fmt: skip

OF_TURN = [
    text_of(
        Kind.SOON, "called", _("Called now"),
        _(
            "Dengta: number %(number)s is called to window %(window)s in %(hall)s now."
            " Please come at once: %(link)s"
        ),
        needs="number window link", knows=["hall"],
        push=(_("%(hall)s: number %(number)s, please come to window %(window)s now."),),
    ),
    text_of(
        Kind.SOON, "missed", _("Called and missed"),
        _(
            "Dengta: number %(number)s was called in %(hall)s and missed. Nothing is lost:"
            " please come back and show it to the guide: %(link)s"
        ),
        needs="number link", knows=["hall"],
        push=(_("%(hall)s: number %(number)s was missed. Please come back and see the guide."),),
    ),
    text_of(
        Kind.SOON, "next", _("The next one"),
        _(
            "Dengta: number %(number)s is next in %(hall)s."
            " Please come back to the hall now: %(link)s"
        ),
        needs="number link", knows=["hall"],
        push=(_("%(hall)s: number %(number)s is next. Please come back now."),),
    ),
    text_of(
        Kind.SOON, "ahead", _("Nearly the next one"),
        _("Dengta: %(ahead)s in %(hall)s. Please come back to the hall now: %(link)s"),
        needs="ahead link", knows=["number", "hall"],
        push=(_("%(hall)s: %(ahead)s. Please come back now."),),
    ),
]  # fmt: skip

OF_MISSED = [
    text_of(
        Kind.MISSED, "", _("Nobody was checked in"),
        _(
            "Dengta: nobody was checked in for the visit of %(who)s, %(when)s, %(where)s."
        ),
        "{rule}",
        _("Were you there, or did something come up? Tell us by %(day)s: %(link)s"),
        needs="when rule day link", knows=["who", "what", "where"],
    ),
    text_of(
        Kind.ANSWERED, "declined", _("It stays as it is noted"),
        _("Dengta: about the visit of %(when)s: the hall leaves it as it is noted."),
        _("Read the answer: %(link)s"),
        needs="when link",
    ),
    text_of(
        Kind.ANSWERED, "excused", _("It is excused"),
        _("Dengta: the visit of %(when)s is excused and no longer counts."),
        "{opened}", _("Read the answer: %(link)s"),
        needs="when link", knows=["opened"],
    ),
]  # fmt: skip

CODE = text_of(
    Kind.CODE, "", _("A one-time code"),
    _(
        "Dengta: your code is %(code)s, valid for %(minutes)s minutes. "
        "Type it only on our page; our staff never ask for it."
    ),
    needs="code", knows=["minutes"],
)  # fmt: skip

LINKS = text_of(
    Kind.LINKS, "", _("All open visits of a phone"),
    _("Dengta: your bookings."), "\n{visits}",
    needs="visits",
)  # fmt: skip

RATING = text_of(
    Kind.RATING, "", _("After the visit"),
    _(
        "Dengta: thank you for coming to %(where)s, %(who)s. How was it? "
        "Tell us in a minute: %(link)s"
    ),
    needs="link", knows=["who", "what", "when", "where"],
    email=(
        _("Thank you for coming to %(where)s, %(who)s."), "",
        _("How was it? Tell us in a minute: %(link)s"), "",
        _("The hall reads every one of them."),
    ),
)  # fmt: skip
