"""What a stranger can learn about a person: the same few words in every case. C30, C33.

The stranger knows somebody's ID number and has a proven phone of their own. A hold for a
person who stands free succeeds, it must; everything that stands in the way of one (an open
booking, a hold, too many visits, closed online booking) has one status and one body, so
that nobody learns which. Codes, links, waiting rooms and addresses of bookings answer the
same whether or not there is anything behind them. Time is not compared: we claim nothing
about milliseconds.
"""

import re
import uuid
from datetime import timedelta

import pytest

from appointments import sharing
from appointments.booking import hold
from appointments.cancelling import cancel
from appointments.models import Closure, InboxItem, Message, MissedVisit
from appointments.sealing import booking_secret
from config import civil
from tests.api.conftest import code_of
from tests.concurrency.ways import body_of, press
from tests.conftest import DAY, NOON, PHONE, a_person, an_id, make_session, slot_at
from windows.models import Matter, Rule, Slot

STRANGE = "+8613900139009"
FREE = 9  # a person of whom we know nothing


@pytest.fixture
def other_day(hall, windows):
    return make_session(hall, windows, day=DAY + timedelta(days=2))


@pytest.fixture
def stranger(db, anybody) -> str:
    """The proof of a phone that never booked for anybody here."""
    asked = anybody.post("phone-proofs/", {"phone": STRANGE}).json()
    answer = anybody.post(f"phone-proofs/{asked['id']}/", {"code": code_of(asked["id"])})
    return answer.json()["proof"]


def has_booking(book, session, person):
    book(slot_at(session, 14), person=person)


def has_hold(book, session, person):
    hold(
        slot_id=slot_at(session, 14).pk, matter=Matter.objects.get(code="RENEW"),
        people=[a_person(person)], phone=PHONE, now=NOON,
    )  # fmt: skip


def was_there_too_often(book, session, person):
    book(slot_at(session, 14), person=person)
    Rule.objects.create(name="person_bookings_most", value=1, effective_on=NOON.date())


def cancelled_too_often(book, session, person):
    cancel(booking=book(slot_at(session, 14), person=person), now=NOON)
    Rule.objects.create(name="person_cancels_most", value=1, effective_on=NOON.date())


def is_closed(book, session, person):
    missed = book(slot_at(session, 14), person=person)
    visit = MissedVisit.objects.create(
        booking=missed, id_index=missed.id_index, missed_at=NOON, most=3, closed_days=30,
        counts_until=NOON + timedelta(days=180),
    )  # fmt: skip
    cancel(booking=missed, now=NOON)
    Closure.objects.create(
        id_index=missed.id_index, missed=visit, begins_at=NOON, ends_at=NOON + timedelta(days=30)
    )


PASTS = [has_booking, has_hold, was_there_too_often, cancelled_too_often, is_closed]


@pytest.fixture(params=PASTS, ids=lambda past: past.__name__)
def with_a_past(request, book, session) -> int:
    """A person about whom something is known, all of it from their own phone."""
    request.param(book, session, 1)
    return 1


def people(person):
    return [{"name": "陈小宁", "id_number": an_id(person).number}]


def booking_for(person, slot, proof, phone=STRANGE):
    who = people(person)
    return {"slot": slot.pk, "matter": "RENEW", "people": who, "phone": phone, "proof": proof}


THE_ONE_ANSWER = (409, {"code": "person_not_online", "field": "people"})


def told(answer):
    body = answer.json()
    assert "from this phone" in body.pop("detail")
    return answer.status_code, body


def test_a_hold_tells_a_stranger_the_same_whatever_it_is(
    with_a_past, anybody, other_day, renewal, stranger
):
    answer = anybody.post("bookings/", booking_for(with_a_past, slot_at(other_day, 14), stranger))

    assert told(answer) == THE_ONE_ANSWER


def test_a_person_who_stands_free_is_booked(anybody, other_day, renewal, stranger):
    answer = anybody.post("bookings/", booking_for(FREE, slot_at(other_day, 14), stranger))

    assert answer.status_code == 201


def test_a_full_time_is_full_for_everybody(with_a_past, anybody, other_day, renewal, stranger):
    """What stands in the way of all is told first: no probing at full times."""
    Slot.objects.filter(session=other_day).update(online_quota=0, walkin_quota=90)
    slot = slot_at(other_day, 14)
    free = anybody.post("bookings/", booking_for(FREE, slot, stranger))
    known = anybody.post("bookings/", booking_for(with_a_past, slot, stranger))

    assert free.json()["code"] == "slot_full"
    assert known.json() == free.json()


