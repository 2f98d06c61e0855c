"""One's own booking by its link: see, calendar, cancel, change, undo. # C11 C19 C27 C29"""

import re
from datetime import timedelta

import pytest
from icalendar import Calendar

from appointments import limiting
from appointments.arriving import check_in
from appointments.attending import Attendee
from appointments.booking import hold
from appointments.confirming import confirm, find
from appointments.housekeeping import close_day, mark_served
from appointments.models import Booking, Message, MissedVisit, ReturningPlace
from appointments.sealing import booking_secret
from appointments.withdrawing import withdraw_session
from queues.closing import void_left
from tests.conftest import DAY, NOON, PHONE, a_person, an_id, make_session, slot_at
from tests.pages.reading import key_of, text_of
from windows.models import Material
from windows.shifts import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def booking(book, session) -> Booking:
    return book(slot_at(session, 15))


@pytest.fixture
def family(session, renewal) -> list[Booking]:
    people = [a_person(n, name) for n, name in ((1, "陈小宁"), (2, "王芳"), (3, "李明"))]
    held = hold(
        slot_id=slot_at(session, 15).pk, matter=renewal, people=people, phone=PHONE, now=NOON
    )
    first = held.bookings[0]
    confirm(booking=find(first.reference, first.secret), now=NOON)
    return list(Booking.objects.order_by("pk"))


def own(booking: Booking, part: str = "", **more: object) -> str:
    query = "".join(f"&{name}={value}" for name, value in more.items())
    return f"/b/{booking.reference}/{part}?k={booking_secret(booking.reference)}{query}"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_its_pages_answer_in_both_languages(client, language, booking):
    client.cookies["django_language"] = language

    for part in ("", "cancel/", "change/", "calendar.ics"):
        assert client.get(own(booking, part)).status_code == 200


def test_it_shows_where_when_whom_and_the_code(citizen, booking, renewal):
    Material.objects.create(matter=renewal, position=1, name_zh="旧证", name_en="The old card")

    page = text_of(citizen.get(own(booking)))

    for words in ("Thursday 4 March, 15:00", "Hetang Hall", booking.reference, "The old card"):
        assert words in page
    assert "<svg" in page
    assert "style=" not in page
    assert "onclick" not in page


def test_it_never_shows_the_whole_id_number(citizen, booking):
    page = text_of(citizen.get(own(booking)))

    assert "440***********" in page
    assert not re.search(r"\d{17}[\dX]", page)


@pytest.mark.parametrize("secret", ["", "?k=", "?k=wrong", "?k=%00", "?k=é", "?k=" + "x" * 3000])
@pytest.mark.parametrize("part", ["", "cancel/", "change/", "appeal/", "calendar.ics"])
def test_without_its_secret_it_is_not_found(citizen, booking, part, secret):
    assert citizen.get(f"/b/{booking.reference}/{part}{secret}").status_code == 404


def test_anothers_secret_opens_nothing(citizen, family):
    mine, other = family[0], family[1]

    answer = citizen.get(f"/b/{mine.reference}/?k={booking_secret(other.reference)}")

    assert answer.status_code == 404


def test_a_forged_cancellation_changes_nothing(citizen, booking):
    answer = citizen.post(f"/b/{booking.reference}/cancel/?k=forged", {"key": "k"})

    booking.refresh_from_db()
    assert (answer.status_code, booking.state) == (404, "confirmed")


def test_the_family_is_listed_with_links_of_their_own(citizen, family):
    page = text_of(citizen.get(own(family[0])))

    assert "王*" in page
    assert "王芳" not in page
    assert own(family[1]).replace("&", "&amp;") in page


def test_the_calendar_file_is_read_by_calendars(citizen, booking):
    answer = citizen.get(own(booking, "calendar.ics"))

    assert answer["Content-Type"].startswith("text/calendar")
    event = next(iter(Calendar.from_ical(answer.content).walk("VEVENT")))
    assert event.decoded("dtstart") == booking.starts_at
    assert str(event["uid"]).startswith(booking.reference)
    assert booking_secret(booking.reference) in str(event["url"])
    assert event.walk("VALARM")


def test_the_calendar_file_of_a_cancelled_booking_takes_it_out(citizen, booking):
    citizen.post(own(booking, "cancel/"), {"key": "k" * 32})

    event = next(
        iter(Calendar.from_ical(citizen.get(own(booking, "calendar.ics")).content).walk("VEVENT"))
    )

    assert str(event["status"]) == "CANCELLED"


