"""A supervisor chooses how a session's places open: page, API and command line. # C30 C5"""

from datetime import date, time, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from appointments.booking import NotReleased, hold
from appointments.drawing import DrawEndsEarly, DrawEndsLate, NothingToDraw
from appointments.models import Draw
from appointments.registering import Registration, register
from appointments.releasing import (
    OpensTooLate,
    RegistrationNeedsEnd,
    Release,
    RoomNeedsTime,
    open_released,
    preview_release,
)
from config import civil
from tests.api.conftest import Caller
from tests.conftest import NOON, PHONE, a_person, make_staff
from windows.models import HallSession

pytestmark = pytest.mark.django_db
DAY = date(2027, 3, 10)
ASKED = {"kind": "night", "day": DAY, "opens": time(18, 30), "closes": time(21, 30)}
TOMORROW = NOON + timedelta(days=1)
ON_THE_WALL = "2027-03-05T12:00"


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    monkeypatch.setattr(civil, "now", lambda: NOON)


def opened(hall, windows, release: Release) -> HallSession:
    return open_released(release=release, by=None, now=NOON, hall=hall, windows=windows, **ASKED)


def test_without_a_word_it_opens_at_once(hall, windows):
    session = opened(hall, windows, Release())

    assert (session.release, session.booking_opens_at) == ("plain", NOON)


def test_it_opens_at_a_moment_also_behind_a_waiting_room(hall, windows, renewal):
    session = opened(hall, windows, Release("room", opens_at=TOMORROW))

    assert (session.release, session.booking_opens_at) == ("room", TOMORROW)
    with pytest.raises(NotReleased):
        hold(
            slot_id=session.slots.first().pk, matter=renewal, people=[a_person(1)], phone=PHONE,
            now=NOON,
        )  # fmt: skip


def test_by_draw_it_is_announced_as_the_preview_said(hall, windows):
    release = Release("draw", registers_until=TOMORROW)

    plan = preview_release(release=release, now=NOON, hall=hall, windows=windows, **ASKED)
    session = opened(hall, windows, release)

    draw = Draw.objects.get(session=session)
    assert (draw.registers_from, draw.registers_until) == (NOON, TOMORROW)
    assert draw.hold_until == plan.booking_opens_at == session.booking_opens_at
    assert session.release == "draw"


def test_the_end_of_registration_follows_from_when_the_rest_opens(hall, windows):
    session = opened(hall, windows, Release("draw", opens_at=NOON + timedelta(days=3)))

    draw = Draw.objects.get(session=session)
    assert draw.registers_until == NOON + timedelta(days=2)
    assert draw.hold_until == NOON + timedelta(days=3)


