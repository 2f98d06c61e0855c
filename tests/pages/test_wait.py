"""The waiting list as pages: join, look, take, let pass, leave. # C31"""

import re
from datetime import timedelta

import pytest
from django.test import Client

from appointments.answering_offers import kept_places
from appointments.cancelling import cancel
from appointments.models import Booking, InboxItem, Message, WaitEntry, WaitOffer
from appointments.offering_back import offer_free
from appointments.returning import return_due
from appointments.sealing import unseal
from appointments.sending import send_due
from appointments.wait_words import own_path
from appointments.waitlist import join
from config import civil
from tests.conftest import DAY, NOON, PHONE, a_person, an_id, make_session, slot_at
from tests.pages.reading import key_of
from windows.models import HallSession

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
TOMORROW = DAY + timedelta(days=1)
WISH = f"matter=RENEW&hall=H01&from={DAY}&to={TOMORROW}&people=2"


@pytest.fixture
def full(hall, windows) -> HallSession:
    return make_session(hall, windows, day=TOMORROW, online=6)


@pytest.fixture
def entry(hall, renewal) -> WaitEntry:
    return join(
        matter=renewal, halls=[hall], first=DAY, last=TOMORROW, people=[a_person(1)],
        phone=PHONE, now=NOON, language="en",
    )  # fmt: skip


@pytest.fixture
def offered(entry, full) -> WaitEntry:
    offer_free(now=NOON)
    entry.refresh_from_db()
    return entry


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def press(citizen: Client, entry: WaitEntry, what: str):
    page = citizen.get(own_path(entry))
    address = own_path(entry).replace("/?", f"/{what}/?")
    return citizen.post(address, {"key": key_of(page)})


def typed(people: int = 2) -> dict[str, str]:
    answers = {"key": "a" * 32, "people": str(people), "phone": "138 0013 8000"}
    for number in range(1, people + 1):
        answers[f"name_{number}"] = "陈小宁"
        answers[f"id_number_{number}"] = an_id(number).number
    return answers


def type_code(citizen: Client):
    page = citizen.get("/book/phone/")
    send_due(now=civil.now())
    code = re.search(r"\d{6}", InboxItem.objects.filter(kind="code").latest("pk").text)[0]
    return citizen.post("/book/phone/", {"key": key_of(page), "action": "check", "code": code})


class TestJoining:
    def test_two_people_join_from_the_picker_and_get_their_link(self, citizen, hall, windows):
        asked = citizen.get(f"/w/join/?matter=RENEW&hall=H01&day={TOMORROW}")
        assert re.search(r'value="H01" id="hall-H01" checked', text_of(asked))
        assert f'value="{TOMORROW}"' in text_of(asked)

        who = citizen.get(f"/w/join/who/?{WISH}")
        assert who.status_code == 200
        citizen.post(f"/w/join/who/?{WISH}", typed())
        check = type_code(citizen)
        assert check.url == "/w/join/check/"
        page = citizen.get(check.url)
        assert "Hetang Hall" in text_of(page)
        joined = citizen.post(check.url, {"key": key_of(page)})

        entry = WaitEntry.objects.get()
        assert (entry.people.count(), entry.minutes, entry.language) == (2, 12, "en")
        assert joined.url == own_path(entry)
        own = citizen.get(joined.url)
        assert "You are next" in text_of(own)
        told = Message.objects.get(kind="waiting")
        assert own_path(entry) in unseal(told.text_sealed, purpose="message")

    def test_who_need_not_wait_is_told(self, citizen, hall, windows):
        make_session(hall, windows, day=TOMORROW, online=60)

        page = citizen.get(f"/w/join/who/?{WISH}").content.decode()

        assert "There are places now" in page
        assert f"/book/RENEW/when/?people=2&amp;hall=H01&amp;day={TOMORROW}" in page

    def test_who_has_to_wait_is_told_of_no_place(self, citizen, full):
        three = WISH.replace("people=2", "people=3")

        assert "There are places now" not in citizen.get(f"/w/join/who/?{three}").content.decode()

    def test_pressing_twice_joins_once(self, citizen, hall, windows):
        citizen.post(f"/w/join/who/?{WISH}", typed())
        check = type_code(citizen)
        key = key_of(citizen.get(check.url))
        session = dict(citizen.session)
        first = citizen.post(check.url, {"key": key})
        kept = citizen.session
        kept.update(session)  # the twin was on its way before the draft was forgotten
        kept.save()

        again = citizen.post(check.url, {"key": key})

        assert again.url == first.url
        assert WaitEntry.objects.count() == 1

    def test_a_proven_phone_needs_no_second_code(self, citizen, hall, windows):
        citizen.post(f"/w/join/who/?{WISH}", typed())
        type_code(citizen)

        again = citizen.post(f"/w/join/who/?{WISH}", typed() | {"key": "b" * 32})

        assert again.url == "/w/join/check/"

    def test_all_halls_of_a_district_are_ticked_at_once(self, citizen, hall, other_hall, windows):
        wish = f"matter=RENEW&district=Hetang&district=Guilan&from={DAY}&to={DAY}&people=1"
        citizen.post(f"/w/join/who/?{wish}", typed(1))
        check = type_code(citizen)

        citizen.post(check.url, {"key": key_of(citizen.get(check.url))})

        codes = WaitEntry.objects.get().halls.values_list("code", flat=True)
        assert sorted(codes) == ["H01", "H02"]

    @pytest.mark.parametrize(
        ("wish", "says"),
        [
            ("", "Choose what you come for"),
            (WISH.replace("hall=H01", "hall=H99"), "Please look at this again"),
            (WISH.replace("hall=H01&", ""), "Choose at least one hall"),
            (WISH.replace(f"from={DAY}", "from=2027-03-09"), "Choose days from today to"),
            (WISH.replace(f"from={DAY}", "from=x"), "Choose a day"),
            (WISH.replace("people=2", "people=99"), "Please look at this again"),
            ("matter=%00&hall=%00&from=%00&to=%00&people=%00", "Please look at this again"),
        ],
    )
    def test_what_cannot_be_waited_for_is_asked_again(self, citizen, hall, renewal, wish, says):
        page = citizen.get(f"/w/join/who/?{wish}")

        assert page.status_code == 400
        assert says in text_of(page)

    def test_who_has_a_booking_is_told_so_after_the_proof(self, citizen, book, session):
        book(slot_at(session, 14), person=1)
        citizen.post(f"/w/join/who/?{WISH}", typed())
        check = type_code(citizen)

        page = citizen.post(check.url, {"key": key_of(citizen.get(check.url))})

        assert page.status_code == 409
        assert "already has an open booking" in text_of(page)

    def test_without_a_draft_it_begins_again(self, citizen, db):
        assert citizen.get("/w/join/check/").url == "/w/join/"

    def test_another_journeys_draft_is_not_taken_for_a_wish(self, citizen, session, renewal):
        slot = slot_at(session, 14)
        citizen.post(f"/book/RENEW/who/{slot.pk}/", typed(1))

        assert citizen.get("/w/join/check/").url == "/w/join/"

    @pytest.mark.parametrize("day", ["x", "2027-13-01", "1900-01-01", "%00"])
    def test_a_strange_address_still_shows_the_question(self, citizen, hall, renewal, day):
        page = citizen.get(f"/w/join/?matter=NOPE&hall=NOPE&day={day}&people=x")

        assert page.status_code == 200


