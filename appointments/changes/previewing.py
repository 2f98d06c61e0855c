"""The preview: the plan as a supervisor sees it before deciding."""

from collections.abc import Sequence
from datetime import datetime
from statistics import median

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appointments.changes.candidates import narrowed
from appointments.changes.displacing import Lost
from appointments.changes.engine import Plan, plan
from appointments.changes.picturing import ChangePreview, Losing, SlotChange
from appointments.changes.recording import bounds
from appointments.changes.shaping import SlotPlan
from appointments.changes.targets import Target, people_here
from appointments.changes.wanting import Ask, Kind
from appointments.demanding import Waiting, waiting_for
from appointments.models import DrawEntry, WaitEntry
from config import civil
from windows.models import Matter, RosterEntry, Window

LINE_LENGTH = 500


def preview_change(ask: Ask, *, now: datetime) -> ChangePreview:
    """What the change would do if it were made now; nothing is written or locked.

    Refuses: what the kind of change refuses (see `targets`).
    """
    return pictured(plan(ask, now))


def pictured(made: Plan) -> ChangePreview:
    """The plan in figures and rows."""
    target = made.target
    losing = [_losing(made, one) for one in made.told]
    dues = [made.due(one.booking) for one in made.told]
    staff_before, staff_after = _staff_hours(made)
    roster = list(RosterEntry.objects.filter(session__in=made.sessions, is_cancelled=False)
                  .select_related("staff").order_by("staff__username"))  # fmt: skip
    minutes = usual_minutes()
    return ChangePreview(
        ask=made.ask,
        sessions=made.sessions,
        starts_at=target.starts_at if target and not target.gone else None,
        ends_at=target.ends_at if target and not target.gone else None,
        windows_before=_numbers(made.before),
        windows_after=_numbers([target] if target and not target.gone else []),
        slots=[_slot(one) for one in sorted(made.slots + made.new, key=lambda one: one.starts_at)],
        staff_hours_before=staff_before,
        staff_hours_after=staff_after,
        overtime_hours=_overtime_hours(made),
        overtime_people=_other_hours(made, roster),
        unplanned=_unplanned(made, roster),
        waiting=_waiting(made),
        places_before=_places(made, minutes, after=False),
        places_after=_places(made, minutes, after=True),
        would_be_offered=_would_be_offered(made),
        losing=losing,
        held=len(made.loss.held),
        in_hall=sum(people_here(one) for one in made.sessions),
        registered=DrawEntry.objects.filter(
            draw__session__in=made.sessions, state=DrawEntry.State.REGISTERED
        ).count(),
        messages_at=min(dues) if dues else None,
        digest=made.digest,
        warnings=_warnings(made, losing),
    )


def usual_minutes() -> int:
    """The window-minutes of a middling visit."""
    minutes = Matter.objects.filter(is_offered=True).values_list("minutes", flat=True)
    return max(int(median(minutes or [1])), 1)


def _waiting(made: Plan) -> Waiting | None:
    if made.ask.kind == Kind.CLOSE:
        return None
    session = made.sessions[0]
    return waiting_for(hall=session.hall, day=session.service_day)


def _numbers(before: list[Target]) -> list[int]:
    return sorted({one.number for target in before for one in target.windows})


def _losing(made: Plan, lost: Lost) -> Losing:
    booking, column = lost.booking, made.places.get(lost.booking.pk)
    place = column.place if column else None
    answer_by = made.answer_by(booking, column)
    apart = (place.starts_at - booking.starts_at).total_seconds() // 60 if place else None
    return Losing(
        booking=booking,
        why=lost.why,
        proposal=place,
        minutes_away=int(apart) if apart is not None else None,
        same_hall=place is not None and place.hall.pk == booking.hall_id,
        same_day=place is not None and place.service_day == booking.service_day,
        can_offer=answer_by is not None,
        answer_by=answer_by,
        has_phone=booking.group.phone_sealed is not None,
        urgent=made.is_urgent(booking),
    )


def _slot(one: SlotPlan) -> SlotChange:
    slot = one.slot
    taken = slot.online_taken + slot.assisted_taken + slot.reserved_taken if slot else 0
    return SlotChange(
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        session_id=one.session.pk or 0,
        slot_id=slot.pk if slot else None,
        before=one.before,
        after=one.after,
        taken=taken,
        taken_after=one.keep.total,
    )


def _staff_hours(made: Plan) -> tuple[float, float]:
    before = sum(_hours(one) for one in made.before)
    if made.target is not None:
        return before, _hours(made.target)
    lost = 0.0
    closes, opens = made.ask.closes_at, made.ask.opens_at
    for one in made.before:
        if closes and opens:
            shut = min(one.ends_at, opens) - max(one.starts_at, closes)
            lost += max(shut.total_seconds(), 0) / 3600 * len(one.windows)
    return before, before - lost


def _hours(target: Target) -> float:
    return (target.ends_at - target.starts_at).total_seconds() / 3600 * len(target.windows)


