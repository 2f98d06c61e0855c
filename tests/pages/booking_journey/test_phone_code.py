"""The code that proves a phone: sent once, typed again, too late, too many. C11"""

from datetime import timedelta

import pytest

from appointments.models import PhoneProof
from tests.conftest import an_id, slot_at
from tests.pages.filling_in import answers, code_sent, hold_places, type_code, who_address
from tests.pages.reading import key_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


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