def test_cancelling_gives_the_place_back_once(citizen, booking):
    key = key_of(citizen.get(own(booking, "cancel/")))

    first = citizen.post(own(booking, "cancel/"), {"key": key})
    citizen.post(own(booking, "cancel/"), {"key": key})
    page = citizen.get(first.url)

    assert ReturningPlace.objects.get().booking == booking
    assert "This booking is cancelled" in text_of(page)
    assert Booking.objects.get().events.filter(kind="cancelled").count() == 1


def test_one_or_all_of_a_family_cancel(citizen, family):
    citizen.post(own(family[0], "cancel/"), {"key": "a" * 32, "whom": "me"})
    assert Booking.objects.filter(state="cancelled").count() == 1

    citizen.post(own(family[1], "cancel/"), {"key": "b" * 32, "whom": "all"})
    assert Booking.objects.filter(state="cancelled").count() == 3


def test_cancelling_after_the_time_began_is_refused_in_words(citizen, booking, clock):
    clock.now += timedelta(hours=4)

    answer = citizen.post(own(booking, "cancel/"), {"key": "a" * 32})

    assert answer.status_code == 409
    assert "Come now" in text_of(answer)
    assert citizen.get(own(booking, "cancel/")).status_code == 409


def test_changing_moves_to_the_new_time_and_leaves_the_old_one(citizen, booking, session):
    new = slot_at(session, 16)
    page = citizen.get(own(booking, "change/", day=DAY))
    assert "Now it is Thursday 4 March, 15:00" in text_of(page)

    moved = citizen.post(own(booking, "change/"), {"key": key_of(page), "slot": new.pk})

    old = booking.slot
    booking.refresh_from_db()
    assert booking.slot_id == new.pk
    assert ReturningPlace.objects.get().slot == old
    assert "Thursday 4 March, 16:00" in text_of(citizen.get(moved.url))


def test_changing_to_another_hall_begins_with_its_list(citizen, booking, other_hall):
    page = text_of(citizen.get(own(booking, "change/", hall="")))

    assert "Which hall?" in page
    assert "hall=H02" in page


def test_a_change_to_a_time_that_is_gone_keeps_the_old_one(citizen, booking, session):
    full = slot_at(session, 16)
    session.slots.filter(pk=full.pk).update(online_quota=0, walkin_quota=90)

    answer = citizen.post(own(booking, "change/"), {"key": "a" * 32, "slot": full.pk})

    booking.refresh_from_db()
    assert answer.status_code == 409
    assert "Your present time still stands." in text_of(answer)
    assert booking.slot_id != full.pk


@pytest.mark.parametrize("slot", ["", "abc", "9" * 30, "-1", "٣"])
def test_a_change_to_no_time_at_all_is_malformed(citizen, booking, slot):
    answer = citizen.post(own(booking, "change/"), {"key": "a" * 32, "slot": slot})

    assert answer.status_code == 400
    assert "Choose a time first." in text_of(answer)


def test_a_held_booking_is_confirmed_from_its_own_page(citizen, held):
    page = citizen.get(own(held))

    citizen.post(own(held, "confirm/"), {"key": key_of(page)})

    held.refresh_from_db()
    assert held.state == "confirmed"


# More time to confirm


@pytest.fixture
def held(session, renewal) -> Booking:
    one = hold(
        slot_id=slot_at(session, 15).pk, matter=renewal, people=[a_person(1)], phone=PHONE, now=NOON
    ).bookings[0]
    return find(one.reference, one.secret)


def test_a_hold_says_until_when_as_clock_time(citizen, held):
    page = text_of(citizen.get(own(held)))

    assert "The place is held for you until 12:15." in page
    assert 'aria-hidden="true">Time left:' in page  # nobody hears every second
    assert 'role="status" data-said-until="2027-03-04T12:15' in page


def test_more_time_is_given_once(citizen, held):
    page = citizen.get(own(held))
    assert "I need more time" in text_of(page)

    answer = citizen.post(own(held, "extend/"), {"key": key_of(page)}, follow=True)

    assert "You have more time now: until 12:30." in text_of(answer)
    assert "held for you until 12:30" in text_of(answer)
    assert "I need more time" not in text_of(answer)


def test_more_time_pressed_twice_is_one_press(citizen, held):
    for _ in range(2):
        answer = citizen.post(own(held, "extend/"), {"key": "a" * 32})

    assert answer.status_code == 302
    assert citizen.post(own(held, "extend/"), {"key": "b" * 32}).status_code == 409


def test_a_hold_that_is_over_says_so_before_anybody_swept_it(citizen, held, clock):
    clock.now += timedelta(minutes=16)

    page = text_of(citizen.get(own(held)))

    assert "This place was not confirmed in time" in page
    assert "Yes, confirm" not in page
    assert "Book another time" in page
    assert citizen.post(own(held, "extend/"), {"key": "a" * 32}).status_code == 409


