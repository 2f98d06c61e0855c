"""How an offer to the waiting list ends: taken, let pass, or over without an answer.

An offered place is a held booking, and other pages can confirm it or give it up as well.
`settle` brings offers into line with their bookings, by state; it runs each minute and
after every answer.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from appointments import reminding, waitlist
from appointments.claiming import lock_slots
from appointments.confirming import confirm
from appointments.models import Booking, Message, ReturningPlace, WaitEntry, WaitOffer
from appointments.offering_back import offer_place
from appointments.returning import release
from appointments.wait_words import passed_text
from config import civil
from config.refusals import Refusal
from windows.rules import rule

State, End = WaitEntry.State, WaitOffer.End
HELD = Booking.State.HELD


class NotWaiting(Refusal):
    code = "not_waiting"
    message = _("You are no longer on the waiting list: %(state)s.")


class NoOffer(Refusal):
    code = "no_offer"
    message = _("No place is kept for you at this moment.")


def open_offer(entry: WaitEntry) -> WaitOffer | None:
    """The entry's offer that has not ended."""
    return entry.offers.filter(ended_at__isnull=True).select_related("group").first()


def kept_places(entry: WaitEntry, now: datetime) -> list[Booking]:
    """The places that are kept for the entry at that instant."""
    held = Booking.objects.filter(
        group__wait_offers__entry=entry,
        group__wait_offers__ended_at__isnull=True,
        state=HELD,
        hold_expires_at__gt=now,
    )
    return list(held.select_related("hall", "matter").order_by("starts_at", "position"))


def taken_places(entry: WaitEntry) -> list[Booking]:
    """The bookings that came of the offer that was taken."""
    offers = entry.offers.filter(end=End.TAKEN).values("group")
    taken = Booking.objects.filter(group__in=offers).select_related("hall", "matter")
    return list(taken.order_by("starts_at", "position"))


@transaction.atomic
def take(*, entry: WaitEntry, now: datetime) -> list[Booking]:
    """The offered places are promised; taking them again changes nothing.

    Refuses: NotWaiting, NoOffer, HoldExpired.
    """
    mine = _locked(entry)
    if mine.state == State.BOOKED and (taken := taken_places(mine)):
        return taken
    offer = _offer_of(mine)
    first = offer.group.bookings.filter(state__in=Booking.OPEN).first()
    if first is None:
        raise NoOffer
    confirm(booking=first, now=now)
    _end_taken(mine, offer, now)
    return taken_places(mine)


@transaction.atomic
def let_pass(*, entry: WaitEntry, now: datetime) -> WaitEntry:
    """The offered places are given up, and the entry waits on, unless it often did so.

    Refuses: NotWaiting, NoOffer.
    """
    mine = _locked(entry)
    offer = _offer_of(mine)
    _give_up(offer, now)
    _end_passed(mine, offer, End.DECLINED, now)
    return mine


@transaction.atomic
def leave(*, entry: WaitEntry, now: datetime) -> WaitEntry:
    """The entry is off the list, and what was kept for it is given up; leaving twice
    changes nothing.

    Refuses: NotWaiting.
    """
    mine = _locked(entry)
    if mine.state == State.LEFT:
        return mine
    _refuse_unless_open(mine)
    offer = open_offer(mine)
    if offer is not None:
        _give_up(offer, now)
        _end_offer(offer, End.DECLINED, now)
    waitlist.end(mine, State.LEFT, now=now)
    return mine


def settle(*, now: datetime) -> int:
    """Offers whose places were confirmed, given up or not answered in time end; what they
    leave is offered to the next in line. Returns how many ended.

    Must be called outside a transaction.
    """
    kept = Booking.objects.filter(group=OuterRef("group"), state=HELD, hold_expires_at__gt=now)
    over = WaitOffer.objects.filter(~Exists(kept), ended_at__isnull=True).order_by("pk")
    ended = sum(_settle(pk, now) for pk in list(over.values_list("entry_id", flat=True)))
    left = ReturningPlace.objects.filter(
        ended_at__isnull=True,
        booking__confirmed_at__isnull=True,
        booking__group__wait_offers__end__in=(End.DECLINED, End.EXPIRED),
    )
    places = list(left.order_by("left_at", "pk"))
    for place in places:
        offer_place(place=place, now=now, along=places)
    return ended


