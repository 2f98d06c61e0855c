"""Supervisors close halls, open them again and take changes back over the API. C5 C6"""

from datetime import timedelta

import pytest

from appointments.models import Booking, Displaced
from appointments.sending import send_due
from tests.api.conftest import Caller
from tests.concurrency.asking import nothing_is_broken
from tests.conftest import DAY, make_session, make_staff, slot_at
from windows.models import HallClosure, SessionChange, StaffRole, Window

STORM = {
    "hall": "H01", "closes_at": "2027-03-04T13:00:00+08:00",
    "opens_at": "2027-03-04T18:00:00+08:00", "reason": "weather", "note_en": "Red warning",
}  # fmt: skip
ASKED = {name: STORM[name] for name in ("hall", "closes_at", "opens_at")}


@pytest.fixture
def tomorrow(hall, windows):
    return make_session(hall, windows, day=DAY + timedelta(days=1))


@pytest.fixture
def booking(session, tomorrow, book) -> Booking:
    return book(slot_at(session, 15))


@pytest.fixture
def closed(as_supervisor, booking) -> dict:
    answer = as_supervisor.post("closures/", STORM)
    assert answer.status_code == 201, answer.content
    return answer.json()


def told(answer) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code")


def test_a_preview_says_who_loses_a_place_and_closes_nothing(as_supervisor, booking):
    seen = as_supervisor.post("closures/preview/", ASKED).json()

    assert [one["reference"] for one in seen["losing"]] == [booking.reference]
    assert seen["losing"][0]["proposed_at"] == "2027-03-05T15:00:00+08:00"
    assert seen["after"]["online"] == 0
    assert seen["undo_until"] == "2027-03-04T12:05:00+08:00"
    assert not HallClosure.objects.exists()


def test_what_was_seen_is_closed_and_nothing_else(as_supervisor, session, booking, book):
    seen = as_supervisor.post("closures/preview/", ASKED).json()
    book(slot_at(session, 16), person=2)

    changed = as_supervisor.post("closures/", {**STORM, "expect": seen["digest"]})
    again = as_supervisor.post("closures/preview/", ASKED).json()
    made = as_supervisor.post("closures/", {**STORM, "expect": again["digest"]})

    assert told(changed) == (409, "changed")
    assert made.status_code == 201
    assert (made.json()["moved"], made.json()["sessions"]) == (2, [session.pk])
    nothing_is_broken()


def test_the_same_key_closes_once(as_supervisor, booking):
    answers = [as_supervisor.post("closures/", STORM, key="storm") for _press in range(2)]

    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert HallClosure.objects.count() == 1


def test_who_closes_reads_it_again(as_supervisor, closed):
    one = as_supervisor.get(f"closures/{closed['id']}/").json()
    listed = as_supervisor.get("closures/").json()

    assert listed == [one]
    assert one.items() <= closed.items()
    assert (one["closes_at"], one["opens_at"]) == (STORM["closes_at"], STORM["opens_at"])
    assert (one["reason"], one["note_en"], one["reopened_at"]) == ("weather", "Red warning", None)


def test_it_is_taken_back_until_a_message_left(as_supervisor, session, booking, closed, clock):
    path = f"closures/{closed['id']}/undo/"
    undone = as_supervisor.post(path)
    other = as_supervisor.post("closures/", STORM).json()
    clock.forward(minutes=6)
    send_due(now=clock.now)
    late = as_supervisor.post(f"closures/{other['id']}/undo/")

    assert (undone.status_code, undone.json()["reopened_at"]) == (200, "2027-03-04T12:00:00+08:00")
    assert told(late) == (409, "undo_too_late")
    booking.refresh_from_db()
    assert booking.starts_at != slot_at(session, 15).starts_at
    nothing_is_broken()


def test_it_is_opened_again_earlier(as_supervisor, session, closed, clock):
    clock.forward(hours=2)
    send_due(now=clock.now)
    path = f"closures/{closed['id']}/reopen/"

    opened, twice = as_supervisor.post(path), as_supervisor.post(path)
    clock.forward(hours=4)
    assert opened.json()["slots"] == 5  # 14:30 and after; nobody was cancelled
    assert (opened.json()["asked"], twice.json()["slots"]) == (0, 0)
    assert slot_at(session, 16).is_open
    assert as_supervisor.get("closures/").json() == []


def test_what_is_over_is_not_opened(as_supervisor, closed, clock):
    clock.forward(hours=7)

    assert told(as_supervisor.post(f"closures/{closed['id']}/reopen/")) == (409, "not_closed")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"opens_at": "2027-03-04T12:30:00+08:00"}, "closure_in_order"),
        ({"closes_at": "2027-03-03T08:00:00+08:00", "opens_at": "2027-03-03T09:00:00+08:00"},
         "closure_in_past"),
        ({"opens_at": "2027-12-04T12:30:00+08:00"}, "closure_too_long"),
        ({"closes_at": "2027-03-04T16:00:00+08:00"}, "closed_already"),
    ],
)  # fmt: skip
def test_what_is_no_closing_is_refused(as_supervisor, session, change, code):
    if code == "closed_already":
        as_supervisor.post("closures/", STORM)

    for path in ("closures/preview/", "closures/"):
        asked = (ASKED if "preview" in path else STORM) | change
        assert told(as_supervisor.post(path, asked)) == (409, code)


