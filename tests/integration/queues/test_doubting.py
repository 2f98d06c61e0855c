"""A supervisor decides about what a kiosk told and nobody could take. Rows C7, C15."""

from datetime import timedelta

import pytest

from appointments.housekeeping import forget
from config.refusals import NotFound
from queues.blocks import NotOfThisLetter, NotOfYourBlock, reserve_block
from queues.calling import call_next
from queues.doubting import (
    DecidedAlready,
    NobodyCanRead,
    keep,
    let_in,
    put_aside,
    told_in,
    waiting_at,
)
from queues.issuing import issue_walk_in
from queues.models import DoubtfulNumber, Ticket
from tests.conftest import NOON, make_staff
from windows.models import DeviceToken

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=30)


@pytest.fixture
def kiosk(hall) -> DeviceToken:
    return DeviceToken.objects.create(hall=hall, kind="kiosk", name="door", token_hash=b"door")


@pytest.fixture
def block(hall, kiosk, session):
    return reserve_block(hall=hall, device=kiosk, prefix="A", now=NOON)


def kept(kiosk, row, why="kiosk_shut_out") -> DoubtfulNumber:
    keep(device=kiosk, rows=[(row, why)], now=LATER)
    return DoubtfulNumber.objects.latest("pk")


@pytest.fixture
def row(block) -> dict:
    return {
        "prefix": "A", "number": 903, "matter": "RENEW", "public_id": block.public_ids[3],
        "taken_at": "2027-03-04T12:10:00+08:00",
    }  # fmt: skip


def test_let_in_it_is_the_ticket_of_its_paper(kiosk, block, row, supervisor):
    doubtful = kept(kiosk, row)

    fate = let_in(doubtful=doubtful, staff=supervisor, now=LATER)

    ticket = Ticket.objects.get()
    assert fate.ticket == ticket
    assert (ticket.label, ticket.public_id) == ("A903", block.public_ids[3])
    assert ticket.issued_at == NOON + timedelta(minutes=10)
    assert ticket.events.get().by == supervisor
    doubtful.refresh_from_db()
    assert (doubtful.ticket, doubtful.decided_by, doubtful.decided_at) == (
        ticket, supervisor, LATER,
    )  # fmt: skip
    assert not waiting_at(kiosk.hall_id).exists()


def test_it_stands_where_it_would_have_stood(
    hall, kiosk, row, supervisor, renewal, at_window_3, clerk
):
    issue_walk_in(hall=hall, matter=renewal, now=NOON + timedelta(minutes=20))

    let_in(doubtful=kept(kiosk, row), staff=supervisor, now=LATER)

    assert call_next(window=at_window_3, staff=clerk, now=LATER).label == "A903"


def test_another_matter_of_its_letter_can_be_chosen(kiosk, row, supervisor, renewal, pickup):
    doubtful = kept(kiosk, {**row, "matter": "GONE"}, "not_of_this_letter")
    with pytest.raises(NotOfThisLetter):
        let_in(doubtful=doubtful, staff=supervisor, now=LATER)
    with pytest.raises(NotOfThisLetter):
        let_in(doubtful=doubtful, staff=supervisor, now=LATER, matter=pickup)

    let_in(doubtful=doubtful, staff=supervisor, now=LATER, matter=renewal)

    assert Ticket.objects.get().matter == renewal


def test_where_the_time_cannot_be_read_it_is_when_we_heard(kiosk, row, supervisor):
    let_in(doubtful=kept(kiosk, {**row, "taken_at": "12:10"}), staff=supervisor, now=LATER)

    assert Ticket.objects.get().issued_at == LATER


@pytest.mark.parametrize(
    "row", [None, "A903", {}, {"prefix": "A"}, {"prefix": "A", "number": "903"}]
)
def test_what_nobody_can_read_is_put_aside(kiosk, block, row, supervisor):
    doubtful = kept(kiosk, row, "malformed")
    with pytest.raises(NobodyCanRead):
        let_in(doubtful=doubtful, staff=supervisor, now=LATER)

    put_aside(doubtful=doubtful, staff=supervisor, now=LATER)

    assert not waiting_at(kiosk.hall_id).exists()
    assert not Ticket.objects.exists()


def test_a_number_that_the_hall_never_reserved_is_refused(kiosk, row, supervisor):
    for number in (920, 12):
        made_up = kept(kiosk, {**row, "number": number})
        with pytest.raises((NotOfYourBlock, NobodyCanRead)):
            let_in(doubtful=made_up, staff=supervisor, now=LATER)
    guessed = kept(kiosk, {**row, "public_id": "x" * 22})
    with pytest.raises(NotOfYourBlock):
        let_in(doubtful=guessed, staff=supervisor, now=LATER)


def test_the_first_decision_stands(kiosk, row, supervisor):
    doubtful = kept(kiosk, row)
    put_aside(doubtful=doubtful, staff=supervisor, now=LATER)

    with pytest.raises(DecidedAlready, match="supervisor"):
        let_in(doubtful=doubtful, staff=supervisor, now=LATER)
    assert not Ticket.objects.exists()


def test_a_decided_one_is_forgotten_after_a_month_and_an_open_one_is_not(kiosk, row, supervisor):
    put_aside(doubtful=kept(kiosk, row), staff=supervisor, now=LATER)
    still_open = kept(kiosk, {**row, "matter": "another"})
    forget(now=LATER + timedelta(days=29))
    assert DoubtfulNumber.objects.count() == 2

    forget(now=LATER + timedelta(days=31))

    assert DoubtfulNumber.objects.get() == still_open


def test_only_who_runs_the_hall_decides(kiosk, row, other_hall, clerk):
    doubtful = kept(kiosk, row)

    for staff in (clerk, make_staff("elsewhere", other_hall, "supervisor")):
        with pytest.raises(NotFound):
            let_in(doubtful=doubtful, staff=staff, now=LATER)


def test_a_row_that_is_too_long_is_kept_as_far_as_it_goes(kiosk, row):
    doubtful = kept(kiosk, {**row, "matter": "x" * 5000}, "malformed")

    assert len(doubtful.told) == 2000
    assert told_in(doubtful).label == ""
