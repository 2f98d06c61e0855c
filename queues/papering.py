"""A ticket on paper of 80 mm: what a kiosk's ESC/POS printer is sent.

The one module that knows the printer's language; `python-escpos` is loaded only when
something is printed. Chinese goes as GB18030 between FS & and FS ., as the printers sold
here understand it. No name and no ID number is ever on it.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config import civil
from queues.models import Paper, Ticket
from queues.waiting import Place, place_of, tickets_shown
from windows.models import DeviceToken

USELESS_AFTER = timedelta(minutes=3)  # nobody stands at the kiosk any more
COMES_WITHIN = timedelta(seconds=10)  # then the screen says that the paper is missing
CHINESE_ON, CHINESE_OFF = b"\x1c&", b"\x1c."
LANGUAGES = {
    Paper.Words.CHINESE: ("zh-hans",),
    Paper.Words.ENGLISH: ("en",),
    Paper.Words.BOTH: ("zh-hans", "en"),
}


def want_paper(
    ticket: Ticket, device: DeviceToken | None, *, now: datetime, words: str = Paper.Words.CHINESE
) -> None:
    """The kiosk's printer owes the ticket on paper, in the transaction that gives the number.

    Nothing without a printer, and nothing a second time (paper_once_per_copy).
    """
    if device is None or not device.printer:
        return
    paper = Paper(
        ticket=ticket, device=device, words=words, wanted_at=now, useless_after=now + USELESS_AFTER
    )
    Paper.objects.bulk_create([paper], ignore_conflicts=True)


def want_paper_of(actor: str, ticket: Ticket, *, now: datetime) -> None:
    """The same for whoever asks by the API: the machine `device:<id>`; staff need no paper."""
    kind, _colon, pk = actor.partition(":")
    if kind == "device":
        device = DeviceToken.objects.filter(pk=pk).first()
        want_paper(ticket, device, now=now, words=words_for(translation.get_language()))


def paper_state(ticket: Ticket, device: DeviceToken, now: datetime) -> str:
    """`printed`, `coming`, `missing`; nothing when no paper is owed by this kiosk."""
    paper = Paper.objects.filter(ticket=ticket, device=device).order_by("-copy").first()
    if paper is None:
        return ""
    if paper.printed_at is not None:
        return "printed"
    return "missing" if paper.error or now - paper.wanted_at >= COMES_WITHIN else "coming"


def words_for(language: str | None) -> str:
    """Who reads English gets both: staff and signs in the hall are Chinese."""
    return Paper.Words.BOTH if (language or "").startswith("en") else Paper.Words.CHINESE


def printed(ticket: Ticket, *, words: str, now: datetime) -> bytes:
    """The ticket as its printer understands it: number, matter, code, wait, when."""
    from escpos.printer import Dummy  # type: ignore[import-untyped]

    (shown,) = tickets_shown([ticket.public_id])
    place, printer = place_of(shown, now), Dummy()
    printer.hw("INIT")
    printer.set(align="center")
    _say(printer, words, lambda: place.hall_name)
    printer.set(align="center", bold=True, custom_size=True, width=8, height=8)
    printer._raw(f"{place.number}\n".encode("ascii"))
    printer.set(align="center", bold=True, custom_size=True, width=2, height=2)
    _say(printer, words, lambda: place.matter)
    printer.set(align="center", bold=False, custom_size=True, width=1, height=1)
    address = settings.SITE_URL + reverse("queues:ticket", args=[place.public_id])
    printer.qr(address, ec=1, size=7, native=True)
    _say(printer, words, lambda: _("Scan it to see your place in line on your phone"))
    for line in _facts(place, now):
        _say(printer, words, line)
    _say(printer, words, lambda: _("A missed number is not lost: show it to the guide."))
    printer.cut()
    return bytes(printer.output)


def _facts(place: Place, now: datetime) -> Iterator[Callable[[], str]]:
    """The lines below the code; each says itself in the language that is on."""
    if place.booked_for:
        booked = f"{civil.city_time(place.booked_for):%H:%M}"
        yield lambda: f"{_('Booked for')} {booked}"
    ahead, expected = place.ahead, place.estimate
    if ahead is not None:
        yield (
            lambda: (
                ngettext("People before you: %(n)s", "People before you: %(n)s", ahead)
                % {"n": ahead}
            )
        )
    if expected is not None:
        range_ = {"half": expected.half, "most": expected.most}
        yield lambda: f"{_('Expected wait')} {_('%(half)s–%(most)s min') % range_}"
    at = f"{civil.city_time(now):%Y-%m-%d %H:%M}"
    yield lambda: f"{_('Printed')} {at}"


def _say(printer: Any, words: str, line: Callable[[], str]) -> None:
    """The line in each language of the paper, once where both are the same."""
    said: list[str] = []
    for language in LANGUAGES[Paper.Words(words)]:
        with translation.override(language):
            text = line()
        if text and text not in said:
            said.append(text)
    for text in said:
        printer._raw(CHINESE_ON + text.encode("gb18030") + b"\n" + CHINESE_OFF)
