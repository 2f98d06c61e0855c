import pytest
from django.core.exceptions import ValidationError

from appointments.phones import clean_phone


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("13800138000", "+8613800138000"),
        ("138 0013 8000", "+8613800138000"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("8613800138000", "+8613800138000"),
        ("１３８００１３８０００", "+8613800138000"),
        ("+852 5123 4567", "+85251234567"),
        ("+853 6612 3456", "+85366123456"),
        ("+886 912 345 678", "+886912345678"),
    ],
)
def test_a_phone_may_be_typed_as_people_type_it(typed, phone):
    assert clean_phone(typed) == phone


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "phone_shape"),
        ("abc", "phone_shape"),
        ("🙂", "phone_shape"),
        ("12", "phone_shape"),
        ("138001380001", "phone_not_mobile"),
        ("0757-83331234", "phone_not_mobile"),
        ("+1 202 555 0100", "phone_region"),
        ("9" * 4000, "phone_shape"),
    ],
)
def test_a_wrong_phone_says_what_is_wrong(typed, code):
    with pytest.raises(ValidationError) as error:
        clean_phone(typed)

    assert error.value.code == code