# Undo


def test_a_cancellation_can_be_undone_for_ten_minutes(citizen, booking, clock):
    gone = citizen.post(own(booking, "cancel/"), {"key": "a" * 32}, follow=True)
    assert "Undoing is possible until 12:10." in text_of(gone)

    clock.now += timedelta(minutes=9)
    back = citizen.post(own(booking, "undo/"), {"key": key_of(gone)}, follow=True)

    booking.refresh_from_db()
    assert booking.state == "confirmed"
    assert "The booking stands again" in text_of(back)


def test_after_ten_minutes_it_is_not_offered_and_refused(citizen, booking, clock):
    citizen.post(own(booking, "cancel/"), {"key": "a" * 32})
    clock.now += timedelta(minutes=10)

    assert "Undo" not in text_of(citizen.get(own(booking)))
    answer = citizen.post(own(booking, "undo/"), {"key": "b" * 32})

    assert answer.status_code == 409
    assert "can no longer be undone" in text_of(answer)


def test_when_the_place_is_gone_the_page_says_what_is_free(citizen, booking, session):
    citizen.post(own(booking, "cancel/"), {"key": "a" * 32})
    ReturningPlace.objects.update(ended_at=NOON, end="returned")
    session.slots.filter(pk=booking.slot_id).update(
        online_taken=0, online_quota=0, walkin_quota=18, assisted_quota=72
    )

    answer = citizen.post(own(booking, "undo/"), {"key": "b" * 32})

    assert answer.status_code == 409
    assert "Somebody else has this time by now." in text_of(answer)
    assert "Free in this hall: Thursday 4 March, 12:30" in text_of(answer)


def test_undoing_brings_the_whole_family_back(citizen, family):
    citizen.post(own(family[0], "cancel/"), {"key": "a" * 32, "whom": "all"})

    citizen.post(own(family[2], "undo/"), {"key": "b" * 32})

    assert set(Booking.objects.values_list("state", flat=True)) == {"confirmed"}


def test_undoing_one_leaves_what_was_cancelled_before(citizen, family, clock):
    citizen.post(own(family[0], "cancel/"), {"key": "a" * 32})
    clock.now += timedelta(minutes=1)
    citizen.post(own(family[1], "cancel/"), {"key": "b" * 32})

    citizen.post(own(family[1], "undo/"), {"key": "c" * 32})

    states = [Booking.objects.get(pk=one.pk).state for one in family]
    assert states == ["cancelled", "confirmed", "confirmed"]


# All who come together


def test_a_family_is_asked_who_changes(citizen, family, hall):
    page = text_of(citizen.get(own(family[0], "change/")))

    assert "Who comes at another time?" in page
    assert 'name="people" value="3"' in page


@pytest.mark.parametrize(("people", "moved"), [(1, 1), (3, 3)])
def test_one_or_all_of_a_family_move(citizen, family, session, people, moved):
    new = slot_at(session, 16)
    address = own(family[0], "change/", hall="H01", people=people)
    page = citizen.get(address)
    assert page.status_code == 200

    citizen.post(address, {"key": key_of(page), "slot": new.pk})

    assert Booking.objects.filter(slot=new).count() == moved


def test_moving_together_needs_places_for_all(citizen, family, session):
    new = slot_at(session, 16)
    for slot in (new, slot_at(session, 16, 30)):
        session.slots.filter(pk=slot.pk).update(online_quota=6, walkin_quota=84)

    address = own(family[0], "change/", hall="H01", people=3)
    answer = citizen.post(address, {"key": "a" * 32, "slot": new.pk})

    assert answer.status_code == 409
    assert "Your present time still stands." in text_of(answer)
    assert not Booking.objects.filter(slot=new).exists()


def test_another_hall_leads_to_the_list_while_changing(citizen, booking, other_hall):
    page = text_of(citizen.get(own(booking, "change/", hall="H01")))

    link = re.search(r'href="([^"]+)">Another hall', page)[1].replace("&amp;", "&")
    assert "Which hall?" in text_of(citizen.get(link))


# Several matters in one visit


@pytest.fixture
def chain(session, renewal, pickup) -> list[Booking]:
    person = Attendee(name="陈小宁", id_number=an_id(1), needs=("time",), matters=(renewal, pickup))
    held = hold(
        slot_id=slot_at(session, 15).pk, matter=renewal, people=[person], phone=PHONE, now=NOON
    )
    first = held.bookings[0]
    confirm(booking=find(first.reference, first.secret), now=NOON)
    return list(Booking.objects.order_by("position"))


