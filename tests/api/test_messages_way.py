"""Over the API too messages come as the person chose. # C18 C31"""

import pytest

from appointments.emails import clean_email
from appointments.forms import WhoForm
from appointments.messaging.wishes import email_of
from appointments.models import BookingGroup
from tests.conftest import DAY, PHONE, an_id, slot_at
from tests.pages.messages.test_own_messages import BAD

pytestmark = pytest.mark.usefixtures("session")
MAIL = "ning@example.com"


@pytest.fixture
def body(session, proof) -> dict:
    return {
        "slot": slot_at(session, 14).pk,
        "matter": "RENEW",
        "people": [{"name": "陈小宁", "id_number": an_id(1).number}],
        "phone": PHONE,
        "proof": proof,
    }


@pytest.mark.parametrize(
    ("more", "to"),
    [
        ({}, ""),
        ({"email": ""}, ""),
        ({"email": MAIL}, MAIL),
        ({"email": MAIL, "channel": "email"}, MAIL),
        ({"email": MAIL, "channel": "sms"}, ""),
        ({"channel": "sms"}, ""),
        ({"email": " ning@例子.中国"}, "ning@xn--fsqu00a.xn--fiqs8s"),
    ],
)
def test_a_booking_takes_an_address(anybody, body, more, to):
    answer = anybody.post("bookings/", body | more)

    assert answer.status_code == 201, answer.json()
    group = BookingGroup.objects.get()
    assert email_of(group) == to
    assert (group.email_sealed is None) == (to == "")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"channel": "email"}, "email"),
        ({"channel": "push", "email": MAIL}, "channel"),
        ({"channel": None, "email": MAIL}, "channel"),
        *(({"email": strange}, "email") for strange in (None, 1, [], {}, "\x00", *BAD)),
    ],
)
def test_what_is_no_address_is_malformed(anybody, body, more, field):
    answer = anybody.post("bookings/", body | more)

    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert not BookingGroup.objects.exists()


@pytest.mark.parametrize("typed", ["", MAIL, "ＮＩＮＧ＠example.com", "a@b.museum", *BAD])
def test_the_page_understands_what_the_api_understands(renewal, typed):
    form = WhoForm({"email": typed}, matter=renewal, people=1, today=DAY, by_email=True)
    wrong = "email" in form.errors

    assert wrong == (typed in BAD)
    if not wrong and typed:
        assert form.cleaned_data["email"] == clean_email(typed)
