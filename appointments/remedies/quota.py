"""Online minutes that nobody booked go to walk-ins, for the rest of the session.

Each slot is locked in the order of its number, like a claim does, and gives only what is
free then: what somebody books meanwhile stays booked. The total of a slot stays.
"""

from copy import copy
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from appointments.changes.recording import note_places
from appointments.models import WaitEntry
from config.refusals import Refusal
from windows.models import HallSession, SessionChange, Slot, Staff
from windows.rostering import lock_session
from windows.telling import tell_boards

ALL, HALF = 100, 50


class NothingFree(Refusal):
    code = "nothing_free"
    message = _("No online minutes are left in this time: they are booked, or moved already.")


@dataclass(frozen=True)
class SlotMove:
    """Minutes of one slot that would go from online to walk-in."""

    slot: Slot
    minutes: int

    @property
    def online_after(self) -> int:
        return self.slot.online_quota - self.minutes

    @property
    def walkin_after(self) -> int:
        return self.slot.walkin_quota + self.minutes


@dataclass(frozen=True)
class QuotaPlan:
    """What would move, slot by slot."""

    moves: list[SlotMove]
    waiting: int  # entries of the waiting list that could still have got one of these

    @property
    def minutes(self) -> int:
        return sum(one.minutes for one in self.moves)


def plan_quota(*, session: HallSession, until: datetime, percent: int, now: datetime) -> QuotaPlan:
    """What would move of the slots that begin before `until`; nothing is written."""
    waiting = WaitEntry.objects.filter(
        state=WaitEntry.State.WAITING, halls=session.hall_id,
        first_day__lte=session.service_day, last_day__gte=session.service_day,
    )  # fmt: skip
    return QuotaPlan(_moves(_slots(session, until, now), percent), waiting.count())


@transaction.atomic
def move_quota(
    *, session: HallSession, until: datetime, percent: int, by: Staff, now: datetime
) -> SessionChange:
    """The free online minutes are walk-ins' now; it is noted, and can be undone.

    Refuses: SessionOver, NothingFree.
    """
    lock_session(session, now)
    moves = [one for one in _moves(_locked(session, until, now), percent) if one.minutes]
    if not moves:
        raise NothingFree
    before = [copy(one.slot) for one in moves]
    for one in moves:
        one.slot.online_quota, one.slot.walkin_quota = one.online_after, one.walkin_after
        one.slot.save(update_fields=["online_quota", "walkin_quota"])
    tell_boards(session.hall_id)
    after = [one.slot for one in moves]
    return note_places(session=session, before=before, after=after, by=by, now=now)


def _locked(session: HallSession, until: datetime, now: datetime) -> list[Slot]:
    """The slots in the written order; who books in one of them waits, or was before us."""
    slots = _slots(session, until, now).order_by("pk")
    return list(slots.select_for_update(of=("self",), no_key=True))


def _slots(session: HallSession, until: datetime, now: datetime) -> QuerySet[Slot]:
    """The open slots that are still to begin."""
    coming = Slot.objects.filter(session=session, is_open=True, starts_at__gt=now)
    return coming.filter(starts_at__lt=until).order_by("starts_at", "pk")


def _moves(slots: "QuerySet[Slot] | list[Slot]", percent: int) -> list[SlotMove]:
    return [SlotMove(one, (one.online_quota - one.online_taken) * percent // 100) for one in slots]
