"""The booking journey as pages. C11 C12 C19"""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from appointments.booking import hold
from appointments.housekeeping import expire_holds
from appointments.models import Booking, InboxItem, PhoneProof, ReturningPlace, UnmetDemand
from appointments.sealing import unseal
from appointments.sending import send_due
from config import civil
from tests.conftest import DAY, NOON, PHONE, a_person, an_id, make_session, slot_at
from tests.pages.reading import key_of, text_of
from windows.models import Material, Slot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
LANGUAGES = ["zh-hans", "en"]


@pytest.fixture
def bring(renewal):
    return Material.objects.create(
        matter=renewal, position=1, name_zh="旧身份证", name_en="The old card"
    )


def who_address(matter, slot) -> str:
    return reverse("appointments:book_who", args=[matter.code, slot.pk])


def answers(people: int = 1, **changes: str) -> dict[str, str]:
    typed = {"key": "a" * 32, "people": str(people), "phone": "138 0013 8000"}
    for number in range(1, people + 1):
        typed[f"name_{number}"] = "陈小宁"
        typed[f"id_number_{number}"] = an_id(number).number
    return typed | changes


def code_sent() -> str:
    send_due(now=civil.now())
    return re.search(r"\d{6}", InboxItem.objects.order_by("-pk").first().text)[0]


def type_code(citizen: Client, code: str | None = None):
    page = citizen.get("/book/phone/")
    given = {"key": key_of(page), "action": "check", "code": code or code_sent()}
    return citizen.post("/book/phone/", given)


def hold_places(citizen: Client, matter, slot, people: int = 1, **changes: str):
    citizen.post(who_address(matter, slot), answers(people, **changes))
    return type_code(citizen)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_the_way_answers_in_both_languages(client, language, session, renewal, bring):
    client.cookies["django_language"] = language
    slot = slot_at(session, 14)
    ways = [
        "/",
        "/?q=lost",
        "/?q=zzz",
        "/b/",
        "/book/RENEW/",
        "/book/RENEW/when/",
        "/book/RENEW/when/?near=hetang&show=earliest",
        f"/book/RENEW/when/?hall=H01&day={DAY}&people=2",
        "/book/RENEW/when/?hall=H01&show=evenings",
        "/book/RENEW/when/?hall=H01&show=weekends",
        "/book/RENEW/when/?hall=H01&show=earliest",
        who_address(renewal, slot),
        "/guide/RENEW/",
        "/privacy/",
        "/accessibility/",
    ]

    statuses = {way: client.get(way).status_code for way in ways}

    assert statuses == dict.fromkeys(ways, 200)


def test_a_family_of_three_books_confirms_and_gets_three_references(citizen, session, renewal):
    slot = slot_at(session, 14)

    when = citizen.get(f"/book/RENEW/when/?people=3&hall=H01&day={DAY}")
    assert f'value="{slot.pk}"' in text_of(when)
    chosen = citizen.get(f"/book/RENEW/when/?people=3&hall=H01&day={DAY}&slot={slot.pk}&go=1")
    assert chosen.url == who_address(renewal, slot) + "?people=3"
    held = hold_places(citizen, renewal, slot, people=3)
    check = citizen.get(held.url)
    assert Booking.objects.filter(state="held").count() == 3
    done = citizen.post(held.url, {"key": key_of(check), "action": "confirm"})
    page = citizen.get(done.url)

    bookings = Booking.objects.order_by("pk")
    assert [b.state for b in bookings] == ["confirmed"] * 3
    assert {b.starts_at for b in bookings} == {slot.starts_at}
    assert all(b.reference in text_of(page) for b in bookings)
    assert "<svg" in text_of(page)


def test_what_was_typed_is_sealed_in_the_session_and_gone_after_the_hold(citizen, session, renewal):
    citizen.post(who_address(renewal, slot_at(session, 14)), answers())
    kept = citizen.session["draft"]
    assert "陈" not in kept
    assert an_id(1).number not in kept
    assert citizen.session.get_expiry_age() == 3600

    type_code(citizen)

    assert "draft" not in citizen.session


