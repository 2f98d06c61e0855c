"""The pages of rebalancing: runs, reasons, deciding, taking back, trying, staff. C8"""

import re
from datetime import time, timedelta

import pytest

from appointments.models import RebalanceRun, StaffProposal
from appointments.rebalancing import rebalance
from config import civil
from queues.issuing import issue_walk_in
from tests.conftest import DAY, NOON, make_session, slot_at
from tests.pages.reading import words_of
from windows.models import Rule

pytestmark = pytest.mark.django_db

TOMORROW = DAY + timedelta(days=1)
NIGHT = civil.city_instant(TOMORROW, time(1, 40))
HOME = "/supervise/rebalancing/"


@pytest.fixture(autouse=True)
def at_night(clock):
    clock.now = NIGHT


@pytest.fixture
def tomorrow(hall, windows, session, renewal):
    for _person in range(10):
        issue_walk_in(hall=hall, matter=renewal, now=NOON)
    return make_session(hall, windows, day=TOMORROW, online=60)


@pytest.fixture
def run(tomorrow) -> RebalanceRun:
    return rebalance(demand_day=DAY, now=NIGHT)


@pytest.fixture
def proposed(tomorrow, hall) -> RebalanceRun:
    Rule.objects.create(name="rebalance_is_automatic", value=0, effective_on=DAY, hall=hall)
    return rebalance(demand_day=DAY, now=NIGHT)


@pytest.fixture
def proposal(run, hall, other_hall) -> StaffProposal:
    return StaffProposal.objects.create(
        run=run, from_hall=other_hall, to_hall=hall, service_day=TOMORROW + timedelta(days=1),
        from_hour=10, to_hour=10, hours=2,
        facts={"unmet_before": 90, "unmet_after": 20, "wait_before": 300, "wait_after": 120},
    )  # fmt: skip


def walk_in_minutes(tomorrow):
    return slot_at(tomorrow, 12).walkin_quota


def page_of(client, run):
    return words_of(client.get(f"{HOME}{run.pk}/"))


def decide(client, run, decision, **more):
    return client.post(f"{HOME}{run.pk}/decide/", {"decision": decision, "key": "k", **more})


def test_runs_are_listed_and_lead_to_their_moves(boss, run):
    assert f'href="{HOME}{run.pk}/"' in boss.get(HOME).content.decode()
    said = page_of(boss, run)

    assert "10 came without a booking" in said
    assert "Online → Walk-in: 9 minutes" in said
    assert f"/supervise/demand/H01/{DAY}/?hour=12" in boss.get(f"{HOME}{run.pk}/").content.decode()


def test_without_a_run_the_page_says_so(boss):
    assert "No night has moved any quota yet" in words_of(boss.get(HOME))
    assert boss.get("/supervise/quotas/")["Location"] == HOME
    assert boss.get(f"{HOME}{10**30}/").status_code == 404


def test_approving_moves_and_pressing_twice_changes_nothing(boss, proposed, tomorrow):
    assert "2 moves in your halls wait for your decision" in page_of(boss, proposed)

    for _press in range(2):
        assert decide(boss, proposed, "approve").status_code == 302

    assert walk_in_minutes(tomorrow) == 39
    assert "2 times were adjusted" in page_of(boss, proposed)


def test_declining_leaves_everything(boss, proposed, tomorrow):
    decide(boss, proposed, "decline", hall="H01")

    assert walk_in_minutes(tomorrow) == 30
    assert "Not moved" in page_of(boss, proposed)
    refused = decide(boss, proposed, "approve", key="again")
    assert refused.status_code == 409
    assert "decided already" in words_of(refused)


def test_all_is_taken_back_at_once(boss, run, tomorrow):
    assert walk_in_minutes(tomorrow) == 39

    decide(boss, run, "undo")

    assert walk_in_minutes(tomorrow) == 30
    assert "their quotas are as before" in page_of(boss, run)


