"""Whole minutes of slots: an hour's minutes shared out evenly, the least share first."""

from collections.abc import Mapping, Sequence

from appointments.rebalancing.problem import Problem, SlotState


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


def _room(slot: SlotState, sign: int, forced: Mapping[int, int]) -> int:
    if sign > 0:
        return slot.can_give_walk_ins - forced.get(slot.slot_id, 0)
    return 0 if slot.slot_id in forced else slot.can_give_online