def test_confirming_twice_is_confirming_once(citizen, session, renewal):
    held = hold_places(citizen, renewal, slot_at(session, 14))
    press = {"key": key_of(citizen.get(held.url)), "action": "confirm"}

    first, second = citizen.post(held.url, press), citizen.post(held.url, press)

    assert first.url == second.url
    assert Booking.objects.get().events.filter(kind="confirmed").count() == 1


def test_a_second_press_of_the_people_page_sends_no_second_code(citizen, session, renewal):
    where, typed = who_address(renewal, slot_at(session, 14)), answers()

    citizen.post(where, typed)
    citizen.post(where, typed)

    assert PhoneProof.objects.count() == 1


def test_a_phone_that_was_just_proven_needs_no_second_code(citizen, session, renewal):
    hold_places(citizen, renewal, slot_at(session, 14))

    answer = citizen.post(
        who_address(renewal, slot_at(session, 15)), answers(id_number_1=an_id(9).number)
    )

    assert "/book/check/" in answer.url
    assert PhoneProof.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Enter the ID number."),
        ("440604750307001", "15-digit"),
        ("😀40604197503070012", "18 characters"),
        ("44060419750307", "18 characters"),
        ("440604207503070016", "in the future"),
        ("440604197513070016", "does not exist"),
        ("440604197503070019", "wrong"),
        ("\x00" * 18, "Null characters"),
        ("4" * 5000, "at most 60"),
    ],
)
def test_each_wrong_id_number_gets_its_own_words_and_loses_nothing(
    citizen, session, renewal, typed, words
):
    answer = citizen.post(who_address(renewal, slot_at(session, 14)), answers(id_number_1=typed))

    assert answer.status_code == 400
    assert words in text_of(answer)
    assert 'value="陈小宁"' in text_of(answer)
    assert 'value="138 0013 8000"' in text_of(answer)
    assert 'href="#id_id_number_1"' in text_of(answer)


@pytest.mark.parametrize("change", ["full-width", "spaces", "hyphens"])
def test_id_numbers_are_understood_as_people_type_them(citizen, session, renewal, change):
    number = "11010519491231002X"
    typed = {
        "full-width": "".join(chr(ord(c) + 0xFEE0) for c in number.lower()),
        "spaces": " 110105 19491231 002x ",
        "hyphens": "110105-19491231-002x",
    }[change]

    held = hold_places(citizen, renewal, slot_at(session, 14), id_number_1=typed)

    assert held.status_code == 302
    sealed = Booking.objects.get().id_sealed
    assert unseal(sealed, purpose="id_number") == number


@pytest.mark.parametrize(
    ("phone", "kept"),
    [
        ("+86 138-0013-8000", PHONE),
        ("8613800138000", PHONE),
        ("１３８００１３８０００", PHONE),
        ("+852 5123 4567", "+85251234567"),
        ("+853 6612 3456", "+85366123456"),
        ("+886 912 345 678", "+886912345678"),
    ],
)
def test_phones_are_understood_as_people_type_them(citizen, session, renewal, phone, kept):
    answer = citizen.post(who_address(renewal, slot_at(session, 14)), answers(phone=phone))

    assert answer.url == "/book/phone/"
    assert unseal(PhoneProof.objects.get().phone_sealed, purpose="phone") == kept


@pytest.mark.parametrize("phone", ["", "12", "abc", "+1 202 555 0123", "0757 8321 4567", "📱" * 11])
def test_a_wrong_phone_is_told_beside_its_field(citizen, session, renewal, phone):
    answer = citizen.post(who_address(renewal, slot_at(session, 14)), answers(phone=phone))

    assert answer.status_code == 400
    assert 'id="id_phone_error"' in text_of(answer)


@pytest.mark.parametrize("name", ["", "1234", "<b>x</b>", "😀", "x" * 50])
def test_a_wrong_name_is_told_beside_its_field(citizen, session, renewal, name):
    answer = citizen.post(who_address(renewal, slot_at(session, 14)), answers(name_1=name))

    assert answer.status_code == 400
    assert 'id="id_name_1_error"' in text_of(answer)


