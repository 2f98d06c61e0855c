"""Writes what plans make: many sessions with their windows and slots, in a few statements."""

from datetime import datetime

from windows.copying import Row, copy_in
from windows.foreseeing import Fate
from windows.models import HallSession, SessionWindow, Slot
from windows.planning import slots_like


def lay(fates: list[Fate], now: datetime) -> int:
    """The sessions are there as wanted; one that was there keeps its address. Returns the
    number of slots. `fates` have what is wanted, and the windows for it."""
    pairs = [(fate, _session(fate, now)) for fate in fates if fate.wanted]
    erase([session for _fate, session in pairs if session.pk])
    HallSession.objects.bulk_create([session for _fate, session in pairs], batch_size=1000)
    copy_in(
        SessionWindow,
        [
            {"session_id": session.pk, "window_id": pk, "period": _period(session)}
            for fate, session in pairs
            for pk in fate.windows
        ],
    )
    slots = [row for fate, session in pairs for row in _slots(fate, session)]
    copy_in(Slot, slots)
    return len(slots)


def _period(session: HallSession) -> str:
    return f"[{session.starts_at.isoformat()},{session.ends_at.isoformat()})"


def erase(sessions: list[HallSession]) -> None:
    """The sessions were never there. Nothing refers to them (`windows/touching.py`)."""
    ids = [session.pk for session in sessions]
    if ids:
        for rows in (
            SessionWindow.objects.filter(session_id__in=ids),
            Slot.objects.filter(session_id__in=ids),
            HallSession.objects.filter(pk__in=ids),
        ):
            rows._raw_delete(rows.db)


def _session(fate: Fate, now: datetime) -> HallSession:
    wanted = fate.wanted
    assert wanted  # noqa: S101  only such fates are laid
    session = fate.session or HallSession(
        hall_id=wanted.plan.hall_id,
        service_day=wanted.day,
        opened_at=now,
        is_simulated=wanted.plan.is_simulated,
    )
    session.plan = wanted.plan
    session.kind = wanted.plan.kind
    session.starts_at, session.ends_at = wanted.starts_at, wanted.ends_at
    session.booking_opens_at = wanted.booking_opens_at
    facts = wanted.facts
    session.slot_minutes, session.release = facts.slot_minutes, facts.release
    session.audience_zh, session.audience_en = facts.audience_zh, facts.audience_en
    session.matter_ids = list(facts.matter_ids)
    return session


def _slots(fate: Fate, session: HallSession) -> list[Row]:
    assert fate.wanted  # noqa: S101  only such fates are laid
    planned = slots_like(
        fate.wanted.facts, starts_at=session.starts_at, ends_at=session.ends_at,
        windows=len(fate.windows),
    )  # fmt: skip
    return [
        {
            "session_id": session.pk,
            "hall_id": session.hall_id,
            "service_day": session.service_day,
            "starts_at": slot.starts_at,
            "ends_at": slot.ends_at,
            "booking_opens_at": session.booking_opens_at,
            "minutes": slot.minutes,
            "online_quota": slot.online,
            "assisted_quota": slot.assisted,
            "walkin_quota": slot.walkin,
        }
        for slot in planned
    ]
