"""Writing down what becomes of sessions, windows, slots and rosters.

The caller holds the locks (`locking`). Every step says what stood before, so that it can be
taken back (`undoing`).
"""

from datetime import datetime
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from appointments.changes.engine import Plan
from appointments.changes.picturing import Minutes
from appointments.changes.recording import bounds, period_facts, session_facts, slot_facts
from appointments.changes.shaping import SlotPlan
from appointments.changes.targets import Target
from appointments.changes.wanting import Kind
from appointments.models import ReturningPlace
from config.refusals import refusing
from windows.models import HallSession, RosterEntry, SessionLink, SessionWindow, Slot, Staff
from windows.sessions import WindowJustTaken

SLOT_FIELDS = [
    "ends_at", "is_open", "minutes", "online_quota", "online_taken", "assisted_quota",
    "assisted_taken", "reserved_quota", "reserved_taken", "walkin_quota",
]  # fmt: skip
Facts = dict[str, Any]
BySession = dict[int, Facts]


def reshape(made: Plan, by: Staff | None, now: datetime) -> tuple[HallSession | None, BySession]:
    """Sessions, windows and slots are as planned, without the people who lose their places.

    Returns the session as it is then (moved: the new one) and, by session id, what stood
    before and after. Refuses: WindowJustTaken.
    """
    facts: BySession = {one.pk: {"slots": []} for one in made.sessions}
    _drop_returning(made, now)
    for pair in _write_slots(made.slots):
        facts[pair.pop("session")]["slots"].append(pair)
    if made.target is None:
        for one in made.sessions:  # its plan does not open them again
            before, one.is_by_hand = session_facts(one), True
            one.save(update_fields=["is_by_hand"])
            facts[one.pk]["session"] = {"before": before, "after": session_facts(one)}
        return None, facts
    session, target = made.sessions[0], made.target
    mine = facts[session.pk]
    mine["session"] = {"before": session_facts(session)}
    mine["roster"] = _shorten_roster(session, target, made.ask.kind)
    mine["windows"] = {"before": _windows(session)}
    if made.ask.kind == Kind.MOVE:
        _end(session, now)
        there = _open_there(made, session, target, by, now)
        mine |= {"to_session": there.pk, "links": _take_links(session, there)}
    elif target.gone:
        _end(session, target.ends_at if session.starts_at < now else now)
        there = session
    else:
        _set_hours(session, target, now)
        there = session
    for pair in _write_slots(made.new):
        pair.pop("session")
        if made.ask.kind != Kind.MOVE:
            mine["slots"].append(pair)
    mine["windows"]["after"] = _windows(session)
    mine["session"]["after"] = session_facts(session)
    return there, facts


def _drop_returning(made: Plan, now: datetime) -> None:
    """What was given up in a slot that has no room for it is not offered any more."""
    left = ReturningPlace.objects.filter(slot_id__in=made.loss.dropped, ended_at__isnull=True)
    left.update(ended_at=now, end=ReturningPlace.End.CLOSED)


def _write_slots(plans: list[SlotPlan]) -> list[Facts]:
    """The slots as planned; what was and is, for each that changed."""
    changed, created, facts = list[Slot](), list[tuple[SlotPlan, Slot]](), list[Facts]()
    for plan in plans:
        if plan.slot is None:
            created.append((plan, fill(_blank(plan), plan)))
            continue
        before = slot_facts(plan.slot)
        changed.append(fill(plan.slot, plan))
        after = slot_facts(plan.slot)
        if before != after:
            facts.append(
                {"session": plan.session.pk, "id": plan.slot.pk, "before": before, "after": after}
            )
    Slot.objects.bulk_update(changed, SLOT_FIELDS, batch_size=500)
    Slot.objects.bulk_create(slot for _plan, slot in created)
    for plan, slot in created:
        plan.slot = slot
        facts.append(
            {"session": plan.session.pk, "id": slot.pk, "before": None, "after": slot_facts(slot)}
        )
    return facts


def _blank(plan: SlotPlan) -> Slot:
    session = plan.session
    return Slot(
        session=session,
        hall_id=session.hall_id,
        service_day=session.service_day,
        starts_at=plan.starts_at,
        booking_opens_at=session.booking_opens_at,
    )


def fill(slot: Slot, plan: SlotPlan) -> Slot:
    """Quotas and what stays taken, in one step: the channels hold it at every moment."""
    quota = plan.after
    for channel in ("online", "assisted", "reserved"):
        setattr(slot, f"{channel}_taken", getattr(plan.keep, channel))
    slot.is_open = quota is not None
    if quota is None:
        return slot
    slot.ends_at, slot.minutes = plan.ends_at, quota.total
    _set_quota(slot, quota)
    return slot


