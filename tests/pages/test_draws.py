"""Draws as pages: what is drawn, registering, one's own registration. # C30"""

import json
import re
from datetime import time, timedelta

import pytest
from django.test import Client

from appointments import draw_rule
from appointments.draw_words import entry_link
from appointments.drawing import announce, draw_due
from appointments.models import Booking, Draw, DrawEntry, InboxItem
from appointments.registering import Registration, register
from appointments.sending import send_due
from appointments.withdrawing import withdraw_session
from config import civil
from tests.conftest import DAY, NOON, PHONE, a_person, an_id, make_session, slot_at
from tests.pages.reading import key_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
ENDS = NOON + timedelta(hours=8)
DRAWN = ENDS + timedelta(seconds=5)
LANGUAGES = ["zh-hans", "en"]


@pytest.fixture
def night(hall, windows):
    return make_session(
        hall, windows, day=DAY + timedelta(days=3), opens=time(18, 30), closes=time(20, 30),
        online=12, kind="night",
    )  # fmt: skip


@pytest.fixture
def draw(night) -> Draw:
    return announce(session=night, registers_from=NOON, registers_until=ENDS, now=NOON)


@pytest.fixture
def enter(draw, renewal):
    def entered(n: int, people: int = 1) -> DrawEntry:
        asked = Registration(renewal, [a_person(n + more) for more in range(people)])
        return register(draw=draw, asked=asked, phone=f"+86138{n:08d}", now=NOON)

    return entered


def page(draw: Draw, more: str = "") -> str:
    return f"/draws/{draw.pk}/{more}"


def code_sent() -> str:
    send_due(now=civil.now())
    return re.search(r"\d{6}", InboxItem.objects.filter(kind="code").latest("pk").text)[0]


def typed(people: int = 1, **changes: str) -> dict[str, str]:
    answers = {"key": "a" * 32, "people": str(people), "phone": "138 0013 8000"}
    for number in range(1, people + 1):
        answers[f"name_{number}"] = "陈小宁"
        answers[f"id_number_{number}"] = an_id(number).number
    return answers | changes


def up_to_the_check(citizen: Client, draw: Draw, wishes: str = "", people: int = 1):
    who = page(draw, f"register/who/?matter=RENEW&people={people}{wishes}")
    citizen.post(who, typed(people))
    code = {"key": key_of(citizen.get("/book/phone/")), "action": "check", "code": code_sent()}
    return citizen.post("/book/phone/", code)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_answers_in_both_languages(client, language, draw, enter):
    client.cookies["django_language"] = language
    own = entry_link(enter(1))
    ways = [
        "/draws/",
        page(draw),
        page(draw, "register/"),
        page(draw, "register/who/?matter=RENEW&people=2"),
        own,
        own.replace("/?", "/withdraw/?"),
    ]

    assert {way: client.get(way).status_code for way in ways} == dict.fromkeys(ways, 200)


def test_the_page_of_a_draw_shows_the_commitment_and_not_the_seed(citizen, draw, enter):
    enter(1, people=2)

    said = text_of(citizen.get(page(draw)))

    assert draw.commitment in said
    assert "By draw: register until Thursday 4 March, 20:00." in said
    assert "2 people" in said
    assert "about 8" in said
    assert citizen.get(page(draw, "result.json")).status_code == 404


def test_two_people_register_with_their_wishes(citizen, draw, night):
    late, early = slot_at(night, 20), slot_at(night, 18, 30)
    wishes = f"&first={late.pk}&second={early.pk}"

    answer = up_to_the_check(citizen, draw, wishes, people=2)
    assert answer.url == page(draw, "register/check/")
    check = citizen.get(answer.url)
    assert "20:00" in text_of(check)
    assert not DrawEntry.objects.exists()
    done = citizen.post(answer.url, {"key": key_of(check)}, follow=True)

    entry = DrawEntry.objects.get()
    assert entry.wishes == [late.pk, early.pk]
    assert entry.people.count() == 2
    assert "You are registered" in text_of(done)
    assert entry.public_id in text_of(done)
    send_due(now=civil.now())
    assert entry_link(entry) in InboxItem.objects.get(kind="registered").text


def test_pressing_twice_registers_once(citizen, draw):
    answer = up_to_the_check(citizen, draw)
    key = key_of(citizen.get(answer.url))

    for _ in range(2):
        citizen.post(answer.url, {"key": key})

    assert DrawEntry.objects.count() == 1


def test_a_wrong_answer_stays_and_says_what_to_do(citizen, draw):
    who = page(draw, "register/who/?matter=RENEW&people=1")

    no = citizen.post(who, typed(id_number_1="123"))

    assert no.status_code == 400
    assert 'value="陈小宁"' in text_of(no)
    wrong = ["matter=X&people=1", "matter=RENEW&people=9", "matter=RENEW&people=1&first=x", ""]
    assert [citizen.get(page(draw, f"register/who/?{one}")).status_code for one in wrong] == [
        400
    ] * 4