def test_the_waiting_list_tells_a_stranger_the_same_whatever_it_is(
    with_a_past, anybody, other_day, renewal, stranger
):
    wish = {"matter": "RENEW", "halls": ["H01"], "from": f"{DAY}", "to": f"{DAY}"}
    asked = wish | {"people": people(with_a_past), "phone": STRANGE, "proof": stranger}

    assert told(anybody.post("waitlist/", asked)) == THE_ONE_ANSWER


def test_a_code_is_sent_to_every_phone_alike(anybody, book, session):
    book(slot_at(session, 14))
    known = anybody.post("phone-proofs/", {"phone": PHONE})
    unknown = anybody.post("phone-proofs/", {"phone": STRANGE})

    assert known.status_code == unknown.status_code == 201
    assert known.json().keys() == unknown.json().keys()
    assert known.json()["expires_at"] == unknown.json()["expires_at"]
    assert Message.objects.filter(kind="code").count() == 2


def test_links_are_promised_to_every_phone_alike(anybody, book, session):
    book(slot_at(session, 14))
    known = anybody.post("booking-links/", {"phone": PHONE})
    unknown = anybody.post("booking-links/", {"phone": STRANGE})

    assert known.status_code == unknown.status_code == 202
    assert known.content == unknown.content


def test_an_address_without_its_secret_has_no_booking(anybody, book, session):
    booking = book(slot_at(session, 14))
    calls = [
        ("ABCD2345", "x"),
        ("ABCD2345", booking_secret("ABCD2345")),
        (booking.reference, "x"),
        (booking.reference, booking_secret("ABCD2345")),
    ]
    answers = [anybody.get(f"bookings/{ref}/", **{"X-Booking-Secret": k}) for ref, k in calls]

    assert {(one.status_code, one.content) for one in answers} == {(404, answers[0].content)}


def test_the_page_of_a_wrong_link_is_one_page(client, book, session):
    booking = book(slot_at(session, 14))
    client.cookies["django_language"] = "en"
    pages = [client.get(f"/b/{ref}/?k=x") for ref in (booking.reference, "ABCD2345")]
    found = [
        client.get("/b/", {"link": f"https://x/b/{ref}/?k=x"})
        for ref in (booking.reference, "ABCD2345")
    ]

    assert {page.status_code for page in [*pages, *found]} == {404}
    assert without_address(pages[0]) == without_address(pages[1])
    assert without_address(found[0]) == without_address(found[1])


def without_address(page) -> str:
    """Without what was typed, and tokens that differ with every page."""
    text = re.sub(r"/b/\w+/|%2Fb%2F\w+%2F|[A-Z0-9]{8}", "", page.content.decode())
    return re.sub(r'(csrfmiddlewaretoken|key)" value="\w+"|X-CSRFToken": "\w+"', "", text)


def test_nothing_is_sent_to_a_phone_that_asked_in_vain(with_a_past, anybody, other_day, stranger):
    Message.objects.all().delete()
    anybody.post("bookings/", booking_for(with_a_past, slot_at(other_day, 14), stranger))

    assert not Message.objects.exists()
    assert not InboxItem.objects.exists()


def test_a_refusal_sent_again_tells_nothing(hall, windows, renewal, book, settings, monkeypatch):
    """A full time, asked twice with one key: for somebody with a past as for anybody else.

    Mutant: with `is_kept` True for SlotFull, the person with a past has a kept answer, and
    the second one says that it is repeated.
    """
    monkeypatch.setattr(civil, "now", lambda: NOON)
    settings.GATHER_BOOKINGS = False
    full = slot_at(make_session(hall, windows, online=6), 14)
    book(full, 3)
    book(slot_at(make_session(hall, windows, day=DAY + timedelta(days=3)), 15), 1)

    seen = []
    for person in (1, 2):
        sharing._look_first.clear()
        body, key = body_of(full, renewal, [a_person(person)], STRANGE), uuid.uuid4().hex
        answers = [press(body, key), press(body, key)]
        seen.append([(one.status_code, one.json(), dict(one.headers)) for one in answers])

    assert seen[0] == seen[1]
    assert seen[0][0][0] == 409
