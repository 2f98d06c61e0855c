"""“Tell this browser”: a notice when the turn is near, also while its page is closed.

Asked for by pressing once in the browser itself; nothing is proven, since nobody but that
browser is told. The sweep (`tell_browsers`) uses the rule by which a phone is told, and owes
one notice for each time that it was asked for: however many sweeps run at once, one tells.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils.translation import gettext_lazy as _

from appointments import alert_words, reminding
from appointments.alerting import (
    MOST_PLACES,
    TELL_AT_ONCE,
    TOO_LATE,
    TOO_LATE_TO_ASK,
    USEFUL,
    NoMessageNeeded,
    people_ahead,
)
from appointments.messaging.push import public_key
from appointments.messaging.subscribing import Subscription
from appointments.models import Message, PushBrowser
from appointments.sealing import seal
from config.refusals import Refusal
from queues.board import line_of
from queues.models import Ticket
from windows.rules import rule

Channel, Kind = Message.Channel, Message.Kind
MOST_BROWSERS = 5  # of a ticket


class TooManyBrowsers(Refusal):
    code = "too_many_browsers"
    message = _("Enough browsers are told of this number already.")


@transaction.atomic
def follow(
    *, ticket: Ticket, subscription: Subscription, language: str, now: datetime
) -> PushBrowser:
    """The browser is told when the turn is near, once (push_browser_once_per_ticket); asked
    again after it was told, it is told once more.

    Refuses: NoMessageNeeded, TooManyBrowsers.
    """
    mine = Ticket.objects.select_for_update(no_key=True).get(pk=ticket.pk)
    if mine.state in TOO_LATE_TO_ASK:
        raise NoMessageNeeded
    others = mine.browsers.exclude(endpoint_index=subscription.index)
    others.filter(ended_at__isnull=False).delete()
    if others.count() >= MOST_BROWSERS:
        raise TooManyBrowsers
    wished = {
        "subscription_sealed": seal(subscription.as_json(), purpose="push"),
        "language": language,
        "made_at": now,
        "ended_at": None,
    }
    browser, _made = mine.browsers.update_or_create(
        endpoint_index=subscription.index, defaults=wished
    )
    return browser


@transaction.atomic
def unfollow(*, ticket: Ticket, index: bytes, now: datetime) -> None:
    """The browser is told nothing more of this ticket. Again changes nothing."""
    for browser in _following(ticket, index).select_for_update():
        browser.ended_at = now
        browser.save(update_fields=["ended_at"])
        unsent = Message.objects.filter(subject=_subject(browser), state=Message.State.READY)
        unsent.update(state=Message.State.VOID)


def is_followed(ticket: Ticket, index: bytes) -> bool:
    """Whether that browser waits to be told."""
    return _untold(_following(ticket, index)).exists()


def _following(ticket: Ticket, index: bytes) -> QuerySet[PushBrowser]:
    return PushBrowser.objects.filter(ticket=ticket, endpoint_index=index, ended_at=None)


def tell_browsers(*, now: datetime) -> int:
    """Each browser whose ticket's turn is near, or was called before, is told; how many.

    A browser goes on with the number that its holder goes on with. Two cheap questions while
    no browser waits; none where browsers are not told.
    """
    if not public_key():
        return 0
    _carry(now)
    waiting = list(_untold(PushBrowser.objects.filter(ended_at=None)).select_related(
        "ticket__hall", "ticket__window"
    ).order_by("pk"))  # fmt: skip
    over = [one.pk for one in waiting if one.ticket.state in TOO_LATE]
    if over:
        PushBrowser.objects.filter(pk__in=over, ended_at=None).update(ended_at=now)
    near = _near([one for one in waiting if one.ticket.state not in TOO_LATE], now)
    return sum(_tell(one, ahead, now) for one, ahead in near)


@transaction.atomic
def _carry(now: datetime) -> None:
    """All browsers of a number follow the next one, unless somebody has pressed there."""
    following = Ticket.objects.filter(came_from=OuterRef("ticket"), browsers=None)
    still = following.exclude(state__in=TOO_LATE)
    turn_came = Coalesce("ticket__started_at", "ticket__finished_at")
    wanted = Q(ended_at=None) | Q(ended_at__gte=turn_came)
    found = list(PushBrowser.objects.filter(wanted).annotate(
        onward=Subquery(still.values("pk")[:1])
    ).filter(onward__isnull=False))  # fmt: skip
    if not found:
        return
    onward = [
        PushBrowser(
            ticket_id=one.onward,
            endpoint_index=one.endpoint_index,
            subscription_sealed=one.subscription_sealed,
            language=one.language,
            made_at=now,
        )
        for one in found
    ]
    PushBrowser.objects.bulk_create(onward, ignore_conflicts=True)
    PushBrowser.objects.filter(pk__in=[one.pk for one in found], ended_at=None).update(ended_at=now)


def _near(waiting: Iterable[PushBrowser], now: datetime) -> list[tuple[PushBrowser, int]]:
    """The browsers to be told now, and how many people are before; a hall is read once."""
    found, halls = [], {}
    for one in waiting:
        if one.ticket.state in TELL_AT_ONCE:
            found.append((one, 0))
        elif one.ticket.state == Ticket.State.WAITING:
            hall, day = one.ticket.hall, one.ticket.service_day
            if hall.pk not in halls:
                places = rule("turn_alert_places", hall=hall.pk, day=day)
                halls[hall.pk] = line_of(hall, now), max(1, min(places, MOST_PLACES))
            line, place = halls[hall.pk]
            ahead = people_ahead(line, one.ticket)
            if ahead <= place:
                found.append((one, ahead))
    return found


@transaction.atomic
def _tell(browser: PushBrowser, ahead: int, now: datetime) -> int:
    """The notice is owed; 0 when another sweep has it or it is not wanted any more."""
    still = PushBrowser.objects.filter(pk=browser.pk, ended_at=None)
    mine = still.select_for_update(skip_locked=True, of=("self",)).first()
    if mine is None or not _untold(PushBrowser.objects.filter(pk=mine.pk)).exists():
        return 0
    words = alert_words.turn_words(
        browser.ticket, ahead=ahead, language=mine.language, channel=Channel.PUSH
    )
    notice = Message(
        subject=_subject(mine),
        kind=Kind.SOON,
        version=1 + Message.objects.filter(subject=_subject(mine), kind=Kind.SOON).count(),
        channel=Channel.PUSH,
        language=mine.language,
        to_sealed=mine.subscription_sealed,
        to_index=mine.endpoint_index,
        text_sealed=seal(words.text, purpose="message"),
        due_at=now,
        useless_after=now + USEFUL,
        made_at=now,
    )
    reminding.owe_all([notice])
    return 1


def _untold(browsers: QuerySet[PushBrowser]) -> QuerySet[PushBrowser]:
    """Those that were owed nothing since they asked."""
    subject = Concat(Value("browser:"), Cast(OuterRef("pk"), CharField()))
    told = Message.objects.filter(subject=subject, kind=Kind.SOON, made_at__gte=OuterRef("made_at"))
    return browsers.exclude(Exists(told))


def why_not_owed(message: Message) -> str:
    """Why a notice is not worth sending any more; empty when it is."""
    number = int(message.subject.partition(":")[2])
    browser = PushBrowser.objects.select_related("ticket").filter(pk=number).first()
    if browser is None or browser.ended_at is not None:
        return "not wanted any more"
    return "the turn is over" if browser.ticket.state in TOO_LATE else ""


def _subject(browser: PushBrowser) -> str:
    return f"browser:{browser.pk}"
