"""Whom messages do not reach hears so once at check-in, and staff put it right. # C18 C15 C17 C7

Mutant seen red: `tell` that tells each time.
"""

import pytest

from appointments.messaging import contacts
from appointments.models import Booking, BookingGroup, Contact, Message
from appointments.pairing import pair
from appointments.sealing import unseal
from config import civil
from tests.api.test_devices import with_cookies
from tests.conftest import NOON, PHONE, slot_at
from tests.pages.own_booking.conftest import own
from tests.pages.reading import key_of, signed_in, words_of
from windows.presence import presence_code

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
SAID = "Our messages do not reach the mobile number ending in 00."
OTHER_PHONE = "+8613900139000"


@pytest.fixture
def booking(book, session) -> Booking:
    return book(slot_at(session, 12, 30))


@pytest.fixture
def unreached(booking) -> Booking:
    contacts.bounced(Message.objects.get(kind="confirmed"), reason="unknown number", now=NOON)
    return booking


@pytest.fixture
def kiosk(hall):
    browser = with_cookies(("kiosk", pair(hall, name="k")))
    browser.cookies["django_language"] = "en"
    return browser


def at_the_kiosk(kiosk, booking) -> str:
    given = kiosk.post("/kiosk/H01/check-in/", {"key": "k", "said": booking.reference})
    return words_of(kiosk.get(given["location"]))


def test_the_kiosk_says_it_with_two_digits(kiosk, unreached):
    seen = at_the_kiosk(kiosk, unreached)

    assert SAID in seen
    assert PHONE[-4:] not in seen


def test_who_is_reached_reads_nothing_of_it(kiosk, booking):
    assert "Our messages" not in at_the_kiosk(kiosk, booking)


def test_the_next_one_of_that_phone_is_not_told_again(kiosk, unreached, book, session, clock):
    second = book(slot_at(session, 12, 30), person=2)
    assert SAID in at_the_kiosk(kiosk, unreached)

    clock.now = civil.now().replace(minute=1)

    assert "Our messages" not in at_the_kiosk(kiosk, second)


def test_mail_that_came_back_is_told_without_the_address(kiosk, book, session):
    booking = book(slot_at(session, 12, 30), email="ning@example.com")
    contacts.bounced(Message.objects.get(kind="confirmed"), reason="no mailbox", now=NOON)

    seen = at_the_kiosk(kiosk, booking)

    assert "Our messages came back from your e-mail address. We send you SMS instead." in seen
    assert "example.com" not in seen


def test_the_guide_is_asked_to_tell_it(guide, unreached):
    tablet = signed_in(guide)
    typed = {"key": "k", "hall": "H01", "said": unreached.reference}

    seen = words_of(tablet.post("/floor/check-in/", typed, follow=True))

    assert "Please tell the person" in seen
    assert SAID in seen
    assert "Look up the booking and correct the number" in seen


@pytest.mark.parametrize("by", ["the hall's page", "one's own page"])
def test_ones_own_phone_says_it_once(citizen, hall, unreached, by):
    citizen.get(f"/here/H01/?code={presence_code(hall, NOON)}")
    if by == "one's own page":
        answer = citizen.post(own(unreached, "here/"), {"key": "k"})
    else:
        answer = citizen.post("/here/H01/check-in/", {"key": "k", "said": unreached.reference})

    assert SAID in words_of(citizen.get(answer.url))
    assert SAID not in words_of(citizen.get(answer.url))


class TestStaffPutItRight:
    @pytest.fixture
    def tablet(self, guide):
        return signed_in(guide)

    @pytest.fixture
    def sheet(self, tablet, unreached) -> str:
        """The booking, opened by the person's name."""
        tablet.post("/floor/assist/look/", {"name": "陈小宁", "said": unreached.reference})
        return f"/floor/assist/b/{unreached.reference}/"

    def test_the_sheet_says_what_is_wrong(self, tablet, sheet):
        seen = words_of(tablet.get(sheet))

        assert SAID in seen
        assert "Messages go to ****8000. Is that right?" in seen

    def test_a_new_number_is_used_from_then_on(self, tablet, sheet, unreached):
        key = key_of(tablet.get(sheet))
        typed = {"key": key, "action": "phone", "phone": "139 0013 9000"}

        for _press in range(2):
            assert tablet.post(sheet, typed).status_code == 302

        assert {unseal(m.to_sealed, purpose="phone") for m in Message.objects.all()} == {
            OTHER_PHONE
        }
        assert unreached.events.filter(kind="phone_corrected").count() == 1
        assert SAID not in words_of(tablet.get(sheet))
        assert Contact.objects.get().bounced_at is not None  # the old number is what it was

    @pytest.mark.parametrize("typed", ["", "12", "+44 20 7946 0000", "abc"])
    def test_no_number_comes_back_as_it_was_typed(self, tablet, sheet, typed):
        answer = tablet.post(sheet, {"key": "k", "action": "phone", "phone": typed})

        assert answer.status_code == 400
        assert answer.context["phone"]["phone"].value() == typed
        sealed = BookingGroup.objects.get().phone_sealed
        assert unseal(sealed, purpose="phone") == PHONE

    def test_a_booking_that_was_not_opened_is_absent(self, tablet, unreached):
        address = f"/floor/assist/b/{unreached.reference}/"
        typed = {"key": "k", "action": "phone", "phone": OTHER_PHONE}

        assert tablet.post(address, typed).status_code == 404
