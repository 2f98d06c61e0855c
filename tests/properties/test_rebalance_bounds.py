"""Whatever is asked for, a rebalancing stays within its bounds. C8"""

from collections import defaultdict
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from appointments.rebalancing.problem import Bounds, HourDemand, Problem, SlotState
from appointments.rebalancing.solving import solve

DAY = date(2027, 3, 5)
ASKED = st.floats(0, 400)


@st.composite
def problems(draw):
    slots = []
    for number in range(draw(st.integers(1, 8))):
        online, walk_in, assisted = (draw(st.integers(0, 120)) for _channel in range(3))
        total = online + walk_in + assisted
        slots.append(
            SlotState(
                slot_id=number,
                hall_id=draw(st.integers(1, 3)),
                district=draw(st.sampled_from("AB")),
                service_day=DAY,
                hour=draw(st.integers(9, 11)),
                minutes=total,
                online_quota=online,
                online_taken=draw(st.integers(0, online)),
                assisted_quota=assisted,
                assisted_taken=draw(st.integers(0, assisted)),
                reserved_quota=0,
                walkin_quota=walk_in,
                walkin_floor=total * draw(st.integers(0, 40)) // 100,
                moved_today=draw(st.integers(0, 20)),
                day_limit=draw(st.integers(0, 60)),
                is_fixed=draw(st.booleans()),
            )
        )
    cells = {slot.cell for slot in slots}
    demand = {
        cell: HourDemand(people, comes, people * 6, comes * 6)
        for cell in sorted(cells)
        if (people := draw(ASKED)) + (comes := draw(ASKED)) > 1
    }
    limits = {(hall, DAY): draw(st.integers(0, 100)) for hall in (1, 2, 3)}
    return Problem(tuple(slots), demand, Bounds(hall_limits=limits, district_gap=0.05))


@settings(max_examples=120)
@given(problems())
def test_a_rebalancing_stays_within_its_bounds(problem):
    """Mutants: without `online_taken` in SlotState.can_give_walk_ins what is sold moves; without
    `walkin_floor` in can_give_online walk-ins fall below their least share."""
    solution = solve(problem)

    by_id = {slot.slot_id: slot for slot in problem.slots}
    in_hall = defaultdict(int)
    for move in solution.moves:
        slot, gained = by_id[move.slot_id], move.to_walk_in
        assert gained != 0
        assert slot.online_quota - gained >= slot.online_taken
        assert slot.walkin_quota + gained >= min(slot.walkin_floor, slot.walkin_quota)
        assert abs(gained) + slot.moved_today <= slot.day_limit
        assert not slot.is_fixed
        in_hall[slot.hall_id, slot.service_day] += abs(gained)
    assert all(moved <= problem.bounds.hall_limits[key] for key, moved in in_hall.items())
    assert len({move.slot_id for move in solution.moves}) == len(solution.moves)


@settings(max_examples=60)
@given(problems())
def test_nobody_is_worse_off_unless_the_least_share_asks_for_it(problem):
    solution = solve(problem)

    if not any(slot.must_give_walk_ins for slot in problem.slots):
        assert solution.objective_after <= solution.objective_before
        # Mutant seen red: without left_as_they_are whole minutes turn somebody away
        assert solution.after.unmet <= solution.before.unmet + 1e-5
    assert solve(problem) == solution  # the same for the same problem
