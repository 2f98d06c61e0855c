"""Whole minutes of slots: an hour's minutes shared out evenly, the least share first, and so
that no rest of an online quota is too short for anybody."""

from collections.abc import Mapping, Sequence
from math import ceil, floor

from appointments.rebalancing.problem import Problem, SlotState

NEARLY = 1e-6


def least_first(problem: Problem) -> dict[int, int]:
    """What walk-ins must gain so that they have their least share, as far as it may move."""
    left = dict(problem.bounds.hall_limits)
    gained = {}
    for slot in sorted(problem.slots, key=lambda one: one.slot_id):
        if slot.cell not in problem.demand:
            continue
        key = (slot.hall_id, slot.service_day)
        minutes = min(slot.must_give_walk_ins, left.get(key, slot.must_give_walk_ins))
        if minutes > 0:
            gained[slot.slot_id] = minutes
            left[key] = left.get(key, minutes) - minutes
    return gained


def shared_out(
    slots: Sequence[SlotState], minutes: int, forced: Mapping[int, int], *, least: int
) -> dict[int, int]:
    """The minutes that each slot's walk-ins gain in all, when the hour's gain so many more.

    Nothing moves in a slot below `least`, so the sum may be a little smaller.
    """
    sign = 1 if minutes > 0 else -1
    rooms = {slot.slot_id: _room(slot, sign, forced) for slot in slots}
    left, shared = abs(minutes), {}
    waiting = sorted(
        (one for one in rooms if rooms[one] >= least), key=lambda one: (rooms[one], one)
    )
    while waiting and left >= least:
        even = max(left // len(waiting), least)
        slot_id = waiting.pop(0)
        part = min(rooms[slot_id], even if waiting else left)
        shared[slot_id] = sign * part + forced.get(slot_id, 0)
        left -= part
    return shared


def in_whole_people(
    slots: Sequence[SlotState],
    shared: Mapping[int, int],
    forced: Mapping[int, int],
    *,
    each: float,
    least: int,
) -> dict[int, int]:
    """The same moves, but online quotas end where the minutes of a whole number of people end.

    Less moves by it, never more. A move that uses up what the slot may move stays as it is,
    being on its way: in a small hall a night moves less than one person takes."""
    if each <= 0:
        return dict(shared)
    by_id = {slot.slot_id: slot for slot in slots}
    found = {}
    for slot_id, minutes in shared.items():
        slot = by_id[slot_id]
        rounded = slot.online_quota - _whole(slot.online_quota - minutes, each, minutes > 0)
        if slot_id in forced or abs(minutes) >= slot.left_today:
            found[slot_id] = minutes
        elif rounded * minutes > 0 and abs(rounded) >= least:
            found[slot_id] = rounded
    return found


def _whole(quota: int, each: float, upwards: bool) -> int:
    """The next quota that takes whole people, in whole minutes."""
    people = quota / each
    if upwards:
        return ceil(ceil(people - NEARLY) * each - NEARLY)
    return floor(floor(people + NEARLY) * each + NEARLY)


def _room(slot: SlotState, sign: int, forced: Mapping[int, int]) -> int:
    if sign > 0:
        return slot.can_give_walk_ins - forced.get(slot.slot_id, 0)
    return 0 if slot.slot_id in forced else slot.can_give_online