def test_several_matters_are_shown_as_one_visit(citizen, chain, renewal, pickup):
    for matter, name in ((renewal, "The old card"), (pickup, "The receipt")):
        Material.objects.create(matter=matter, position=1, name_zh=name, name_en=name)

    for booking in chain:
        page = text_of(citizen.get(own(booking)))
        assert "Renew + Pickup" in page
        assert "The old card" in page
        assert "The receipt" in page
        assert "Coming together with you" not in page
        assert "Needs more time at the window" in page


def test_the_calendar_file_names_all_matters(citizen, chain):
    answer = citizen.get(own(chain[0], "calendar.ics"))

    event = next(iter(Calendar.from_ical(answer.content).walk("VEVENT")))
    assert str(event["summary"]).startswith("Renew + Pickup")


def test_cancelling_and_undoing_take_all_matters(citizen, chain):
    citizen.post(own(chain[1], "cancel/"), {"key": "a" * 32})
    assert set(Booking.objects.values_list("state", flat=True)) == {"cancelled"}

    citizen.post(own(chain[0], "undo/"), {"key": "b" * 32})
    assert set(Booking.objects.values_list("state", flat=True)) == {"confirmed"}


# Each state in a person's words


def at_three(booking: Booking, **later: int):
    return booking.starts_at + timedelta(**later)


@pytest.mark.parametrize(
    ("later", "words"),
    [
        ({"minutes": -31}, "Come at this time"),
        ({"minutes": -30}, "You can check in now"),
        ({"minutes": 15}, "You can check in now"),
        ({"minutes": 16}, "Come all the same"),
        ({"hours": 1, "minutes": 59}, "Come all the same"),
        ({"hours": 2}, "This time has passed"),
    ],
)
def test_what_can_be_done_at_each_time(citizen, booking, clock, later, words):
    clock.now = at_three(booking, **later)

    assert words in text_of(citizen.get(own(booking)))


def test_a_checked_in_booking_leads_to_its_ticket(citizen, booking, hall, clock):
    clock.now = booking.starts_at
    ticket = check_in(hall=hall, now=clock.now, reference=booking.reference)

    page = text_of(citizen.get(own(booking)))

    assert f"/t/{ticket.public_id}/" in page
    assert "cancel/" not in page


def test_who_came_and_left_reads_that_nothing_counts(citizen, booking, hall, clock):
    clock.now = booking.starts_at
    check_in(hall=hall, now=clock.now, reference=booking.reference)
    void_left(hall_id=hall.pk, service_day=DAY, now=at_three(booking, hours=7))
    mark_served(now=at_three(booking, hours=7))

    page = text_of(citizen.get(own(booking)))

    assert "Your number ended before you were served" in page
    assert "this is no missed visit" in page


def test_a_missed_visit_leads_to_objecting(citizen, booking, windows, clerk, clock):
    sign_in(staff=clerk, window=windows[0], now=NOON)
    close_day(day=DAY, now=at_three(booking, hours=7))
    assert MissedVisit.objects.exists()

    page = text_of(citizen.get(own(booking)))

    assert "Nobody was checked in for this visit" in page
    assert f"/b/{booking.reference}/appeal/?k=" in page


def test_where_nobody_worked_nothing_is_noted(citizen, booking, clock):
    close_day(day=DAY, now=at_three(booking, hours=7))

    page = text_of(citizen.get(own(booking)))

    assert "Nothing is noted against anybody." in page
    assert "/appeal/" not in page


def test_a_withdrawn_booking_is_nobodys_fault(citizen, booking, session, supervisor):
    withdraw_session(session=session, by=supervisor, now=NOON - timedelta(hours=5))

    page = text_of(citizen.get(own(booking)))

    assert "The hall had to cancel this time" in page
    assert "Nothing is noted against you" in page


def test_after_midnight_it_names_the_evening_that_it_belongs_to(citizen, hall, windows, book):
    from datetime import time

    night = make_session(hall, windows, opens=time(18, 30), closes=time(0, 30), kind="night")

    page = text_of(citizen.get(own(book(slot_at(night, 0)))))

    assert "Friday 5 March, 00:00" in page
    assert "in the night session of Thursday 4 March" in page


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


@pytest.mark.parametrize(
    ("part", "method"),
    [
        ("", "post"),
        ("calendar.ics", "post"),
        ("confirm/", "get"),
        ("cancel/", "put"),
        ("extend/", "get"),
        ("undo/", "get"),
    ],
)
def test_the_wrong_method_is_405(citizen, booking, part, method):
    assert getattr(citizen, method)(own(booking, part)).status_code == 405


def test_the_page_is_kept_by_no_cache(citizen, booking):
    assert "no-store" in citizen.get(own(booking))["Cache-Control"]


# Links sent again


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
