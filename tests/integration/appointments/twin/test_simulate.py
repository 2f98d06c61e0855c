"""`manage.py simulate`: a day to come invented, a past one played again. # C9"""

import json
from datetime import timedelta
from io import StringIO
from time import process_time

import pytest
from django.core.management import CommandError, call_command

from appointments.twin.day import HourDemand, TwinDay
from appointments.twin.playing import play
from appointments.twin.reading import read_day
from config import civil
from queues.calling import call_next, finish, sign_out
from queues.models import Ticket
from tests.conftest import DAY, make_session
from tests.integration.appointments.twin.days import MIDNIGHT, WEEK, on_the_wall
from windows.shifts import sign_in

pytestmark = pytest.mark.django_db


def simulate(*args: str) -> str:
    out = StringIO()
    call_command("simulate", *args, stdout=out)
    return out.getvalue()


@pytest.fixture
def at_midnight(monkeypatch):
    monkeypatch.setattr(civil, "now", lambda: MIDNIGHT)


ASKED = ("--hall", "H01", "--day", DAY.isoformat(), "--runs", "20")


def test_simulate_invents_a_day_to_come(hall, session, weeks_before, at_midnight):
    told = json.loads(simulate(*ASKED, "--json"))

    assert told["kind"] == "invented"
    assert told["demand_from"] == "weekdays"
    assert told["came"]["middle"] > 15
    assert told["wait_minutes"]["half"]["middle"] <= told["wait_minutes"]["nine_in_ten"]["middle"]
    assert json.loads(simulate(*ASKED, "--json"))["came"] == told["came"]
    words = simulate(*ASKED)
    assert "invented 20 times" in words
    assert "nine in ten wait at most, minutes" in words


def test_simulate_plays_a_past_day_again(hall, windows, clerk, renewal, weeks_before, at_midnight):
    day = DAY - 2 * WEEK
    sign_in(staff=clerk, window=windows[0], now=on_the_wall(day, 9))
    at = on_the_wall(day, 10)
    waits = []
    while Ticket.objects.waiting().of_day(hall.pk, day).filter(issued_at__lte=at).exists():
        ticket = call_next(window=windows[0], staff=clerk, now=at)
        waits.append((at - ticket.issued_at).total_seconds() / 60)
        at += timedelta(minutes=6)
        finish(ticket=ticket, staff=clerk, now=at)
    sign_out(staff=clerk, now=on_the_wall(day, 17))

    told = json.loads(simulate("--hall", "H01", "--day", str(day), "--runs", "40", "--json"))

    assert told["kind"] == "replayed"
    assert (told["people"], told["really_called"], told["windows"]) == (12, len(waits), 1)
    real, twin = (told["wait_minutes"]["nine_in_ten"][name] for name in ("real", "twin"))
    assert twin["low"] <= real <= twin["high"]
    assert "really" in simulate("--hall", "H01", "--day", str(day), "--runs", "5")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--hall", "H99", "--day", "2027-03-04"), "there is no hall H99"),
        (("--hall", "H\x00", "--day", "2027-03-04"), "there is no hall"),
        (("--hall", "H01", "--day", "tomorrow"), "tomorrow is no date"),
        (("--hall", "H01", "--day", "2027-03-05"), "no session on that day"),
        (("--hall", "H01", "--day", "2027-03-04", "--runs", "0"), "between 1 and 5000, not 0"),
        (("--hall", "H01", "--day", "2027-03-04", "--runs", "10000000"), "between 1 and 5000"),
        (("--hall", "H01", "--day", "2027-03-04", "--seed", "-3"), "choose 0 or more, not -3"),
        (("--hall", "H01", "--day", "2027-03-04", "--replay"), "not over yet"),
        (("--hall", "H01", "--day", "2027-02-24"), "no session on that day"),
    ],
)
def test_simulate_says_what_is_wrong(hall, session, weeks_before, at_midnight, args, said):
    with pytest.raises(CommandError, match=said):
        simulate(*args)


def test_simulate_knows_nothing_of_a_new_hall(hall, session, at_midnight):
    with pytest.raises(CommandError, match="no forecast for that day"):
        simulate(*ASKED)


def test_a_day_on_which_nobody_came_is_not_played_again(hall, windows, at_midnight):
    make_session(hall, windows, day=DAY - WEEK)

    with pytest.raises(CommandError, match="Nobody had a number"):
        simulate("--hall", "H01", "--day", str(DAY - WEEK))


def test_the_whole_hall_is_played_two_hundred_times_in_seconds(hall, session, weeks_before):
    """Processor time, so that neighbours on the machine do not count."""
    twin = read_day(hall=hall, day=DAY, now=MIDNIGHT).twin
    busy = tuple(HourDemand(h, twin.demand[0].matter, 20, 30) for h in range(9, 17))
    began = process_time()

    played = play(TwinDay(**{**vars(twin), "demand": busy}), runs=200)

    assert process_time() - began < 10
    assert played.came.mean() > 250