def test_the_same_person_twice_is_refused_with_everything_kept(citizen, session, renewal):
    twice = an_id(1).number

    typed = answers(2, id_number_2=twice)
    answer = citizen.post(who_address(renewal, slot_at(session, 14)), typed)

    assert answer.status_code == 409
    assert "entered twice" in text_of(answer)
    assert text_of(answer).count(twice) == 2


def test_a_person_who_has_a_booking_is_told_so(citizen, session, renewal, book):
    book(slot_at(session, 15), person=1)

    answer = hold_places(citizen, renewal, slot_at(session, 14))

    assert answer.status_code == 409
    assert "already has an open booking" in text_of(answer)


def test_a_child_comes_with_a_guardian(citizen, session, first_minor):
    slot = slot_at(session, 14)
    child = an_id(5, born="20180601").number
    where = who_address(first_minor, slot)

    alone = citizen.post(where, answers(id_number_1=child))
    assert alone.status_code == 400
    assert "guardian" in text_of(alone)
    assert "agreement is needed" in text_of(alone)
    held = hold_places(
        citizen, first_minor, slot, id_number_1=child, guardian_1="陈建国", consent="on"
    )

    assert "陈建国" in text_of(citizen.get(held.url))


def test_a_child_in_another_matter_is_asked_for_its_guardian_too(citizen, session, renewal):
    child = an_id(5, born="20180601").number

    answer = citizen.post(who_address(renewal, slot_at(session, 14)), answers(id_number_1=child))

    assert answer.status_code == 400
    assert 'name="guardian_1"' in text_of(answer)


def test_an_adult_in_a_childs_matter_is_sent_to_another_one(citizen, session, first_minor):
    typed = answers(guardian_1="陈建国", consent="on")
    answer = citizen.post(who_address(first_minor, slot_at(session, 14)), typed)

    assert answer.status_code == 409
    assert "not for a person of that age" in text_of(answer)


def test_a_wrong_code_is_refused_and_can_be_typed_again(citizen, session, renewal):
    citizen.post(who_address(renewal, slot_at(session, 14)), answers())
    code = code_sent()
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"

    refused = type_code(citizen, wrong)
    held = type_code(citizen, code)

    assert refused.status_code == 409
    assert "This code is not right" in text_of(refused)
    assert "/book/check/" in held.url


@pytest.mark.parametrize("code", ["12345", "abcdef", "😀", "", "1" * 50])
def test_a_code_of_another_shape_is_malformed(citizen, session, renewal, code):
    citizen.post(who_address(renewal, slot_at(session, 14)), answers())

    page = citizen.get("/book/phone/")
    given = {"key": key_of(page), "action": "check", "code": code}

    assert citizen.post("/book/phone/", given).status_code == 400


def test_a_code_is_typed_in_full_width_digits(citizen, session, renewal):
    citizen.post(who_address(renewal, slot_at(session, 14)), answers())
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code_sent())

    assert "/book/check/" in type_code(citizen, wide).url


def test_an_expired_code_asks_for_a_new_one(citizen, session, renewal, clock):
    citizen.post(who_address(renewal, slot_at(session, 14)), answers())
    code = code_sent()
    clock.now += timedelta(minutes=11)

    expired = type_code(citizen, code)
    assert expired.status_code == 409
    assert "no longer valid" in text_of(expired)
    citizen.post("/book/phone/", {"key": key_of(expired), "action": "resend"})

    assert PhoneProof.objects.count() == 2
    assert "/book/check/" in type_code(citizen).url


def test_too_many_codes_are_429_with_a_time_to_wait(citizen, session, renewal):
    citizen.post(who_address(renewal, slot_at(session, 14)), answers())
    page = citizen.get("/book/phone/")

    for n in range(6):
        page = citizen.post("/book/phone/", {"key": f"{n}" * 32, "action": "resend"})

    assert page.status_code == 429
    assert int(page["Retry-After"]) > 0


