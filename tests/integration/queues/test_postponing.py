"""“I need 10 more minutes”: some places back, once, at nobody's cost. Row C17."""

from datetime import timedelta

import pytest

from queues.board import line_of
from queues.calling import call_next, finish, no_show, park
from queues.issuing import issue_walk_in
from queues.models import Ticket, TicketEvent
from queues.postponing import (
    AlreadyPostponed,
    JustCalledToWindow,
    NobodyBehind,
    NotWaiting,
    places_back,
    postpone,
)
from queues.waiting import place_of, tickets_shown
from tests.concurrency.asking import nothing_is_broken
from tests.conftest import NOON
from windows.models import Rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(hall, session, renewal) -> list[Ticket]:
    """Six people, a minute apart; renewals take 6 minutes, so 10 minutes are two of them."""
    return [
        issue_walk_in(hall=hall, matter=renewal, now=NOON + timedelta(minutes=n)) for n in range(6)
    ]


def order(hall) -> list[int]:
    return [one.id for one in line_of(hall, NOON).waiting]


def test_so_many_people_go_first_as_were_shown(hall, line, at_window_3):
    shown = places_back(line[1], NOON)

    postpone(ticket=line[1], now=NOON)

    pks = [ticket.pk for ticket in line]
    assert shown == 2
    assert order(hall) == [pks[0], pks[2], pks[3], pks[1], pks[4], pks[5]]
    nothing_is_broken()


def test_more_open_windows_let_more_people_go_first(line, at_window_3, windows, clerks):
    from windows.shifts import sign_in

    sign_in(staff=clerks[0], window=windows[0], now=NOON)

    assert places_back(line[0], NOON) == 4


def test_the_page_shows_the_same_number_before_the_press(line, at_window_3):
    (shown,) = tickets_shown([line[1].public_id])

    assert place_of(shown, NOON).step_back.places == places_back(line[1], NOON) == 2


def test_with_few_behind_it_goes_behind_the_last(hall, line, at_window_3):
    assert places_back(line[4], NOON) == 1

    postpone(ticket=line[4], now=NOON)

    assert order(hall)[-2:] == [line[5].pk, line[4].pk]


def test_people_who_rank_alike_all_go_first(hall, line, at_window_3):
    """Booked people of one slot share their rank: there is no place between them."""
    Ticket.objects.filter(pk__in=[t.pk for t in line[2:6]]).update(rank_at=line[3].rank_at)
    Rule.objects.create(name="postpone_minutes", hall=hall, value=1, effective_on="2027-01-01")

    shown = places_back(line[0], NOON)
    postpone(ticket=line[0], now=NOON)

    assert shown == 1
    assert order(hall)[:2] == [line[1].pk, line[0].pk]
    assert places_back(line[1], NOON) == 1  # the one who has stepped behind it
    postpone(ticket=line[1], now=NOON)
    assert order(hall)[:2] == [line[0].pk, line[1].pk]


def test_whoever_was_ahead_stays_ahead_and_nobody_behind_loses_a_place(hall, line, at_window_3):
    before = order(hall)
    mine = line[2].pk

    postpone(ticket=line[2], now=NOON)

    after = order(hall)
    assert after[:2] == before[:2]
    others = [pk for pk in before if pk != mine]
    assert [pk for pk in after if pk != mine] == others
    assert all(after.index(pk) <= before.index(pk) for pk in others)


def test_it_is_in_the_journal(line, at_window_3):
    postpone(ticket=line[1], now=NOON)

    event = TicketEvent.objects.get(ticket=line[1], kind="postponed")
    assert event.facts["places"] == 2
    line[1].refresh_from_db()
    assert line[1].postponed_at == NOON


def test_only_people_of_ones_own_line_count(hall, line, pickup, renewal, windows, session):
    """With no window open, those who wait for the same matter are the line."""
    issue_walk_in(hall=hall, matter=pickup, now=NOON + timedelta(minutes=2))

    assert places_back(line[5], NOON) == 0


class TestRefuses:
    def test_a_second_time(self, line, at_window_3):
        postpone(ticket=line[0], now=NOON)

        with pytest.raises(AlreadyPostponed, match="once already"):
            postpone(ticket=line[0], now=NOON)

    def test_the_last_one_in_line(self, line, at_window_3):
        with pytest.raises(NobodyBehind, match="Nobody waits behind you"):
            postpone(ticket=line[5], now=NOON)

    def test_who_has_just_been_called(self, line, at_window_3, clerk):
        called = call_next(window=at_window_3, staff=clerk, now=NOON)

        with pytest.raises(JustCalledToWindow, match="window 3"):
            postpone(ticket=called, now=NOON)

    @pytest.mark.parametrize("ends", [park, finish])
    def test_who_does_not_wait(self, line, at_window_3, clerk, ends):
        called = call_next(window=at_window_3, staff=clerk, now=NOON)
        ends(ticket=called, staff=clerk, now=NOON)

        with pytest.raises(NotWaiting, match="not waiting"):
            postpone(ticket=called, now=NOON)

    def test_who_missed_the_call(self, hall, line, at_window_3, clerk):
        Rule.objects.create(
            name="missed_after_calls", hall=hall, value=1, effective_on="2027-01-01"
        )
        called = call_next(window=at_window_3, staff=clerk, now=NOON)
        no_show(ticket=called, staff=clerk, now=NOON)

        with pytest.raises(NotWaiting):
            postpone(ticket=called, now=NOON)


def test_who_goes_first_by_right_is_not_called_in_those_minutes(hall, line, at_window_3, clerk):
    """Somebody with a priority asked for time: the next call would have been theirs."""
    Ticket.objects.filter(pk=line[1].pk).update(priority="elderly")
    postpone(ticket=line[1], now=NOON)
    places = places_of(line[1])

    calls = []
    for _one in range(places + 1):
        ticket = call_next(window=at_window_3, staff=clerk, now=NOON + timedelta(minutes=1))
        calls.append(finish(ticket=ticket, staff=clerk, now=NOON + timedelta(minutes=2)))

    assert calls.index(line[1]) == places


def test_after_those_minutes_they_go_first_again(hall, line, at_window_3, clerk):
    Ticket.objects.filter(pk=line[1].pk).update(priority="elderly")
    postpone(ticket=line[1], now=NOON)

    called = call_next(window=at_window_3, staff=clerk, now=NOON + timedelta(minutes=11))

    assert called == line[1]


def places_of(ticket: Ticket) -> int:
    """How many people are before the ticket in the order of ranks."""
    ticket.refresh_from_db()
    return Ticket.objects.filter(state="waiting", rank_at__lt=ticket.rank_at).count()
