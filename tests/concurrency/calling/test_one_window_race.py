"""Races at one window: pressed at once, paused or left at this moment. # C16"""

from functools import partial

import pytest
from django.db import transaction

from queues import choosing
from queues.calling import StillServing, WindowPaused, call_next
from queues.models import Call
from tests.concurrency.asking import nothing_is_broken
from tests.concurrency.calling.conftest import LATER, line_of
from tests.concurrency.interleaving import after
from tests.conftest import NOON, make_staff, race
from windows.models import Shift
from windows.once import once
from windows.prepared import Prepared
from windows.shifts import NotSignedIn, WindowTaken, pause, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


class TestOneWindow:
    def test_pressed_at_once_calls_one_person(self, hall, renewal, two):
        line_of(5, hall, renewal)
        window, clerk = two[0]

        outcomes = race(*[partial(call_next, window=window, staff=clerk, now=LATER)] * 8)

        assert outcomes.count(StillServing) == 7
        assert Call.objects.count() == 1
        nothing_is_broken()

    def test_the_second_press_waits_for_the_first(self, hall, renewal, two):
        line_of(2, hall, renewal)
        press = partial(call_next, window=two[0][0], staff=two[0][1], now=LATER)

        assert after(press, press) == (StillServing, True)

    def test_a_view_older_than_the_lock_is_caught_by_the_constraint(
        self, hall, renewal, two, monkeypatch
    ):
        """Mutant: the statement does not see that somebody is at the window."""
        blind = choosing.statement().replace("state IN ('called', 'serving')", "false")
        monkeypatch.setattr(choosing, "CALL_NEXT", Prepared("call_next_blind", blind))
        line_of(3, hall, renewal)
        window, clerk = two[0]
        call_next(window=window, staff=clerk, now=LATER)

        with pytest.raises(StillServing):
            call_next(window=window, staff=clerk, now=LATER)
        with transaction.atomic():
            with pytest.raises(StillServing):
                call_next(window=window, staff=clerk, now=LATER)
            assert Call.objects.count() == 1  # the transaction goes on

    def test_a_pause_of_this_moment_counts(self, hall, renewal, two):
        line_of(1, hall, renewal)
        window, clerk = two[0]

        called = after(
            partial(pause, staff=clerk, now=LATER),
            partial(call_next, window=window, staff=clerk, now=LATER),
        )

        assert called == (WindowPaused, True)

    def test_signing_out_at_this_moment_counts(self, hall, renewal, two):
        from queues.calling import sign_out

        line_of(1, hall, renewal)
        window, clerk = two[0]

        called = after(
            partial(sign_out, staff=clerk, now=LATER),
            partial(call_next, window=window, staff=clerk, now=LATER),
        )

        assert called == (NotSignedIn, True)

    def test_a_repeated_key_never_calls_a_second_person(self, hall, renewal, two):
        line_of(5, hall, renewal)
        window, clerk = two[0]

        def press():
            def run():
                return 200, call_next(window=window, staff=clerk, now=LATER).label

            return once(actor="s1", route="call-next", key="same", body="", now=LATER, run=run)[:2]

        outcomes = race(*[press for _ in range(8)])

        assert set(outcomes) == {(200, "A001")}
        assert Call.objects.count() == 1
        nothing_is_broken()


def test_one_clerk_wins_the_window(hall, windows, session):
    clerks = [make_staff(f"early-{n}", hall, "clerk") for n in range(5)]

    outcomes = race(*[partial(sign_in, staff=c, window=windows[0], now=NOON) for c in clerks])

    assert sum(isinstance(one, Shift) for one in outcomes) == 1
    assert outcomes.count(WindowTaken) == 4