def test_what_is_booked_by_now_is_named(boss, proposed, tomorrow):
    tomorrow.slots.filter(pk=slot_at(tomorrow, 12).pk).update(online_taken=60)

    decide(boss, proposed, "approve")

    assert "booked by now or begun: Hetang Hall" in page_of(boss, proposed)


def test_trying_changes_nothing(boss, tomorrow):
    said = words_of(boss.get(f"{HOME}try/?hall=H01"))

    assert "What would move now" in said
    assert "Online → Walk-in: 9 minutes" in said
    assert not RebalanceRun.objects.exists()
    assert walk_in_minutes(tomorrow) == 30


def test_another_halls_moves_are_neither_seen_nor_decided(stranger, proposed, tomorrow):
    """Mutant: without the halls of the person in the decision the stranger approves."""
    assert "10 came" not in page_of(stranger, proposed)
    assert decide(stranger, proposed, "approve").status_code == 409
    assert decide(stranger, proposed, "approve", hall="H01").status_code == 404
    assert stranger.get(f"{HOME}try/?hall=H01").status_code == 404
    assert walk_in_minutes(tomorrow) == 30


@pytest.mark.parametrize("decision", ["", "x", "\x00"])
def test_a_strange_decision_is_none(boss, proposed, decision):
    assert decide(boss, proposed, decision).status_code == 404


def test_a_proposal_for_staff_leads_to_asking_for_people(boss, proposal, stranger):
    said = words_of(boss.get(HOME))
    assert "One window for 2 hours from 10:00: in Hetang Hall instead of in" in said

    way = f"{HOME}staff/{proposal.pk}/"
    assert stranger.post(way, {"answer": "take", "key": "k"}).status_code == 404
    answer = boss.post(way, {"answer": "take", "key": "k"})

    asked = "hall=H01&of_hall=H02&people=1&begins=10:00&ends=12:00"
    assert answer["Location"] == f"/supervise/help/ask/?{asked}"
    proposal.refresh_from_db()
    assert proposal.state == "taken"
    refused = boss.post(way, {"answer": "leave", "key": "other"})
    assert refused.status_code == 409
    assert "decided about this proposal" in words_of(refused)


def test_a_proposal_that_is_left_is_gone(boss, proposal):
    boss.post(f"{HOME}staff/{proposal.pk}/", {"answer": "leave", "key": "k"})

    assert "One window for 2 hours" not in words_of(boss.get(HOME))
    assert "Not taken" in page_of(boss, proposal.run)


def test_the_hall_is_asked_with_what_was_proposed(boss, proposal, hall, windows):
    """Mutant: without the answers of the address one person is asked for the whole session."""
    session = make_session(hall, windows, day=proposal.service_day)

    answer = boss.post(f"{HOME}staff/{proposal.pk}/", {"answer": "take", "key": "k"})
    form = boss.get(answer["Location"]).content.decode()

    assert f'<option value="{session.pk}" selected>' in form
    assert 'value="H02" selected' in form
    assert ('value="10:00"' in form, 'value="12:00"' in form) == (True, True)


def test_other_hours_of_the_hall_lead_to_a_window_more_then(boss, proposal, hall, windows):
    make_session(hall, windows[:1], day=proposal.service_day, kind="weekend")
    StaffProposal.objects.update(from_hall=hall, from_hour=14)

    answer = boss.post(f"{HOME}staff/{proposal.pk}/", {"answer": "take", "key": "k"})
    form = boss.get(answer["Location"]).content.decode()

    asked = "hall=H01&day=2027-03-06&kind=weekend&opens=10:00&closes=12:00&many=1"
    assert answer["Location"] == f"/supervise/open/?{asked}"
    ticked = re.findall(r'name="windows" value="(\d+)"[^>]* checked', form)
    assert len(ticked) == 1
    assert str(windows[0].pk) not in ticked


def test_the_page_says_what_moves_and_that_matters_have_nothing_to_move(boss):
    assert "nothing moves between matters" in words_of(boss.get(HOME))