@pytest.mark.parametrize(
    ("release", "refusal"),
    [
        (Release(opens_at=NOON + timedelta(days=30)), OpensTooLate),
        (Release("room"), RoomNeedsTime),
        (Release("draw"), RegistrationNeedsEnd),
        (Release("draw", registers_until=NOON), DrawEndsEarly),
        (Release("draw", registers_until=NOON + timedelta(days=6)), DrawEndsLate),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_open(hall, windows, release, refusal):
    with pytest.raises(refusal):
        opened(hall, windows, release)

    assert not HallSession.objects.exists()


def test_a_student_session_has_nothing_to_draw(hall, windows):
    with pytest.raises(NothingToDraw):
        open_released(
            release=Release("draw", registers_until=TOMORROW), by=None, now=NOON, hall=hall,
            windows=windows, **{**ASKED, "kind": "student"},
        )  # fmt: skip


def form_of(windows, **changes) -> dict:
    return {
        "hall": "H01", "kind": "night", "day": "2027-03-10", "opens": "18:30",
        "closes": "21:30", "windows": [str(w.pk) for w in windows], "key": "k" * 32,
        **changes,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({}, "People can book it at once."),
        ({"release": "later", "release_at": ON_THE_WALL}, "The places open on Friday 5 March"),
        ({"release": "room", "release_at": ON_THE_WALL}, "behind a waiting room"),
        ({"release": "draw", "release_at": ON_THE_WALL}, "register from now until Friday 5 March"),
    ],
)
def test_the_page_says_beforehand_how_it_opens_and_opens_it_so(
    client, hall, windows, supervisor, clerks, how, words
):
    client.cookies["django_language"] = "en"
    client.force_login(supervisor)
    form = form_of(windows, **how)

    for path in ("/supervise/open/preview/", "/supervise/open/"):
        assert words in client.post(path, {**form, "look": "1"}).content.decode()
    done = client.post("/supervise/open/", form, follow=True)

    assert words in done.content.decode()
    session = HallSession.objects.get()
    kinds = {"room": "room", "draw": "draw"}
    assert session.release == kinds.get(how.get("release"), "plain")


@pytest.mark.parametrize(
    ("how", "status", "words"),
    [
        ({"release": "draw"}, 400, "Enter the moment"),
        ({"release": "draw", "release_at": "soon"}, 400, "Enter day and hour"),
        ({"release": "later", "release_at": "9999-01-01T10:00"}, 400, "Enter day and hour"),
        ({"release": "sale"}, 400, "Select a valid choice"),
        ({"release": "draw", "release_at": "2027-03-04T12:01"}, 409, "Let people register"),
        ({"release": "draw", "release_at": "2027-03-10T09:00"}, 409, "Who wins has until"),
    ],
)
def test_the_page_keeps_what_was_typed_and_says_what_to_change(
    client, hall, windows, supervisor, how, status, words
):
    client.cookies["django_language"] = "en"
    client.force_login(supervisor)

    answer = client.post("/supervise/open/", form_of(windows, **how))

    assert answer.status_code == status
    assert words in answer.content.decode()
    assert 'name="closes" value="21:30"' in answer.content.decode()
    assert not HallSession.objects.exists()


def body_of(windows, **changes) -> dict:
    return {
        "hall": "H01", "kind": "night", "date": "2027-03-10", "opens": "18:30",
        "closes": "21:30", "windows": [w.pk for w in windows], **changes,
    }  # fmt: skip


def test_the_api_opens_it_by_draw(hall, windows):
    boss = Caller(make_staff("boss", hall, "supervisor"))
    body = body_of(windows, release="draw", registers_until="2027-03-05T12:00:00+08:00")

    plan = boss.post("sessions/preview/", body).json()
    session = boss.post("sessions/", body).json()

    assert plan["release"] == session["release"] == "draw"
    assert plan["registers_until"] == "2027-03-05T12:00:00+08:00"
    assert plan["booking_opens_at"] == session["booking_opens_at"] == "2027-03-06T12:00:00+08:00"
    assert Draw.objects.get().pk == session["draw"]
    plain = boss.post("sessions/preview/", body_of(windows)).json()
    assert (plain["release"], plain["registers_until"]) == ("plain", None)


def test_the_api_refuses_a_draw_without_an_end(hall, windows):
    boss = Caller(make_staff("boss", hall, "supervisor"))

    no = boss.post("sessions/", body_of(windows, release="draw"))

    assert (no.status_code, no.json()["code"]) == (409, "registration_needs_end")
    assert boss.post("sessions/", body_of(windows, release="sale")).status_code == 400


def test_the_command_line_opens_it_by_draw(hall, windows):
    said = StringIO()
    asked = {"hall": "H01", "day": DAY, "opens": time(18, 30), "closes": time(21, 30)}
    call_command("open_session", **asked, release="draw", registers_until=TOMORROW, stdout=said)

    assert "Release: draw, registration until 2027-03-05 12:00" in said.getvalue()
    assert Draw.objects.exists()
    with pytest.raises(CommandError):
        call_command("open_session", **asked, release="room")


def test_the_page_of_the_session_says_how_it_opens(client, hall, windows, renewal, supervisor):
    client.cookies["django_language"] = "en"
    client.force_login(supervisor)
    drawn = opened(hall, windows, Release("draw", registers_until=TOMORROW))
    page = f"/supervise/sessions/{drawn.pk}/"
    assert "Undo" in client.get(page).content.decode()
    asked = Registration(matter=renewal, people=[a_person(1)])
    register(draw=Draw.objects.get(), asked=asked, phone=PHONE, now=NOON)

    said = client.get(page).content.decode()

    assert "register until Friday 5 March, 12:00. 1 registration so far." in said
    assert f"/draws/{Draw.objects.get().pk}/" in said
    assert "Undo" not in said