def test_a_time_that_is_gone_meanwhile_leads_back_to_the_picker(citizen, session, renewal):
    slot = slot_at(session, 14)
    citizen.post(who_address(renewal, slot), answers())
    Slot.objects.filter(pk=slot.pk).update(online_quota=0, walkin_quota=slot.minutes)

    gone = type_code(citizen)
    assert gone.status_code == 409
    assert "Which day, what time?" in text_of(gone)
    assert "What you typed is kept." in text_of(gone)

    again = citizen.get(who_address(renewal, slot_at(session, 15)))
    assert 'value="陈小宁"' in text_of(again)


def test_a_cancelled_sessions_time_is_gone(citizen, session, renewal):
    slot = slot_at(session, 14)
    session.slots.update(is_open=False)

    answer = citizen.post(who_address(renewal, slot), answers())

    assert answer.status_code == 409
    assert "can no longer be booked" in text_of(answer)


def test_an_expired_hold_begins_again_at_the_time_with_everything_kept(
    citizen, session, renewal, clock
):
    held = hold_places(citizen, renewal, slot_at(session, 15))
    press = {"key": key_of(citizen.get(held.url)), "action": "confirm"}
    clock.now += timedelta(minutes=16)

    answer = citizen.post(held.url, press)
    again = citizen.get(who_address(renewal, slot_at(session, 16)))

    assert answer.status_code == 409
    assert "held for a while" in text_of(answer)
    assert 'value="陈小宁"' in text_of(again)


def test_a_hold_that_was_swept_away_keeps_the_answers_too(citizen, session, renewal, clock):
    held = hold_places(citizen, renewal, slot_at(session, 15))
    clock.now += timedelta(minutes=16)
    expire_holds(now=clock.now)

    answer = citizen.get(held.url)
    again = citizen.get(who_address(renewal, slot_at(session, 16)))

    assert answer.status_code == 409
    assert 'value="陈小宁"' in text_of(again)


def test_changing_something_after_the_time_began_leads_to_another_time(
    citizen, session, renewal, clock
):
    held = hold_places(citizen, renewal, slot_at(session, 12, 30))
    clock.now += timedelta(minutes=31)

    answer = citizen.post(held.url, {"key": "a" * 32, "action": "another"})

    assert answer.status_code == 409
    assert "Which day, what time?" in text_of(answer)


def test_a_wrong_answer_is_told_in_chinese_to_readers_of_chinese(client, session, renewal):
    number = "440604197503070019"

    answer = client.post(who_address(renewal, slot_at(session, 14)), answers(id_number_1=number))

    assert "号码里有一位不对" in text_of(answer)
    assert f'value="{number}"' in text_of(answer)


def test_changing_something_gives_the_place_back_and_keeps_the_answers(citizen, session, renewal):
    slot = slot_at(session, 14)
    held = hold_places(citizen, renewal, slot, people=2)
    check = citizen.get(held.url)

    citizen.post(held.url, {"key": key_of(check), "action": "another"})

    assert ReturningPlace.objects.filter(slot=slot, ended_at=None).count() == 2
    assert text_of(citizen.get(who_address(renewal, slot))).count('value="陈小宁"') == 2


def test_another_browser_does_not_see_the_held_places(citizen, session, renewal):
    held = hold_places(citizen, renewal, slot_at(session, 14))

    assert Client().get(held.url).status_code == 404
    assert Client().post(held.url, {"key": "x", "action": "confirm"}).status_code == 404


def test_a_form_without_its_key_is_malformed(citizen, session, renewal):
    held = hold_places(citizen, renewal, slot_at(session, 14))

    assert citizen.post(held.url, {"action": "confirm"}).status_code == 400
    assert citizen.post(held.url, {"action": "steal", "key": "k"}).status_code == 400


@pytest.mark.parametrize(
    ("way", "method", "status"),
    [
        ("/book/NOPE/", "get", 404),
        ("/book/NOPE/when/", "get", 404),
        ("/book/RENEW/who/1/", "put", 405),
        ("/book/RENEW/", "post", 405),
        ("/book/RENEW/when/", "delete", 405),
        ("/book/phone/", "put", 405),
        ("/book/check/1/", "get", 404),
        ("/book/RENEW/when/?hall=H01&go=1", "get", 400),
        ("/book/RENEW/when/?hall=H01&slot=abc", "get", 400),
        ("/book/RENEW/who/99999999999999999999/", "get", 409),
        ("/book/RENEW/when/?people=99999&day=2027-02-31&show=x&hall=%00", "get", 200),
        ("/book/RENEW/when/?hall=H01&day=9999-12-31", "get", 200),
        ("/book/RENEW/when/?hall=H01&day=0001-01-01", "get", 200),
        ("/book/%00/", "get", 404),
        ("/?q=%00", "get", 200),
    ],
)
def test_strange_requests_get_the_right_answer(citizen, session, renewal, way, method, status):
    assert getattr(citizen, method)(way).status_code == status


