"""Supervisors open, extend and undo sessions over the API."""

from datetime import timedelta

import pytest

from tests.api.conftest import Caller
from tests.conftest import NOON, PHONE, an_id, make_staff
from windows.models import HallSession, Slot


@pytest.fixture
def evening(windows) -> dict:
    """18:30-00:30 with the first two windows."""
    return {
        "hall": "H01",
        "kind": "night",
        "date": "2027-03-05",
        "opens": "18:30",
        "closes": "00:30",
        "windows": [window.pk for window in windows[:2]],
    }


def test_a_night_across_midnight_is_opened_and_booked_into(  # C1 C5
    as_supervisor, anybody, evening, proof
):
    preview = as_supervisor.post("sessions/preview/", evening)
    assert preview.status_code == 200, preview.content
    assert preview.json()["ends_next_day"]
    assert not HallSession.objects.exists()

    opened = as_supervisor.post("sessions/", evening)
    assert opened.status_code == 201, opened.content
    session = opened.json()
    assert session["ends_at"] == "2027-03-06T00:30:00+08:00"
    assert session["service_day"] == "2027-03-05"
    assert len(session["slots"]) == len(preview.json()["slots"]) == 12

    offered = anybody.get("halls/H01/slots/?matter=RENEW&date=2027-03-05").json()
    last = offered[-1]
    assert last["starts_at"] == "2027-03-06T00:00:00+08:00"
    held = anybody.post(
        "bookings/",
        {
            "slot": last["id"],
            "matter": "RENEW",
            "people": [{"name": "陈小宁", "id_number": an_id(1).number}],
            "phone": PHONE,
            "proof": proof,
        },
    ).json()["bookings"][0]
    secret = {"X-Booking-Secret": held["secret"]}
    booking = anybody.get(f"bookings/{held['reference']}/", **secret).json()
    assert booking["service_day"] == "2027-03-05"
    assert anybody.get("halls/H01/slots/?matter=RENEW&date=2027-03-06").json() == []


def test_a_preview_takes_all_free_windows_when_none_is_named(as_supervisor, evening, windows):
    del evening["windows"]

    preview = as_supervisor.post("sessions/preview/", evening).json()

    assert [window["number"] for window in preview["windows"]] == [1, 2, 3]
    assert preview["staff_hours"] == 18


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"date": "2027-03-03"}, "session_in_past", "date"),
        ({"date": "2028-03-03"}, "session_too_far", "date"),
        ({"closes": "18:40"}, "session_too_short", "closes"),
        ({"closes": "18:30"}, "session_too_long", "closes"),
        ({"windows": []}, "no_windows", "windows"),
        ({"windows": [10**17]}, "window_elsewhere", "windows"),
    ],
)
def test_a_session_that_cannot_be_is_refused(as_supervisor, evening, change, code, field):
    answer = as_supervisor.post("sessions/", {**evening, **change})

    assert answer.status_code == 409, answer.content
    assert (answer.json()["code"], answer.json()["field"]) == (code, field)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "party"},
        {"date": "9999-12-31"},
        {"date": None},
        {"opens": "25:00"},
        {"closes": 7},
        {"windows": "all"},
        {"windows": [10**30]},
        {"windows": [[1]]},
        {"hall": ["H01"]},
        {"booking_opens_at": "0001-01-01T00:00:00Z"},
    ],
)
def test_a_strange_session_is_malformed(as_supervisor, evening, change):
    answer = as_supervisor.post("sessions/", {**evening, **change})

    assert (answer.status_code, answer.json()["field"].split(".")[0]) == (400, next(iter(change)))


def test_a_busy_window_is_named(as_supervisor, evening):
    as_supervisor.post("sessions/", evening)

    answer = as_supervisor.post("sessions/", {**evening, "opens": "20:00", "closes": "22:00"})

    assert (answer.status_code, answer.json()["code"]) == (409, "window_busy")


def test_an_opening_is_undone_until_the_first_booking(as_supervisor, evening):
    opened = as_supervisor.post("sessions/", evening).json()
    Slot.objects.filter(pk=opened["slots"][0]["id"]).update(online_taken=6)
    path = f"sessions/{opened['id']}/undo/"

    refused = as_supervisor.post(path)
    Slot.objects.update(online_taken=0)
    undone = as_supervisor.post(path)

    assert (refused.status_code, refused.json()["code"]) == (409, "has_bookings")
    assert (undone.status_code, undone.json()["state"]) == (200, "cancelled")


