"""The hall changed one's time: the strip above the booking, and its three answers. # C6 C19"""

from datetime import time, timedelta

import pytest

from appointments.changes.answering import expire_due
from appointments.changes.asking import Ask, apply_change
from appointments.changes.following import join_waiting
from appointments.models import Booking, Displaced, MissedVisit, WaitEntry
from appointments.sealing import booking_secret
from tests.conftest import DAY, NOON, make_session, slot_at
from tests.pages.reading import key_of, text_of
from windows.models import HallSession

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

TOMORROW = DAY + timedelta(days=1)


@pytest.fixture
def evening(hall, windows) -> HallSession:
    return make_session(hall, windows, day=TOMORROW, opens=time(18, 30), closes=time(21, 30))


@pytest.fixture
def booking(evening, book) -> Booking:
    return book(slot_at(evening, 21))


def shorten(evening: HallSession, default: str) -> Displaced:
    ask = Ask.cut(evening, ends_at=slot_at(evening, 20, 30).starts_at)
    return apply_change(ask, by=None, now=NOON, default=default).displaced[0]


def own(booking: Booking, part: str = "") -> str:
    return f"/b/{booking.reference}/{part}?k={booking_secret(booking.reference)}"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("choice", ["move", "offer", "withdraw"])
def test_the_pages_answer_in_both_languages(client, evening, booking, language, choice):
    client.cookies["django_language"] = language
    shorten(evening, choice)

    for part in ("", "new-time/"):
        assert client.get(own(booking, part), follow=True).status_code == 200


@pytest.mark.parametrize(
    ("choice", "said"),
    [("move", "It stands unless you choose another one"), ("offer", "It is kept for you until")],
)
def test_the_strip_says_what_was_and_what_is(citizen, evening, booking, choice, said):
    shorten(evening, choice)

    page = text_of(citizen.get(own(booking)))

    assert "The hall had to change your time" in page
    assert "Friday 5 March, 21:00" in page
    assert said in page
    assert "Yes, I come then" in page


def test_without_a_change_there_is_no_strip(citizen, booking):
    assert "The hall had to change" not in text_of(citizen.get(own(booking)))
    assert citizen.get(own(booking, "new-time/"))["Location"] == own(booking)
    answer = citizen.post(own(booking, "new-time/"), {"answer": "take", "key": "k"})
    assert answer.status_code == 404


def test_looking_answers_nothing(citizen, evening, booking):
    displaced = shorten(evening, "offer")

    for method in (citizen.get, citizen.head):
        for part in ("", "new-time/"):
            method(own(booking, part))

    displaced.refresh_from_db()
    assert displaced.state == "offered"


def test_yes_takes_the_new_time_once(citizen, evening, booking):
    displaced = shorten(evening, "offer")
    key = key_of(citizen.get(own(booking)))

    for _press in range(2):
        answer = citizen.post(own(booking, "new-time/"), {"answer": "take", "key": key})
        assert answer["Location"] == own(booking)

    displaced.refresh_from_db()
    booking.refresh_from_db()
    assert displaced.state == "accepted"
    assert booking.slot_id == displaced.new_slot_id
    page = text_of(citizen.get(own(booking)))
    assert "The new time is yours" in page
    assert "Yes, I come then" not in page


@pytest.mark.parametrize(("answer", "waits"), [("wait", True), ("leave", False)])
def test_no_gives_it_up_and_notes_nothing(citizen, evening, booking, answer, waits):
    displaced = shorten(evening, "move")

    citizen.post(own(booking, "new-time/"), {"answer": answer, "whom": "me", "key": "k"})

    displaced.refresh_from_db()
    assert displaced.state == "declined"
    join_waiting(now=NOON)
    assert WaitEntry.objects.filter(state="waiting").exists() == waits
    booking.refresh_from_db()
    assert booking.state == "withdrawn"
    assert not MissedVisit.objects.exists()
    assert "Yes, I come then" not in text_of(citizen.get(own(booking)))


