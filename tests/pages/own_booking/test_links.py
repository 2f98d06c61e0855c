"""Finding one's own booking: a pasted link, or links sent again. # C11 C29"""

import pytest

from appointments import limiting
from appointments.models import Message
from tests.pages.own_booking.conftest import own
from tests.pages.reading import key_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def test_a_pasted_link_opens_the_booking(citizen, booking):
    link = f"https://city.example{own(booking)}"

    assert citizen.get("/b/", {"link": link}).url == own(booking)


@pytest.mark.parametrize(
    ("link", "status"),
    [("", 400), ("hello", 400), ("/b/ABCD2345/", 400), ("/b/ABCD2345/?k=x", 404), ("x" * 900, 400)],
)
def test_a_wrong_link_is_told_beside_its_field(citizen, booking, link, status):
    answer = citizen.get("/b/", {"link": link})

    assert answer.status_code == status
    assert 'id="id_link_error"' in text_of(answer)


@pytest.fixture
def nobody_counted(monkeypatch):
    """Counted in PostgreSQL, anew in each test."""
    monkeypatch.setattr(limiting, "_take_in_redis", lambda *of: None)


@pytest.mark.usefixtures("nobody_counted")
def test_the_answer_is_the_same_for_every_phone(citizen, booking):
    answers = []
    for phone in ("138 0013 8000", "139 0013 9000"):
        key = key_of(citizen.get("/b/"))
        answers.append(text_of(citizen.post("/b/", {"phone": phone, "key": key}, follow=True)))

    sent = "If there are bookings for this number, a message is on its way."
    assert [sent in answer for answer in answers] == [True, True]
    assert Message.objects.filter(kind="links", useless_after=None).count() == 1


@pytest.mark.usefixtures("nobody_counted")
def test_a_number_that_is_none_is_told_beside_its_field(citizen):
    answer = citizen.post("/b/", {"phone": "12", "key": "a" * 32})

    assert answer.status_code == 400
    assert 'id="id_phone_error"' in text_of(answer)
    assert 'value="12"' in text_of(answer)
