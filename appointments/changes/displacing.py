"""Who loses a place when slots close or shrink.

Whoever booked last loses first; people with needs after all others, for they are the
hardest to place anew. Those who come together stay together. Nothing is written here.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from appointments.attending import needs_of
from appointments.changes.picturing import Minutes
from appointments.changes.shaping import SlotPlan
from appointments.models import Booking, DrawEntry
from windows.models import Window

State = Booking.State
MOVABLE = (State.HELD, State.CONFIRMED)


@dataclass(frozen=True)
class Lost:
    """A booking that loses its place in that slot."""

    booking: Booking
    why: str
    plan: SlotPlan


@dataclass
class Loss:
    """Who is to be told, who was only just booking, and places that were given up before."""

    told: list[Lost] = field(default_factory=list)
    held: list[Lost] = field(default_factory=list)
    dropped: set[int] = field(default_factory=set)  # slots whose returning places end


def bookings_in(plans: Iterable[SlotPlan]) -> list[Booking]:
    """All that counts as taken in these slots, in the order of booking."""
    slots = [plan.slot.pk for plan in plans if plan.slot is not None]
    held = Booking.objects.filter(slot_id__in=slots).holding_places()
    related = held.select_related("group", "matter", "hall", "slot__session")
    return list(related.prefetch_related("matter__materials").order_by("made_at", "pk"))


def loss_in(
    plans: list[SlotPlan], *, had: list[Window] | None = None, left: list[Window] | None = None
) -> Loss:
    """Who loses a place; `had` and `left` are the windows before and after, when they differ.

    Each plan knows afterwards which minutes stay taken in it (`keep`).
    """
    of_slot = {plan.slot.pk: plan for plan in plans if plan.slot is not None}
    bookings = bookings_in(plans)
    why = _reasons(bookings, of_slot, had or [], left if left is not None else had or [])
    _together(why, bookings)
    there: dict[int, list[Booking]] = defaultdict(list)
    for booking in bookings:
        there[booking.slot_id].append(booking)
    loss = Loss()
    for plan in plans:
        if plan.slot is not None:
            _fit(plan, there[plan.slot.pk], bookings, why, loss)
    for plan in plans:
        if plan.slot is not None:
            _count(plan, there[plan.slot.pk], why, loss)
    drawn = _drawn(bookings)
    for booking in bookings:
        if booking.pk in why:
            lost = Lost(booking, why[booking.pk], of_slot[booking.slot_id])
            is_told = booking.state == State.CONFIRMED or booking.group_id in drawn
            (loss.told if is_told else loss.held).append(lost)
    return loss


def _reasons(
    bookings: list[Booking], of_slot: dict[int, SlotPlan], had: list[Window], left: list[Window]
) -> dict[int, str]:
    """Those who cannot stay whatever room there is."""
    served = _matters(left)
    fewer = _matters(had) - served
    accessible = any(one.is_accessible for one in had) and not any(
        one.is_accessible for one in left
    )
    why: dict[int, str] = {}
    for booking in bookings:
        if booking.state not in MOVABLE:
            continue
        if of_slot[booking.slot_id].closes:
            why[booking.pk] = "closed"
        elif booking.matter_id in fewer:
            why[booking.pk] = "matter"
        elif accessible and "wheelchair" in needs_of(booking):
            why[booking.pk] = "wheelchair"
    return why


def _matters(windows: list[Window]) -> set[int]:
    ids = [one.pk for one in windows]
    rows = Window.matters.through.objects.filter(window_id__in=ids)
    return set(rows.values_list("matter_id", flat=True))


def _together(why: dict[int, str], bookings: list[Booking]) -> None:
    """Who comes along goes along."""
    parties = {one.group_id: why[one.pk] for one in bookings if one.pk in why}
    for one in bookings:
        if one.group_id in parties and one.state in MOVABLE:
            why.setdefault(one.pk, parties[one.group_id])


def _fit(
    plan: SlotPlan,
    there: list[Booking],
    bookings: list[Booking],
    why: dict[int, str],
    loss: Loss,
) -> None:
    """The last ones lose their place until the rest fits into the slot."""
    if plan.closes or plan.slot is None:
        return
    if _sum(there, why) + _returning(plan, there) > plan.bookable:
        loss.dropped.add(plan.slot.pk)
    staying = [one for one in there if one.state in MOVABLE]
    for booking in sorted(staying, key=_goes_first):
        if _sum(there, why) <= plan.bookable:
            return
        for one in bookings:
            if one.group_id == booking.group_id and one.state in MOVABLE:
                why.setdefault(one.pk, "full")


def _goes_first(booking: Booking) -> tuple:
    """Not confirmed yet first, then without needs, then the latest."""
    made_at = booking.made_at.timestamp()
    return (
        booking.state != State.HELD,
        booking.needs_sealed is not None,
        -made_at,
        -booking.pk,
    )


def _sum(there: list[Booking], why: dict[int, str]) -> int:
    return sum(one.minutes for one in there if one.pk not in why)


def _returning(plan: SlotPlan, there: list[Booking]) -> int:
    """Minutes that still count as taken though somebody gave them up."""
    slot = plan.slot
    assert slot is not None  # noqa: S101  asked of existing slots only
    taken = slot.online_taken + slot.assisted_taken + slot.reserved_taken
    return taken - sum(one.minutes for one in there)


def _count(plan: SlotPlan, there: list[Booking], why: dict[int, str], loss: Loss) -> None:
    slot = plan.slot
    assert slot is not None  # noqa: S101
    kept = {"online": 0, "assisted": 0, "reserved": 0}
    if slot.pk not in loss.dropped:
        for channel in kept:
            here = sum(one.minutes for one in there if one.channel == channel)
            kept[channel] = getattr(slot, f"{channel}_taken") - here
    for one in there:
        if one.pk not in why:
            kept[one.channel] += one.minutes
    plan.keep = Minutes(**kept)


def _drawn(bookings: list[Booking]) -> set[int]:
    """Groups that won their places in a draw: they were told of them."""
    groups = {one.group_id for one in bookings if one.state == State.HELD}
    won = DrawEntry.objects.filter(group_id__in=groups)
    return set(won.values_list("group_id", flat=True)) if groups else set()