@transaction.atomic
def _settle(entry_id: int, now: datetime) -> bool:
    entry = waitlist.locked(entry_id, state=State.OFFERED)
    if entry is None:
        return False
    offer = open_offer(entry)
    if offer is None:
        return False
    places = _locked_places(offer)
    if any(one.confirmed_at for one in places):
        _end_taken(entry, offer, now)
    elif all(one.state == Booking.State.WITHDRAWN for one in places):
        _end_withdrawn(entry, offer, now)
    else:
        if any(_is_kept(one, now) for one in places):
            return False  # somebody was given more time meanwhile
        for one in places:
            if one.state == HELD:
                release(one, Booking.State.EXPIRED, "expired", now=now)
        given_up = all(one.state == Booking.State.CANCELLED for one in places)
        _end_passed(entry, offer, End.DECLINED if given_up else End.EXPIRED, now)
    return True


def _is_kept(booking: Booking, now: datetime) -> bool:
    until = booking.hold_expires_at
    return booking.state == HELD and until is not None and until > now


def _locked(entry: WaitEntry) -> WaitEntry:
    entries = WaitEntry.objects.select_related("matter").select_for_update(of=("self",))
    return entries.get(pk=entry.pk)


def _locked_places(offer: WaitOffer) -> list[Booking]:
    """The offer's bookings, locked after their slots."""
    places = Booking.objects.filter(group_id=offer.group_id)
    lock_slots(places.values_list("slot_id", flat=True))
    return list(places.order_by("pk").select_for_update(of=("self",)))


def _offer_of(entry: WaitEntry) -> WaitOffer:
    """Refuses: NotWaiting, NoOffer."""
    _refuse_unless_open(entry)
    offer = open_offer(entry)
    if offer is None:
        raise NoOffer
    return offer


def _refuse_unless_open(entry: WaitEntry) -> None:
    if entry.state not in waitlist.OPEN:
        raise NotWaiting(state=entry.get_state_display())


def _give_up(offer: WaitOffer, now: datetime) -> None:
    for place in _locked_places(offer):
        if place.state == HELD:
            release(place, Booking.State.CANCELLED, "let_pass", now=now)


def _end_offer(offer: WaitOffer, how: str, now: datetime) -> None:
    offer.end, offer.ended_at = how, now
    offer.save(update_fields=["end", "ended_at"])


def _end_taken(entry: WaitEntry, offer: WaitOffer, now: datetime) -> None:
    _end_offer(offer, End.TAKEN, now)
    waitlist.end(entry, State.BOOKED, now=now)


def _end_withdrawn(entry: WaitEntry, offer: WaitOffer, now: datetime) -> None:
    """The hall cancelled what it offered: they wait on, before others."""
    _end_offer(offer, End.EXPIRED, now)
    entry.state, entry.priority = State.WAITING, 1
    entry.save(update_fields=["state", "priority"])


def _end_passed(entry: WaitEntry, offer: WaitOffer, how: str, now: datetime) -> None:
    _end_offer(offer, how, now)
    entry.state = State.WAITING
    entry.offers_passed += 1
    entry.save(update_fields=["state", "offers_passed"])
    if entry.offers_passed >= rule("wait_offers_most", hall=None, day=civil.city_date(now)):
        waitlist.end(entry, State.LEFT, now=now)
        morning = reminding.after_quiet_hours(now)
        waitlist.owe(
            entry, Message.Kind.WAITING, passed_text(entry), now=now, due=morning, version=3
        )
