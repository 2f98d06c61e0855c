"""What is owed to whom, and when. C18: reminders and messages, once each, by working hours."""

from datetime import date, time, timedelta

import pytest
from django.utils import translation

from appointments.cancelling import cancel
from appointments.id_numbers import mask_name
from appointments.messaging.wording import words_of
from appointments.models import Booking, Message
from appointments.proving import send_code
from appointments.reminding import after_quiet_hours, day_before, hours_before, promise
from appointments.rescheduling import reschedule
from appointments.sealing import booking_secret, secret_matches, unseal
from appointments.sending import send_due
from appointments.texting import OF_BOOKING, booking_words
from config import civil
from tests.conftest import DAY, NOON, PHONE, make_session, slot_at
from windows.models import Material, Rule

SATURDAY = DAY + timedelta(days=2)
SMS_PART = 67  # characters of a part of a long message in Chinese
Kind, State = Message.Kind, Message.State


def wall(day: date, hour: int, minute: int = 0):
    return civil.city_instant(day, time(hour, minute))


@pytest.fixture
def saturday(hall, windows):
    return make_session(hall, windows, day=SATURDAY)


@pytest.fixture
def night(hall, windows):
    opens, closes = time(18, 30), time(0, 30)
    return make_session(hall, windows, day=SATURDAY, opens=opens, closes=closes, kind="night")


def owed(booking) -> dict:
    ready = Message.objects.filter(booking=booking, state=State.READY)
    return {message.kind: message for message in ready}


def said_of(kind: str, booking: Booking) -> str:
    return booking_words(kind, [booking], "sms", booking.group.language).text


def text_of(message: Message) -> str:
    about = [message.booking] if message.booking else []
    return words_of(message, about).text


def test_a_confirmed_booking_is_owed_a_confirmation_and_two_reminders(book, saturday):
    booking = book(slot_at(saturday, 15))

    dues = {kind: message.due_at for kind, message in owed(booking).items()}
    assert dues == {
        Kind.CONFIRMED: NOON,
        Kind.REMINDER_DAY: wall(SATURDAY - timedelta(days=1), 18),
        Kind.REMINDER_HOURS: wall(SATURDAY, 13),
    }
    assert {m.useless_after for m in owed(booking).values()} == {booking.starts_at}


def test_a_reminder_soon_after_the_booking_is_not_owed(book, session):
    booking = book(slot_at(session, 16, 30))  # its reminder would come 2.5 hours from now

    assert set(owed(booking)) == {Kind.CONFIRMED}


def test_the_reminders_follow_the_rules_of_the_hall(book, saturday, hall):
    Rule.objects.create(name="reminder_day_hour", hall=hall, value=20, effective_on=DAY)
    Rule.objects.create(name="reminder_hours_before", hall=hall, value=4, effective_on=DAY)

    dues = owed(book(slot_at(saturday, 15)))

    assert dues[Kind.REMINDER_DAY].due_at == wall(SATURDAY - timedelta(days=1), 20)
    assert dues[Kind.REMINDER_HOURS].due_at == wall(SATURDAY, 11)


@pytest.mark.parametrize(
    ("hour", "expected"),
    [
        (18, wall(DAY - timedelta(days=1), 18)),
        (22, wall(DAY - timedelta(days=1), 21)),
        (23, wall(DAY - timedelta(days=1), 21)),
        (6, wall(DAY - timedelta(days=2), 21)),
        (7, wall(DAY - timedelta(days=1), 7)),
    ],
)
def test_the_evening_reminder_keeps_out_of_the_quiet_hours(hour, expected):
    assert day_before(DAY, hour) == expected


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        (wall(DAY, 8, 30), None),  # 06:30 is too early: the evening reminder has to do
        (wall(DAY, 9), wall(DAY, 7)),
        (wall(DAY, 23, 30), wall(DAY, 21, 30)),
        (wall(DAY + timedelta(days=1), 0, 10), wall(DAY, 22, 10)),  # a night session's person
    ],
)
def test_the_short_reminder_is_dropped_for_early_visits_only(starts, expected):
    assert hours_before(starts, DAY, 2) == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (wall(DAY, 21, 59), wall(DAY, 21, 59)),
        (wall(DAY, 22), wall(DAY + timedelta(days=1), 7)),
        (wall(DAY, 6, 59), wall(DAY, 7)),
        (wall(DAY, 7), wall(DAY, 7)),
    ],
)
def test_quiet_hours_end_at_seven(at, expected):
    assert after_quiet_hours(at) == expected


def test_promising_takes_few_queries(book, saturday, django_assert_max_num_queries):
    booking = Booking.objects.get(pk=book(slot_at(saturday, 15)).pk)

    with django_assert_max_num_queries(6):  # group, hall, matter, materials, rules, insert
        promise(booking=booking, now=NOON)