class TestOwnEntry:
    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_shows_the_place_in_line_in_both_languages(self, client, language, entry):
        client.cookies["django_language"] = language

        assert client.get(own_path(entry)).status_code == 200

    def test_is_not_found_without_the_secret(self, citizen, entry):
        for path in (f"/w/{entry.public_id}/", f"/w/{entry.public_id}/?k=x", "/w/nobody/?k=x"):
            assert citizen.get(path).status_code == 404

    def test_counts_who_is_before(self, citizen, entry, hall, renewal):
        second = join(
            matter=renewal, halls=[hall], first=DAY, last=TOMORROW, people=[a_person(2)],
            phone="+8613900139000", now=NOON,
        )  # fmt: skip

        assert "1 entry is before you" in text_of(citizen.get(own_path(second)))

    def test_shows_the_place_that_is_kept_and_for_how_long(self, citizen, offered):
        page = text_of(citizen.get(own_path(offered)))

        assert "A place is kept for you" in page
        assert "Friday 5 March, 09:00" in page
        assert "12:20" in page

    def test_one_press_takes_it(self, citizen, offered):
        done = press(citizen, offered, "take")

        booking = Booking.objects.get()
        assert booking.state == "confirmed"
        assert done.url.startswith(f"/b/{booking.reference}/?k=")
        page = text_of(citizen.get(own_path(offered)))
        assert "The place is yours" in page
        assert booking.reference in page

    def test_one_press_lets_it_pass(self, citizen, offered, clock):
        done = press(citizen, offered, "pass")

        assert done.url == own_path(offered)
        page = text_of(citizen.get(done.url))
        assert "You are next" in page
        assert "Offers that were not taken: 1 of 3" in page
        assert kept_places(offered, NOON) == []

    def test_a_press_that_comes_too_late_is_told(self, citizen, offered, clock):
        page = citizen.get(own_path(offered))
        clock.now = NOON + timedelta(minutes=21)

        late = citizen.post(own_path(offered).replace("/?", "/take/?"), {"key": key_of(page)})

        assert late.status_code == 409
        assert "You are next" in text_of(late)
        assert WaitOffer.objects.get().end == "expired"

    def test_an_offer_that_is_over_is_not_shown_as_kept(self, citizen, offered, clock):
        clock.now = NOON + timedelta(minutes=21)

        assert "This offer is over" in text_of(citizen.get(own_path(offered)))

    def test_can_be_left_after_a_question(self, citizen, entry):
        ask = citizen.get(own_path(entry).replace("/?", "/leave/?"))
        assert "Do you want to leave" in text_of(ask)

        left = citizen.post(own_path(entry).replace("/?", "/leave/?"), {"key": key_of(ask)})

        assert "You left the waiting list" in text_of(citizen.get(left.url))
        assert "Join the waiting list again" in text_of(citizen.get(left.url))

    def test_a_link_alone_changes_nothing(self, citizen, offered):
        for what in ("take", "pass"):
            assert citizen.get(own_path(offered).replace("/?", f"/{what}/?")).status_code == 405

        assert WaitEntry.objects.get().state == "offered"

    def test_says_so_when_they_booked_in_another_way(self, citizen, entry, book, session):
        from appointments.waitlist import end_over

        book(slot_at(session, 14), person=1)
        end_over(now=NOON)

        assert "You booked in another way" in text_of(citizen.get(own_path(entry)))


def test_a_cancelled_place_reaches_the_phone_of_who_waits(citizen, full, book, entry, clock):
    booked = [
        book(slot, person=500 + n, limited=False)
        for n, slot in enumerate(full.slots.order_by("starts_at"))
    ]
    cancel(booking=booked[4], now=NOON)
    clock.now = NOON + timedelta(minutes=10)
    return_due(now=clock.now)
    send_due(now=clock.now)

    message = InboxItem.objects.filter(kind="offer").get()
    assert message.to == PHONE
    link = re.search(r"/w/\S+", message.text)[0]
    assert citizen.get(link).status_code == 200