def test_the_phone_page_without_a_draft_begins_again(citizen):
    answer = citizen.get("/book/phone/", follow=True)

    assert answer.redirect_chain == [("/", 302)]
    assert "begin again" in text_of(answer)


def test_times_after_midnight_stand_under_their_own_date(citizen, hall, windows, renewal):
    from datetime import time

    make_session(hall, windows, opens=time(18, 30), closes=time(0, 30), kind="night")

    page = text_of(citizen.get(f"/book/RENEW/when/?hall=H01&day={DAY}"))

    assert "After midnight: Friday 5 March" in page
    assert "Friday 5 March, 00:00" in page
    assert "Thursday 4 March, 23:30" in page
    assert "tag--night" in page


def test_evenings_only_shows_and_counts_evening_places(citizen, hall, windows, session, renewal):
    from datetime import time

    make_session(hall, windows[:1], opens=time(18, 30), closes=time(19, 30), kind="night")

    page = text_of(citizen.get("/book/RENEW/when/?hall=H01&show=evenings"))

    assert "Thursday 4 March: 10 places left" in page
    assert "18:30" in page
    assert "14:00" not in page


def test_a_full_day_says_what_else_is_possible_and_counts_it_once(citizen, session, renewal, hall):
    session.slots.update(online_quota=0, walkin_quota=90)
    session.slots.filter(pk=slot_at(session, 14).pk).update(online_quota=3, walkin_quota=87)
    where = f"/book/RENEW/when/?hall=H01&day={DAY}"

    first, _second = citizen.get(where), citizen.get(where)

    assert "Thursday 4 March: full" in text_of(first)
    assert "without a booking" in text_of(first)
    assert UnmetDemand.objects.get().count == 1


def test_nothing_free_says_when_places_are_released(citizen, session, renewal):
    session.slots.update(booking_opens_at=NOON + timedelta(hours=1))

    page = text_of(citizen.get("/book/RENEW/when/?hall=H01"))

    assert "Nothing is free here in the next days" in page
    assert "Next release 13:00 today: the places of Thursday 4 March." in page


def test_a_time_shown_free_can_be_held(citizen, session, renewal):
    page = text_of(citizen.get(f"/book/RENEW/when/?hall=H01&day={DAY}&people=2"))
    free = re.findall(r'name="slot" value="(\d+)">', page)

    people = iter(range(1, 200))
    for slot in free:
        pair = [a_person(next(people)), a_person(next(people))]
        hold(
            slot_id=int(slot), matter=renewal, people=pair, phone=PHONE, now=NOON, limited=False
        )  # raises nothing

    assert free


def test_the_pages_ask_the_database_few_times(
    citizen, session, renewal, django_assert_max_num_queries
):
    citizen.get(f"/book/RENEW/when/?hall=H01&day={DAY}")  # measures the hall's pace once

    with django_assert_max_num_queries(2):
        citizen.get("/")
    with django_assert_max_num_queries(12):
        citizen.get(f"/book/RENEW/when/?hall=H01&day={DAY}")
    with django_assert_max_num_queries(6):
        citizen.get("/book/RENEW/when/")


def test_own_words_find_the_matter(citizen, renewal):
    assert "may be" in text_of(citizen.get("/?q=我的证到期了"))
    assert "We found nothing" in text_of(citizen.get("/?q=qqqq"))


def test_what_to_bring_is_told_before_anything_else(citizen, renewal, bring):
    assert "The old card" in text_of(citizen.get("/book/RENEW/"))
    assert "The old card" in text_of(citizen.get("/guide/RENEW/"))