def test_without_the_code_nobody_is_registered(citizen, draw):
    citizen.post(page(draw, "register/who/?matter=RENEW&people=1"), typed())

    answer = citizen.get(page(draw, "register/check/"))

    assert answer.status_code == 302
    assert "register/who/" in answer.url
    assert not DrawEntry.objects.exists()


def test_who_is_registered_by_another_phone_is_told_what_strangers_are_told(citizen, draw, enter):
    enter(1)
    answer = up_to_the_check(citizen, draw)

    no = citizen.post(answer.url, {"key": key_of(citizen.get(answer.url))})

    assert no.status_code == 409
    assert "cannot be booked from this phone" in text_of(no)


def test_registration_that_has_ended_is_refused_everywhere(citizen, draw, clock):
    clock.now = ENDS - timedelta(minutes=5)
    answer = up_to_the_check(citizen, draw)
    key = key_of(citizen.get(answer.url))
    clock.now = DRAWN

    assert citizen.post(answer.url, {"key": key}).status_code == 409
    assert citizen.get(page(draw, "register/")).status_code == 409
    assert citizen.get(page(draw, "register/who/?matter=RENEW&people=1")).status_code == 409
    assert "it is being drawn" in text_of(citizen.get(page(draw)))


def test_withdrawing_from_ones_own_page(citizen, draw, enter):
    entry = enter(1)
    ask = entry_link(entry).replace("/?", "/withdraw/?")

    done = citizen.post(ask, {"key": key_of(citizen.get(ask))}, follow=True)

    entry.refresh_from_db()
    assert entry.state == "left"
    assert "You withdrew" in text_of(done)


def test_a_strangers_registration_is_not_found(citizen, draw, enter):
    entry = enter(1)
    paths = [
        f"/draws/entry/{entry.public_id}/",
        f"/draws/entry/{entry.public_id}/?k=wrong",
        f"/draws/entry/{entry.public_id}/withdraw/?k=wrong",
        "/draws/entry/nobody/?k=x",
        "/draws/99999999999999999999/",
        "/draws/99/result.json",
    ]

    assert {path: citizen.get(path).status_code for path in paths} == dict.fromkeys(paths, 404)


def test_after_the_draw_winner_and_loser_see_what_became_of_them(citizen, draw, enter, clock):
    entries = [enter(n, people=2) for n in range(0, 10, 2)]
    draw_due(now=DRAWN)
    clock.now = DRAWN

    for entry in entries:
        entry.refresh_from_db()
        said = text_of(citizen.get(entry_link(entry)))
        assert f"{entry.rank} of 5" in said
        if entry.state == "won":
            link = re.search(r'href="(/b/[^"]+)"', said)[1].replace("&amp;", "&")
            assert "Yes, confirm the booking" in text_of(citizen.get(link))
        else:
            day = draw.session.service_day
            assert f"/w/join/?matter=RENEW&amp;hall=H01&amp;day={day}" in said
    assert Booking.objects.filter(state="held").count() == 8


def test_the_published_file_can_be_drawn_again(citizen, draw, enter, clock):
    for n in range(10):
        enter(n)
    draw_due(now=DRAWN)
    clock.now = DRAWN

    answer = citizen.get(page(draw, "result.json"))
    published = json.loads(answer.content)

    assert draw_rule.differences(published) == []
    assert published["commitment"] == draw.commitment
    assert "attachment" in answer["Content-Disposition"]
    said = text_of(citizen.get(page(draw)))
    assert published["seed"] in said
    assert "8 people" in said


def test_a_cancelled_session_is_said(citizen, draw, night, enter):
    entry = enter(1)
    withdraw_session(session=night, by=None, now=NOON)

    assert "The hall cancelled this session." in text_of(citizen.get(page(draw)))
    assert citizen.get(page(draw, "register/")).status_code == 409
    draw_due(now=NOON)
    assert "The hall cancelled this session." in text_of(citizen.get(entry_link(entry)))
    assert "The hall cancelled this session." in text_of(citizen.get("/draws/"))


def test_the_first_page_leads_to_draws_while_one_can_register(citizen, draw, clock):
    assert 'href="/draws/"' in text_of(citizen.get("/"))
    clock.now = ENDS
    assert 'href="/draws/"' not in text_of(citizen.get("/"))


def test_the_picker_leads_to_the_draw(citizen, draw, night):
    day = night.service_day
    said = text_of(citizen.get(f"/book/RENEW/when/?hall=H01&day={day}"))

    assert page(draw) in said
    assert PHONE not in said