def _set_quota(slot: Slot, quota: Minutes) -> None:
    slot.online_quota, slot.assisted_quota = quota.online, quota.assisted
    slot.reserved_quota, slot.walkin_quota = quota.reserved, quota.walkin


def _windows(session: HallSession) -> list[Facts]:
    rows = SessionWindow.objects.filter(session=session).order_by("pk")
    return [{"id": row.pk} | period_facts(row) for row in rows]


def _set_hours(session: HallSession, target: Target, now: datetime) -> None:
    """Hours and windows; a window that comes back takes its old row."""
    period = DateTimeTZRange(target.starts_at, target.ends_at)
    rows = SessionWindow.objects.filter(session=session)
    stay = [one.pk for one in target.windows]
    with refusing({"window_in_one_session_at_a_time": WindowJustTaken}):
        rows.exclude(window__in=stay).update(is_cancelled=True)
        rows.filter(window__in=stay).update(is_cancelled=False, period=period)
        known = set(rows.values_list("window_id", flat=True))
        SessionWindow.objects.bulk_create(
            SessionWindow(session=session, window=one, period=period)
            for one in target.windows
            if one.pk not in known
        )
    session.starts_at, session.ends_at = target.starts_at, target.ends_at
    session.is_by_hand = True
    session.save(update_fields=["starts_at", "ends_at", "is_by_hand"])


def _end(session: HallSession, at: datetime) -> None:
    """It does not take place; one that runs ends at that instant."""
    session.is_by_hand = True
    if session.starts_at < at:
        rows = SessionWindow.objects.filter(session=session, is_cancelled=False)
        rows.update(period=DateTimeTZRange(session.starts_at, at))
        session.ends_at = at
    else:
        SessionWindow.objects.filter(session=session).update(is_cancelled=True)
        session.state = HallSession.State.CANCELLED
    session.save(update_fields=["ends_at", "state", "is_by_hand"])


def _open_there(
    made: Plan, session: HallSession, target: Target, by: Staff | None, now: datetime
) -> HallSession:
    """The session in its new place, released as it was; its slots belong to it from now on."""
    there = HallSession.objects.create(
        hall=target.hall,
        kind=session.kind,
        service_day=target.service_day,
        starts_at=target.starts_at,
        ends_at=target.ends_at,
        slot_minutes=session.slot_minutes,
        booking_opens_at=session.booking_opens_at,
        release=session.release,
        note_zh=session.note_zh,
        note_en=session.note_en,
        audience_zh=session.audience_zh,
        audience_en=session.audience_en,
        matter_ids=session.matter_ids,
        series=session.series,
        is_by_hand=True,
        opened_by=by,
        opened_at=now,
        is_simulated=session.is_simulated,
    )
    period = DateTimeTZRange(target.starts_at, target.ends_at)
    with refusing({"window_in_one_session_at_a_time": WindowJustTaken}):
        SessionWindow.objects.bulk_create(
            SessionWindow(session=there, window=one, period=period) for one in target.windows
        )
    for plan in made.new:
        plan.session = there
    return there


def _take_links(session: HallSession, there: HallSession) -> list[int]:
    """Posters that hang in a factory lead to the session's new place."""
    links = SessionLink.objects.filter(session=session, revoked_at__isnull=True)
    ids = list(links.values_list("pk", flat=True))
    links.update(session=there)
    return ids


def _shorten_roster(session: HallSession, target: Target, kind: str) -> list[Facts]:
    """Nobody is planned at a window or at a time that falls away; what stood before."""
    gone = kind == Kind.MOVE or target.gone and target.ends_at <= session.starts_at
    windows = {one.pk for one in target.windows}
    before = []
    for entry in RosterEntry.objects.filter(session=session, is_cancelled=False).order_by("pk"):
        was = period_facts(entry)
        lower, upper = bounds(entry.period)
        lower, upper = max(lower, target.starts_at), min(upper, target.ends_at)
        at_gone_window = entry.window_id is not None and entry.window_id not in windows
        if gone or at_gone_window or lower >= upper:
            entry.is_cancelled = True
        else:
            entry.period = DateTimeTZRange(lower, upper)
        if period_facts(entry) != was:
            entry.save(update_fields=["is_cancelled", "period"])
            before.append({"id": entry.pk, "before": was, "after": period_facts(entry)})
    return before