def test_who_said_no_reads_that_they_did(citizen, evening, booking):
    """And not that the hall cancelled the time that they gave up themselves."""
    shorten(evening, "move")

    citizen.post(own(booking, "new-time/"), {"answer": "leave", "whom": "me", "key": "k"})

    page = text_of(citizen.get(own(booking)))
    assert "You said no to the new time" in page
    assert "The hall had to cancel this time" not in page
    assert "You gave the new time up" in page


def test_who_said_nothing_reads_that_no_answer_came(citizen, evening, booking, clock):
    displaced = shorten(evening, "offer")
    clock.now = displaced.answer_by
    expire_due(now=clock.now)

    page = text_of(citizen.get(own(booking)))

    assert "No answer came, so this time is free for others" in page
    assert "The hall had to cancel this time" not in page


def test_who_was_cancelled_reads_that_the_hall_did_it(citizen, evening, booking):
    shorten(evening, "withdraw")

    assert "The hall had to cancel this time" in text_of(citizen.get(own(booking)))


@pytest.mark.parametrize("cut", ["hours", "windows", "both"])
def test_the_strip_says_what_was_cut(citizen, evening, booking, windows, book, cut):
    """Hours that were cut are not windows that are missing."""
    others = [book(slot_at(evening, 21), person=n, limited=False) for n in range(2, 14)]
    hours = {"ends_at": slot_at(evening, 20, 30).starts_at} if cut != "windows" else {}
    fewer = {"windows": (windows[2].pk,)} if cut != "hours" else {}

    done = apply_change(Ask.cut(evening, **hours, **fewer), by=None, now=NOON, default="move")

    lost = done.displaced[0].booking
    assert lost in [booking, *others]
    page = text_of(citizen.get(own(lost)))
    assert ("the hall is open for fewer hours then" in page) == (cut != "windows")
    assert ("fewer windows can serve then" in page) == (cut == "windows")


def test_another_time_is_the_usual_page(citizen, evening, booking):
    shorten(evening, "offer")
    other = slot_at(evening, 19)

    answer = citizen.post(own(booking, "change/"), {"slot": other.pk, "key": "k"})

    assert answer.status_code == 302
    assert Displaced.objects.get().state == "changed"
    assert "The hall had to change" not in text_of(citizen.get(own(booking)))


def test_who_lost_the_place_reads_of_the_waiting_list(citizen, evening, booking, clock):
    shorten(evening, "withdraw")
    clock.now = NOON + timedelta(minutes=6)
    join_waiting(now=clock.now)

    page = text_of(citizen.get(own(booking)))

    assert "Your time is given up" in page
    assert "/w/" in page
    assert "Yes, I come then" not in page


def test_an_answer_that_comes_too_late_is_told(citizen, evening, booking, clock):
    displaced = shorten(evening, "offer")
    clock.now = displaced.answer_by + timedelta(minutes=1)

    answer = citizen.post(
        own(booking, "new-time/"), {"answer": "take", "key": "k"}, follow=True
    )  # fmt: skip

    displaced.refresh_from_db()
    assert displaced.state in ("offered", "expired")
    assert "notice--bad" in text_of(answer) or "govuk-error-summary" in text_of(answer)


@pytest.mark.parametrize("form", [{}, {"answer": "maybe"}, {"answer": "take", "whom": "\x00"}])
def test_a_strange_answer_is_malformed(citizen, evening, booking, form):
    shorten(evening, "offer")

    assert citizen.post(own(booking, "new-time/"), {"key": "k", **form}).status_code == 400


@pytest.mark.parametrize("secret", ["", "?k=wrong", "?k=%00"])
def test_without_its_secret_nothing_is_found(citizen, evening, booking, secret):
    shorten(evening, "offer")
    address = f"/b/{booking.reference}/new-time/{secret}"

    assert citizen.get(address).status_code == 404
    assert citizen.post(address, {"answer": "take", "key": "k"}).status_code == 404
    assert Displaced.objects.get().state == "offered"
