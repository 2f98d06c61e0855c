"""One's own page of messages: how they come, what was sent. # C18 C27

Mutant seen red: a link to leave that acts when it is opened.
"""

from datetime import timedelta

import pytest

from appointments.booking import hold
from appointments.confirming import confirm, find
from appointments.messaging import contacts
from appointments.models import Booking, BookingGroup, Contact, Message
from appointments.providing import NotDelivered
from appointments.sending import send_due
from tests.conftest import DAY, NOON, PHONE, a_person, make_session, slot_at
from tests.integration.appointments.scripted import Scripted
from tests.pages.own_booking.conftest import own
from tests.pages.reading import key_of, words_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]
MAIL = "ning@example.com"
BAD = [
    "ning", "ning@", "@example.com", "ning@example", "ning@exam ple.com", "ning@example.com\x07",
    "ning@example.com\nBcc: x@y.z", "n\u200bing@example.com", "ning@[127.0.0.1]",
    "x" * 250 + "@example.com", "宁@example.com",
]  # fmt: skip


@pytest.fixture
def booking(book, hall, windows) -> Booking:
    saturday = make_session(hall, windows, day=DAY + timedelta(days=2))
    return book(slot_at(saturday, 15), language="en")


@pytest.fixture
def page(booking) -> str:
    return own(booking, "messages/")


def asked(**changes: str) -> dict[str, str]:
    return {"key": "k" * 32, "channel": "sms", "language": "en", "email": ""} | changes


def ways() -> set[tuple[str, str]]:
    rows = Message.objects.filter(state="ready")
    return set(rows.values_list("channel", "language"))


def test_the_own_page_leads_there(citizen, booking, page):
    assert page.replace("&", "&amp;") in citizen.get(own(booking)).content.decode()


def test_it_shows_what_was_sent_and_what_will_be(citizen, page):
    send_due(now=NOON)

    seen = words_of(citizen.get(page))

    assert "Confirmation SMS" in seen
    assert "Sent" in seen
    assert "Reminder, two hours before SMS Saturday 6 March, 13:00 Will be sent" in seen
    assert "****8000" in seen
    assert PHONE[3:] not in seen


def test_another_way_is_kept(citizen, booking, page):
    answer = citizen.post(page, asked(channel="email", email=MAIL, language="zh-hans"))

    assert answer.status_code == 302
    assert ways() == {("email", "zh-hans")}
    seen = words_of(citizen.get(page))
    assert "Now n***@example.com." in seen
    assert MAIL not in seen


def test_a_second_press_does_the_same_once(citizen, booking, page):
    key = key_of(citizen.get(page))
    for _press in range(2):
        assert citizen.post(page, asked(channel="email", email=MAIL, key=key)).status_code == 302

    assert BookingGroup.objects.get().channel == "email"
    assert citizen.post(page, asked(key="")).status_code == 400


def test_only_what_is_needed_can_be_wished_and_taken_back(citizen, page):
    citizen.post(page, asked(only_needed="on"))
    assert Contact.objects.get().opted_out_at == NOON
    assert 'name="only_needed" checked' in citizen.get(page).content.decode().replace(
        ' id="id_only_needed"', ""
    ).replace(' value="on"', "")

    citizen.post(page, asked(key="l" * 32))
    assert Contact.objects.get().opted_out_at is None


@pytest.mark.parametrize("typed", BAD)
def test_what_is_no_address_comes_back_as_it_was_typed(citizen, page, typed):
    answer = citizen.post(page, asked(channel="email", email=typed))

    assert answer.status_code == 400
    assert answer.context["form"].errors.keys() == {"email"}
    assert answer.context["form"]["email"].value() == typed
    assert ways() == {("sms", "en")}


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"channel": "email"}, "email"),
        ({"channel": "pigeon"}, "channel"),
        ({"language": "xx"}, "language"),
        ({"channel": ""}, "channel"),
    ],
)
def test_every_wrong_answer_is_named(citizen, page, typed, wrong):
    answer = citizen.post(page, asked(**typed))

    assert (answer.status_code, answer.context["form"].errors.keys()) == (400, {wrong})


