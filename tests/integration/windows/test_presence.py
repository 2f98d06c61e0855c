"""The code that proves that one stands in the hall. Rows C7, C15."""

from datetime import timedelta

import pytest

from tests.conftest import NOON
from windows.models import Rule
from windows.presence import DIGITS, is_present, presence_code, presence_ends

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_a_code_is_six_digits_and_stays_for_its_minute(hall):
    code = presence_code(hall, NOON)

    assert len(code) == DIGITS
    assert code.isdigit()
    assert presence_code(hall, NOON + timedelta(seconds=59)) == code
    assert presence_code(hall, NOON + MINUTE) != code
    assert presence_ends(hall, NOON + timedelta(seconds=59)) == NOON + MINUTE


def test_the_code_shown_now_and_the_one_before_are_good(hall):
    code = presence_code(hall, NOON)

    assert is_present(hall, code, NOON)
    assert is_present(hall, code, NOON + timedelta(seconds=119))  # typed slowly


def test_an_old_code_is_no_presence(hall):
    """Somebody at home with a picture from this morning, or of the minute before last."""
    code = presence_code(hall, NOON)

    assert not is_present(hall, code, NOON + timedelta(seconds=120))
    assert not is_present(hall, code, NOON + timedelta(days=1))
    assert not is_present(hall, code, NOON - timedelta(seconds=1))  # not shown yet


def test_another_halls_code_is_no_presence(hall, other_hall):
    assert not is_present(other_hall, presence_code(hall, NOON), NOON)


@pytest.mark.parametrize("typed", ["", " ", "12345", "x" * 6, "1234567", "😀" * 6, "１２３"])
def test_what_is_no_code_is_no_presence(hall, typed):
    assert not is_present(hall, typed, NOON)


def test_spaces_and_hyphens_do_not_matter(hall):
    code = presence_code(hall, NOON)

    assert is_present(hall, f" {code[:3]} {code[3:]} ", NOON)
    assert is_present(hall, f"{code[:3]}-{code[3:]}", NOON)
    assert is_present(hall, "".join(chr(ord(one) + 0xFEE0) for one in code), NOON)


def test_the_rule_says_how_long_a_code_is_shown(hall):
    Rule.objects.create(hall=hall, name="presence_seconds", value=300, effective_on="2020-01-01")
    code = presence_code(hall, NOON)

    assert is_present(hall, code, NOON + timedelta(seconds=599))
    assert not is_present(hall, code, NOON + timedelta(seconds=600))
