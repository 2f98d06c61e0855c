"""Who comes: numbers, phones and names as people type them; children. C11 C12"""

import pytest

from appointments.models import Booking, PhoneProof
from appointments.sealing import unseal
from tests.conftest import PHONE, an_id, slot_at
from tests.pages.filling_in import answers, hold_places, who_address
from tests.pages.reading import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


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


def test_a_wrong_answer_is_told_in_chinese_to_readers_of_chinese(client, session, renewal):
    number = "440604197503070019"

    answer = client.post(who_address(renewal, slot_at(session, 14)), answers(id_number_1=number))

    assert "号码里有一位不对" in text_of(answer)
    assert f'value="{number}"' in text_of(answer)


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
