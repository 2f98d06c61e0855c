"""The words of a draw's messages, in the language of whoever registered. No names."""

from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from appointments import saying
from appointments.messaging.templating import say
from appointments.models import Draw, DrawEntry, Message
from appointments.sealing import booking_secret, link_secret
from windows.models import HallSession

Kind = Message.Kind


def entry_secret(public_id: str) -> str:
    """The secret of an entry's page; its public id is published with the result."""
    return link_secret("draw entry", public_id)


def entry_link(entry: DrawEntry) -> str:
    """The address of the entry's own page, without the site."""
    return f"/draws/entry/{entry.public_id}/?k={entry_secret(entry.public_id)}"


def waiting_link(entry: DrawEntry) -> str:
    """Where somebody without a place joins the waiting list for that hall and day."""
    session = entry.draw.session
    asked = {
        "matter": entry.matter.code,
        "hall": session.hall.code,
        "day": session.service_day.isoformat(),
    }
    return f"/w/join/?{urlencode(asked)}"


def session_words(session: HallSession) -> str:
    """Night session, Thursday 4 March, 18:30 to 21:30."""
    return _("%(kind)s, %(day)s, %(hours)s") % {
        "kind": session.get_kind_display(),
        "day": saying.long_day(session.service_day),
        "hours": saying.hours(session.starts_at, session.ends_at),
    }


def _about(draw: Draw) -> dict[str, str]:
    return {"session": session_words(draw.session), "where": draw.session.hall.name}


def registered_text(entry: DrawEntry) -> str:
    """You are registered; when it is drawn, and the page to look at or withdraw."""
    with translation.override(entry.language):
        facts = {
            **_about(entry.draw),
            "when": saying.when(entry.draw.registers_until),
            "link": settings.SITE_URL + entry_link(entry),
        }
        return say(Kind.REGISTERED, facts=facts).text


def won_text(entry: DrawEntry, *, reference: str, starts_at: datetime) -> str:
    """A place is kept; confirm it until then."""
    with translation.override(entry.language):
        facts = {
            **_about(entry.draw),
            "time": saying.when(starts_at),
            "until": saying.when(entry.draw.hold_until),
            "link": f"{settings.SITE_URL}/b/{reference}/?k={booking_secret(reference)}",
        }
        return say(Kind.DRAWN, "won", facts=facts).text


def lost_text(entry: DrawEntry) -> str:
    """No place this time: one tap to the waiting list."""
    called_off = entry.draw.session.state == HallSession.State.CANCELLED
    with translation.override(entry.language):
        facts = {**_about(entry.draw), "link": settings.SITE_URL + waiting_link(entry)}
        return say(Kind.DRAWN, "called_off" if called_off else "lost", facts=facts).text


def until_words(draw: Draw, now: datetime) -> str:
    """What is going on with the draw, in one sentence."""
    facts = {"when": saying.when(draw.registers_until), "opens": saying.when(draw.hold_until)}
    if draw.drawn_at is not None and now >= draw.hold_until:
        return _("It is drawn. What was left is open to everyone.")
    if draw.drawn_at is not None:
        return _("It is drawn. What is left opens to everyone on %(opens)s.") % facts
    if now < draw.registers_from:
        opens = {"when": saying.when(draw.registers_from)}
        return _("By draw: registration opens on %(when)s.") % opens
    if now < draw.registers_until:
        return _("By draw: register until %(when)s.") % facts
    return _("Registration has ended; it is being drawn.")
