"""Supervisors see demand and the moves of quota that follow it, and take moves back."""

from datetime import timedelta

import pytest

from appointments.demanded.collecting import write_day
from appointments.models import DemandFact, QuotaMove, RebalanceRun, UnmetDemand
from tests.api.conftest import Caller
from tests.conftest import DAY, NOON, make_staff, slot_at
from windows.models import Slot


@pytest.fixture
def move(session) -> QuotaMove:
    slot = slot_at(session, 15)
    Slot.objects.filter(pk=slot.pk).update(online_quota=80, walkin_quota=10)
    run = RebalanceRun.objects.create(demand_day=DAY - timedelta(days=1), ran_at=NOON)
    return QuotaMove.objects.create(
        run=run, slot=slot, from_channel="online", to_channel="walkin", minutes=10,
        moved_at=NOON,
        facts={
            "demand_day": "2027-03-03", "hour": 15, "asked_online": 2, "asked_walk_in": 9,
            "unmet": 1, "share_before": 0, "share_target": 40, "share_after": 11,
            "bound": "night",
            "limit": {"rebalance_max_percent": 10, "walkin_min_percent": 20},
        },
    )  # fmt: skip


def test_demand_is_told_per_hall_and_day(as_supervisor, as_guide, book, session, renewal):
    book(slot_at(session, 15))
    as_guide.post("halls/H01/tickets/", {"matter": "RENEW"})
    UnmetDemand.objects.create(
        hall=session.hall, matter=renewal, service_day=DAY, asked_on=DAY, count=4
    )

    told = as_supervisor.get("demand/").json()

    assert told == [{"hall": "H01", "date": "2027-03-04", "booked": 1, "walk_in": 1, "unmet": 4}]
    assert as_supervisor.get("demand/?from=2027-02-01&days=3").json() == []


def test_what_each_hour_was_asked_for_is_told_on_request(as_supervisor, book, session):
    book(slot_at(session, 15))
    write_day(hall=session.hall, day=DAY, now=NOON + timedelta(days=1))

    told = as_supervisor.get("demand/?facts=true").json()
    usual = as_supervisor.get("demand/").json()

    fact = {
        "hour": 15, "matter": "RENEW", "channel": "online", "what": "booked", "people": 1,
        "minutes": 6,
    }  # fmt: skip
    assert told == [{**usual[0], "facts": [fact]}]
    assert "facts" not in usual[0]


def test_a_day_of_which_only_facts_tell_is_told_too(as_supervisor, session, renewal):
    DemandFact.objects.create(
        hall=session.hall, matter=renewal, service_day=DAY, hour=25, channel="kiosk", what="kiosk",
        people=2, minutes=12, recorded_at=NOON,
    )  # fmt: skip

    (row,) = as_supervisor.get("demand/?facts=true").json()

    assert (row["booked"], row["facts"][0]["hour"], row["facts"][0]["people"]) == (0, 25, 2)
    assert as_supervisor.get("demand/").json() == []


def test_a_move_is_told_with_its_figures_and_taken_back(as_supervisor, move):  # C8
    told = as_supervisor.get("quota-moves/?hall=H01").json()
    path = f"quota-moves/{told[0]['id']}/undo/"

    undone = [as_supervisor.post(path) for _ in range(2)]

    assert told[0]["facts"]["bound"] == "night"
    assert "9 came without a booking" in told[0]["why"]
    assert [answer.status_code for answer in undone] == [200, 200]
    assert undone[0].json()["undone_at"] is not None
    assert Slot.objects.get(pk=move.slot_id).online_quota == 90


def test_a_move_whose_minutes_are_gone_stays(as_supervisor, move):
    Slot.objects.filter(pk=move.slot_id).update(online_quota=90, walkin_quota=0)

    answer = as_supervisor.post(f"quota-moves/{move.pk}/undo/")

    assert (answer.status_code, answer.json()["code"]) == (409, "move_cannot_be_undone")


def test_what_is_only_proposed_is_no_move_yet(as_supervisor, move):
    QuotaMove.objects.update(moved_at=None)

    assert as_supervisor.get("quota-moves/").json() == []
    assert as_supervisor.post(f"quota-moves/{move.pk}/undo/").status_code == 404


def test_the_next_page_is_asked_for_by_the_last_id(as_supervisor, move):
    assert as_supervisor.get(f"quota-moves/?before={move.pk}").json() == []


@pytest.mark.parametrize(
    "query", ["from=x", "days=0", "days=400", "hall=H99", "from=9999-12-31", "facts=perhaps"]
)
def test_a_strange_question_is_malformed(as_supervisor, hall, query):
    assert as_supervisor.get(f"demand/?{query}").status_code == 400


def test_demand_and_moves_are_for_the_halls_own_supervisor(
    as_clerk, as_auditor, anybody, other_hall, move
):
    elsewhere = Caller(make_staff("elsewhere", other_hall, "supervisor"))
    undo = f"quota-moves/{move.pk}/undo/"

    assert [caller.get("demand/").status_code for caller in (anybody, as_clerk)] == [403, 403]
    assert [caller.post(undo).status_code for caller in (as_auditor, elsewhere)] == [403, 404]
    assert elsewhere.get("quota-moves/").json() == []
    assert len(as_auditor.get("quota-moves/").json()) == 1