def test_a_domain_in_chinese_is_understood(citizen, page):
    citizen.post(page, asked(channel="email", email=" ning@例子.中国 "))

    assert "n***@xn--fsqu00a.xn--fiqs8s" in words_of(citizen.get(page))


def test_whoever_lacks_the_secret_finds_nothing(citizen, booking, page):
    forged = page[:-1] + ("A" if page[-1] != "A" else "B")

    assert citizen.get(forged).status_code == 404
    assert citizen.post(forged, asked(channel="email", email=MAIL)).status_code == 404
    assert ways() == {("sms", "en")}


def test_a_phone_that_does_not_work_is_named_there(citizen, booking, page):
    send_due(now=NOON, by=Scripted(NotDelivered("unknown number", bounced=True)))

    seen = words_of(citizen.get(page))

    assert "do not reach the mobile number ending in 00" in seen
    assert "Did not arrive" in seen


def test_who_booked_without_a_phone_chooses_mail(citizen, booking, page):
    BookingGroup.objects.update(phone_sealed=None, phone_index=None)
    Message.objects.all().delete()

    seen = words_of(citizen.get(page))

    assert "By SMS" not in seen
    assert "Nothing has been sent yet." in seen


def test_for_a_family_it_says_that_it_holds_for_all(citizen, session, renewal):
    held = hold(
        slot_id=slot_at(session, 15).pk, matter=renewal, people=[a_person(1), a_person(2)],
        phone=PHONE, now=NOON,
    ).bookings[0]  # fmt: skip
    first = find(held.reference, held.secret)
    confirm(booking=first, now=NOON)

    assert "This holds for all who come together." in words_of(citizen.get(own(first, "messages/")))


class TestTheLinkToLeave:
    @pytest.fixture
    def link(self, booking) -> str:
        return f"/m/{contacts.leave_token(contacts.addresses_of(booking.group)[0])}/"

    def test_opening_it_changes_nothing(self, citizen, link):
        for _open in range(2):
            seen = words_of(citizen.get(link))
            citizen.head(link)

        assert "Nothing has changed yet" in seen
        assert not Contact.objects.exists()

    def test_a_press_does_it_and_another_takes_it_back(self, citizen, link, booking):
        citizen.post(link, {"key": key_of(citizen.get(link)), "wanted": "needed"})
        assert "You get only what you need" in words_of(citizen.get(link))
        send_due(now=booking.starts_at - timedelta(hours=1))
        assert set(Message.objects.filter(state="void").values_list("error", flat=True)) == {
            "not wanted"
        }

        citizen.post(link, {"key": "l" * 32, "wanted": "all"})
        assert Contact.objects.get().opted_out_at is None

    def test_a_mail_program_does_it_with_one_click(self, citizen, link):
        for _click in range(2):
            answer = citizen.post(link, {"List-Unsubscribe": "One-Click"})
            assert (answer.status_code, answer.content) == (204, b"")

        assert Contact.objects.get().opted_out_at == NOON

    def test_a_forged_one_is_not_found(self, citizen, link):
        forged = link[:-3] + ("AA/" if link[-3:] != "AA/" else "BB/")

        assert citizen.get(forged).status_code == 404
        assert citizen.post(forged, {"List-Unsubscribe": "One-Click"}).status_code == 404
        assert not Contact.objects.exists()


def test_where_no_mail_can_leave_none_is_offered(citizen, booking, page, settings):
    settings.TESTING = settings.DEMO = False
    assert 'value="email"' not in citizen.get(page).content.decode()

    answer = citizen.post(page, asked(channel="email", email=MAIL))

    assert answer.status_code == 400
    assert BookingGroup.objects.get(pk=booking.group_id).email_sealed is None


def test_a_booking_asks_for_mail_only_where_it_can_leave(citizen, session, renewal, settings):
    who = f"/book/{renewal.code}/who/{slot_at(session, 14).pk}/"
    assert 'name="email"' in citizen.get(who).content.decode()

    settings.TESTING = settings.DEMO = False

    assert 'name="email"' not in citizen.get(who).content.decode()