def _overtime_hours(made: Plan) -> float:
    """Staff hours after the end that is planned now."""
    if made.ask.kind != Kind.EXTEND or made.target is None:
        return 0.0
    longer = made.target.ends_at - made.before[0].ends_at
    return longer.total_seconds() / 3600 * len(made.before[0].windows)


def _other_hours(made: Plan, roster: list[RosterEntry]) -> list[str]:
    """Planned people who would stay longer, or go earlier."""
    target = made.target
    if target is None or target.gone or made.ask.kind == Kind.MOVE:
        return sorted({str(one.staff) for one in roster})
    before, windows = made.before[0], {one.pk for one in target.windows}
    return sorted({str(one.staff) for one in roster if _other(one, before, target, windows)})


def _other(one: RosterEntry, before: Target, target: Target, windows: set[int]) -> bool:
    lower, upper = bounds(one.period)
    if one.window_id is not None and one.window_id not in windows or lower < target.starts_at:
        return True
    longer = target.ends_at > before.ends_at
    return upper == before.ends_at if longer else upper > target.ends_at


def _unplanned(made: Plan, roster: list[RosterEntry]) -> int:
    """Windows at which nobody is planned until the end; none when nothing is planned at all."""
    if made.target is None or made.target.gone or not roster or made.ask.kind == Kind.MOVE:
        return 0
    target = made.target
    planned = {one.window_id for one in roster if bounds(one.period)[1] >= target.ends_at}
    return sum(one.pk not in planned for one in target.windows)


def _places(made: Plan, minutes: int, *, after: bool) -> int:
    """Online places for usual visits, taken or not."""
    pictures = [one.after if after else one.before for one in made.slots + made.new]
    return sum(one.online // minutes for one in pictures if one is not None)


def _would_be_offered(made: Plan) -> int:
    """Entries of the waiting list, in their order, that fit into what is added."""
    if made.target is None or made.target.gone:
        return 0
    session = made.sessions[0]
    served = narrowed(_served(made.target.windows), session)
    free = [_free(one) for one in made.slots + made.new if _grows(one)]
    entries = WaitEntry.objects.filter(
        Q(evenings_only=False) | Q(evenings_only=_in_the_evening(made.target)),
        state=WaitEntry.State.WAITING,
        halls=made.target.hall,
        matter_id__in=served,
        first_day__lte=made.target.service_day,
        last_day__gte=made.target.service_day,
    )
    offered = 0
    line = entries.order_by("-priority", "made_at", "pk").values_list("minutes", flat=True)
    for minutes in line[:LINE_LENGTH]:
        for n, room in enumerate(free):
            if room >= minutes:
                free[n] -= minutes
                offered += 1
                break
    return offered


def _served(windows: list[Window]) -> set[int]:
    ids = [one.pk for one in windows]
    rows = Window.matters.through.objects.filter(window_id__in=ids)
    return set(rows.values_list("matter_id", flat=True))


def _in_the_evening(target: Target) -> bool:
    return civil.city_time(target.ends_at).hour >= 17 or civil.city_time(target.ends_at).hour < 6


def _grows(one: SlotPlan) -> bool:
    before = one.before.online if one.before else 0
    return one.after is not None and one.after.online > before


def _free(one: SlotPlan) -> int:
    return (one.after.online if one.after else 0) - one.keep.online


def _warnings(made: Plan, losing: list[Losing]) -> list[str]:
    found = []
    had = any(window.is_accessible for one in made.before for window in one.windows)
    left = made.target.windows if made.target else []
    stays = made.target is not None and not made.target.gone
    if stays and had and not any(window.is_accessible for window in left):
        found.append(_("No window that can be reached by wheelchair stays."))
    return found + warnings_about(losing)


def warnings_about(losing: Sequence[Losing]) -> list[str]:
    """Who of them hears nothing, hears at once, or has no other place."""
    unreachable = sum(not one.has_phone for one in losing)
    urgent = sum(one.urgent for one in losing)
    nowhere = sum(one.proposal is None for one in losing)
    counted = (
        (unreachable, _without_phone(unreachable)),
        (urgent, _told_at_once(urgent)),
        (nowhere, _without_place(nowhere)),
    )
    return [words % {"n": n} for n, words in counted if n]


def _without_phone(n: int) -> str:
    return ngettext(
        "%(n)s person left no phone and hears of it from you alone.",
        "%(n)s people left no phone and hear of it from you alone.",
        n,
    )


def _told_at_once(n: int) -> str:
    return ngettext(
        "%(n)s person is on the way by now: the message leaves at once, and the change "
        "cannot be taken back.",
        "%(n)s people are on the way by now: the messages leave at once, and the change "
        "cannot be taken back.",
        n,
    )


def _without_place(n: int) -> str:
    return ngettext(
        "For %(n)s booking no other place was found; that person goes first on the waiting list.",
        "For %(n)s bookings no other place was found; those people go first on the waiting list.",
        n,
    )