def test_a_message_of_a_kind_is_owed_once_per_version(book, saturday):
    """message_once_per_version: promising again changes nothing."""
    booking = book(slot_at(saturday, 15))

    promise(booking=booking, now=NOON)

    assert Message.objects.filter(booking=booking).count() == 3


def test_cancelling_voids_the_reminders_and_owes_the_news(book, saturday):
    booking = book(slot_at(saturday, 15))

    cancel(booking=booking, now=NOON)

    states = Message.objects.filter(booking=booking).values_list("kind", "state")
    assert set(states) == {
        (Kind.CONFIRMED, State.VOID),
        (Kind.REMINDER_DAY, State.VOID),
        (Kind.REMINDER_HOURS, State.VOID),
        (Kind.CANCELLED, State.READY),
    }


def test_moving_voids_the_old_reminders_and_owes_new_ones(book, saturday):
    booking = book(slot_at(saturday, 15))

    moved = reschedule(booking=booking, slot_id=slot_at(saturday, 11).pk, now=NOON)

    messages = owed(moved)
    assert set(messages) == {Kind.MOVED, Kind.REMINDER_DAY, Kind.REMINDER_HOURS}
    assert messages[Kind.REMINDER_HOURS].due_at == wall(SATURDAY, 9)
    assert {m.version for m in messages.values()} == {2}


def test_a_code_is_owed_at_once_and_useless_when_it_expires(db):
    proof = send_code(phone=PHONE, language="en", now=NOON)

    message = Message.objects.get(subject=f"proof:{proof.pk}")
    assert (message.due_at, message.useless_after) == (NOON, proof.expires_at)
    assert "valid for 10 minutes" in text_of(message)
    assert unseal(message.to_sealed, purpose="phone") == PHONE


def test_no_message_holds_anything_in_clear_text(book, saturday):
    message = owed(book(slot_at(saturday, 15), language="en"))[Kind.CONFIRMED]

    assert PHONE.encode() not in bytes(message.to_sealed)
    assert message.text_sealed is None  # it is made when it leaves
    send_due(now=NOON)
    message.refresh_from_db()
    assert b"Hetang" not in bytes(message.text_sealed)
    assert "Hetang" in text_of(message)


def test_the_link_opens_the_booking_and_cancels_with_one_tap(book, saturday, settings):
    booking = book(slot_at(saturday, 15))

    link = text_of(owed(booking)[Kind.REMINDER_DAY]).rsplit(" ", 1)[-1].split("：")[-1]

    secret = booking_secret(booking.reference)
    assert link == f"{settings.SITE_URL}/b/{booking.reference}/?k={secret}"
    assert secret_matches(booking.reference, secret)


def test_a_time_after_midnight_names_both_dates(book, night):
    booking = book(slot_at(night, 0), language="en")

    text = said_of(Kind.CONFIRMED, booking)

    assert "Sun 7 Mar, 00:00 (after midnight, in the night of Sat 6 Mar)" in text


@pytest.mark.parametrize(
    ("language", "where"), [("zh-hans", "禾塘办证大厅"), ("en", "Hetang Hall")]
)
def test_the_text_speaks_the_language_of_the_group(book, saturday, language, where):
    with translation.override("en" if language == "zh-hans" else "zh-hans"):
        booking = book(slot_at(saturday, 15), language=language)

    text = text_of(owed(booking)[Kind.CONFIRMED])
    assert where in text
    assert mask_name("陈小宁") in text
    assert "陈小宁" not in text
    assert booking.reference in text


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("kind", OF_BOOKING)
def test_every_text_fits_a_short_message(book, night, renewal, kind, language):
    renewal.name_zh, renewal.name_en = "居民身份证有效期满换领", "Renewal of an expiring card"
    renewal.save()
    for n in range(6):
        names = {"name_zh": f"居民户口簿原件及复印件 {n}", "name_en": f"Household book, copy {n}"}
        Material.objects.create(matter=renewal, position=n, **names)
    booking = book(slot_at(night, 0), language=language)

    parts = -(-len(said_of(kind, booking)) // SMS_PART)

    assert parts <= (4 if language == "zh-hans" else 6)


def test_materials_are_listed_as_far_as_they_fit(book, saturday, renewal):
    for n, name in enumerate(["Old card", "Household book", "A" * 60]):
        Material.objects.create(matter=renewal, position=n, name_zh=name, name_en=name)
    step = {"name_zh": "核对", "name_en": "Compare the photo"}
    Material.objects.create(matter=renewal, position=0, kind=Material.Kind.STEP, **step)

    text = said_of(Kind.REMINDER_DAY, book(slot_at(saturday, 15), language="en"))

    assert "Bring: Old card, Household book and what the page lists." in text
    assert "Compare" not in text