@pytest.mark.parametrize(
    "change",
    [
        {"closes_at": "soon"},
        {"opens_at": None},
        {"reason": "party"},
        {"note_en": "x" * 201},
        {"people": "all"},
        {"beside": "H02"},
        {"closes_at": "9999-01-01T00:00:00Z"},
    ],
)
def test_a_strange_closing_is_malformed(as_supervisor, session, change):
    answer = as_supervisor.post("closures/", {**STORM, **change})

    assert (answer.status_code, answer.json()["field"].split(".")[0]) == (400, next(iter(change)))


def test_nobody_is_sent_to_a_hall_that_closes_beside(
    as_supervisor, supervisor, booking, other_hall, renewal
):
    """Two halls of a district are closed one after the other by a program."""
    other_hall.district_zh = "禾塘区"
    other_hall.save(update_fields=["district_zh"])
    window = Window.objects.create(hall=other_hall, number=1)
    window.matters.add(renewal)
    make_session(other_hall, [window])
    stranger = as_supervisor.post("closures/preview/", ASKED | {"beside": ["H02"]})
    StaffRole.objects.create(staff=supervisor, hall=other_hall, role="supervisor")

    alone = as_supervisor.post("closures/preview/", ASKED).json()
    beside = as_supervisor.post("closures/preview/", ASKED | {"beside": ["H02"]}).json()

    assert stranger.status_code == 404
    assert alone["losing"][0]["proposed_hall"] == "H02"
    assert beside["losing"][0]["proposed_hall"] == "H01"


class TestUndoOfAChange:
    @pytest.fixture
    def cut(self, as_supervisor, tomorrow, book) -> dict:
        book(slot_at(tomorrow, 16))
        asked = {"ends_at": "2027-03-05T15:00:00+08:00"}
        answer = as_supervisor.patch(f"sessions/{tomorrow.pk}/", asked)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def test_all_is_as_it_was(self, as_supervisor, tomorrow, cut):
        undone = as_supervisor.post(f"changes/{cut['change']}/undo/")

        assert undone.status_code == 200, undone.content
        assert undone.json().items() >= {"session": tomorrow.pk, "kind": "cut"}.items()
        assert undone.json()["undone_at"] == "2027-03-04T12:00:00+08:00"
        assert Booking.objects.get().slot == slot_at(tomorrow, 16)
        assert set(Displaced.objects.values_list("state", flat=True)) == {"undone"}

    def test_of_a_cancelled_session_too(self, as_supervisor, tomorrow, book):
        book(slot_at(tomorrow, 16))
        done = as_supervisor.post(f"sessions/{tomorrow.pk}/cancel/").json()
        assert done["withdrawn"] == 1

        undone = as_supervisor.post(f"changes/{done['change']}/undo/")

        assert undone.status_code == 200, undone.content
        assert as_supervisor.get(f"sessions/{tomorrow.pk}/").json()["state"] == "open"

    def test_not_after_a_message_left(self, as_supervisor, cut, clock):
        clock.forward(minutes=6)
        send_due(now=clock.now)

        answer = as_supervisor.post(f"changes/{cut['change']}/undo/")

        assert told(answer) == (409, "undo_too_late")

    def test_not_in_a_hall_that_was_closed_since(self, as_supervisor, tomorrow, cut):
        storm = {
            **STORM,
            "closes_at": "2027-03-05T15:30:00+08:00",
            "opens_at": "2027-03-05T20:00:00+08:00",
        }
        assert as_supervisor.post("closures/", storm).status_code == 201

        answer = as_supervisor.post(f"changes/{cut['change']}/undo/")

        assert told(answer) == (409, "undo_shut")
        assert not slot_at(tomorrow, 16).is_open

    def test_with_the_whole_closing(self, as_supervisor, session, closed):
        change = SessionChange.objects.get(closure=closed["id"])

        as_supervisor.post(f"changes/{change.pk}/undo/")

        assert as_supervisor.get(f"closures/{closed['id']}/").json()["reopened_at"]
        assert slot_at(session, 15).is_open


def test_anothers_closings_and_changes_are_absent(closed, other_hall):
    elsewhere = Caller(make_staff("elsewhere", other_hall, "supervisor"))
    change = SessionChange.objects.get()

    assert elsewhere.get("closures/").json() == []
    assert elsewhere.get(f"closures/{closed['id']}/").status_code == 404
    for path in ("undo", "reopen"):
        assert elsewhere.post(f"closures/{closed['id']}/{path}/").status_code == 404
    assert elsewhere.post(f"changes/{change.pk}/undo/").status_code == 404
    assert elsewhere.post("closures/", STORM).status_code == 404
    assert HallClosure.objects.get().reopened_at is None