def test_a_session_is_extended(as_supervisor, evening):
    opened = as_supervisor.post("sessions/", {**evening, "closes": "21:00"}).json()
    path = f"sessions/{opened['id']}/"

    longer = as_supervisor.patch(path, {"ends_at": "2027-03-05T22:00:00+08:00"})
    same = as_supervisor.patch(path, {"ends_at": "2027-03-05T22:00:00+08:00"})

    assert (longer.status_code, len(longer.json()["slots"])) == (200, 7)
    assert (same.status_code, same.json()["code"]) == (409, "nothing_changes")
    assert as_supervisor.get(path).json().items() <= longer.json().items()


def test_a_session_is_cut_and_who_loses_a_place_is_moved(as_supervisor, evening, book):  # C5 C6
    opened = as_supervisor.post("sessions/", {**evening, "closes": "21:00"}).json()
    path, last = f"sessions/{opened['id']}/", opened["slots"][-1]["id"]
    booking = book(Slot.objects.get(pk=last))
    asked = {"ends_at": "2027-03-05T20:00:00+08:00"}

    seen = as_supervisor.post(f"{path}change-preview/", asked).json()
    cut = as_supervisor.patch(path, {**asked, "expect": seen["digest"]})
    old = as_supervisor.patch(path, {"windows": evening["windows"][:1], "expect": seen["digest"]})

    assert [one["reference"] for one in seen["losing"]] == [booking.reference]
    assert seen["losing"][0]["proposed_at"] == "2027-03-05T19:30:00+08:00"
    assert (cut.status_code, cut.json()["moved"]) == (200, 1)
    assert cut.json()["undo_until"] == "2027-03-04T12:05:00+08:00"
    booking.refresh_from_db()
    assert booking.starts_at.isoformat() == "2027-03-05T11:30:00+00:00"
    assert (old.status_code, old.json()["code"]) == (409, "changed")


def test_sessions_are_for_the_halls_own_supervisor(
    as_supervisor, as_clerk, anybody, evening, other_hall
):
    elsewhere = Caller(make_staff("elsewhere", other_hall, "supervisor"))
    opened = as_supervisor.post("sessions/", evening).json()

    paths = ["sessions/preview/", "sessions/", f"sessions/{opened['id']}/undo/"]

    assert [anybody.post(path, evening).status_code for path in paths] == [403] * 3
    assert [as_clerk.post(path, evening).status_code for path in paths] == [403] * 3
    assert [elsewhere.post(path, evening).status_code for path in paths] == [404] * 3


def test_undoing_once_more_after_the_end_is_harmless(as_supervisor, evening, clock):
    opened = as_supervisor.post("sessions/", evening).json()
    path = f"sessions/{opened['id']}/undo/"
    as_supervisor.post(path)
    clock.now = NOON + timedelta(days=3)

    assert as_supervisor.post(path).status_code == 200


def test_a_change_is_seen_before_it_is_made(as_supervisor, evening, book):  # C6
    opened = as_supervisor.post("sessions/", {**evening, "closes": "21:00"}).json()
    path = f"sessions/{opened['id']}/"
    booking = book(Slot.objects.get(pk=opened["slots"][0]["id"]))

    longer = as_supervisor.post(f"{path}change-preview/", {"ends_at": "2027-03-05T22:00:00+08:00"})
    gone = as_supervisor.post(f"{path}change-preview/", {"cancel": True})
    unchanged = as_supervisor.get(path).json()
    cancelled = as_supervisor.post(f"{path}cancel/")

    assert (longer.json()["slots_added"], longer.json()["minutes_added"]) == (2, 120)
    assert (gone.json()["people"], gone.json()["confirmed"]) == (1, 1)
    assert len(unchanged["slots"]) == 5
    assert unchanged["state"] == "open"
    assert (cancelled.json()["state"], cancelled.json()["withdrawn"]) == ("cancelled", 1)
    booking.refresh_from_db()
    assert booking.state == "withdrawn"


@pytest.mark.parametrize(
    "body", [{}, {"cancel": False}, {"cancel": True, "ends_at": "2027-03-05T22:00:00+08:00"}]
)
def test_a_preview_of_no_change_is_malformed(as_supervisor, evening, body):
    opened = as_supervisor.post("sessions/", evening).json()

    answer = as_supervisor.post(f"sessions/{opened['id']}/change-preview/", body)

    assert answer.status_code == 400
