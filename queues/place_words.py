"""What the page of one's own ticket says: one headline, and one sentence on what to do."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from queues.waiting import Place

TOO_OFTEN = 3  # missed calls that end a number


def headline(place: "Place") -> str:
    """The state of the ticket as one would say it aloud."""
    facts = {"window": place.window, "ahead": place.ahead}
    words = {
        "called": _("Please go to window %(window)s now"),
        "serving": _("You are being served at window %(window)s"),
        "parked": _("Your place is kept"),
        "missed": _("Your number was called and missed"),
        "finished": _("All done"),
        "void": _("This number is no longer valid"),
    }
    if place.state == "waiting":
        return _before(place.ahead or 0) % facts
    if place.goes_on:
        return _("You go on in %(hall)s") % {"hall": place.goes_on.hall_name}
    return words[place.state] % facts


def _before(ahead: int) -> str:
    if not ahead:
        return _("You are next")
    return ngettext("%(ahead)s person is before you", "%(ahead)s people are before you", ahead)


def hint(place: "Place") -> str:
    """What to do now; empty when there is nothing to do but wait."""
    if place.state == "waiting":
        return _while_waiting(place)
    if place.goes_on:
        return _("Your new number there is %(number)s.") % {"number": place.goes_on.number}
    words = {
        "called": _called(place),
        "serving": "",
        "parked": _(
            "When you are ready, tell the guide or the clerk: you keep your place in line."
        ),
        "missed": _missed(place),
        "finished": _finished(place),
        "void": _void(place),
    }
    return words[place.state]


def _while_waiting(place: "Place") -> str:
    if place.only_window and place.is_near:
        words = _("Please stay near window %(window)s: it calls you next to go on.")
        return words % {"window": place.only_window}
    if place.only_window:
        return _("You go on at window %(window)s, which calls you.") % {"window": place.only_window}
    if not place.ahead:
        return _("Please stay near the windows: you may be called at any moment.")
    if place.is_near:
        return _("Please be in the hall now: it is nearly your turn.")
    return ""


def _called(place: "Place") -> str:
    if place.round > 1:
        words = _("This is call number %(round)s. If you need a moment, wave or tell the guide.")
        return words % {"round": place.round}
    return _("Show this number at the window.")


def _missed(place: "Place") -> str:
    if place.missed_times > 1:
        return _(
            "Show this number to the guide, who puts you back at the end of the line. If it is"
            " missed once more, it ends."
        )
    return _(
        "Nothing is lost: show this number to the guide, who puts you back in line, a few"
        " places on."
    )


def _finished(place: "Place") -> str:
    if place.outcome == "papers":
        return _("Something was missing this time. The clerk has told you what to bring.")
    return ""


def _void(place: "Place") -> str:
    if place.missed_times >= TOO_OFTEN:
        return _(
            "It was called and missed three times. If you are in the hall, take a new number at"
            " the kiosk or from the guide: you are served today."
        )
    return _(
        "The day of this number is over. If you were not served, please take a new number or"
        " book a time."
    )
