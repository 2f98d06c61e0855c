from datetime import date

import pytest
from django.core.exceptions import ValidationError

from appointments.id_numbers import clean_id_number, mask_id, mask_name

TODAY = date(2027, 3, 4)


@pytest.mark.parametrize(
    "typed",
    [
        "440524188001010014",  # the standard's example; libraries refuse it
        "11010519491231002X",
        "11010519491231002x",
        " 110105 1949-1231 002x ",
        "１１０１０５１９４９１２３１００２Ｘ",
        "440623197503071232",  # a county code younger than its holder
        "449999199003071237",  # a county that is in no table
    ],
)
def test_real_people_are_not_refused(typed):
    assert len(clean_id_number(typed, today=TODAY).number) == 18


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "id_shape"),
        ("11010519491231002", "id_shape"),
        ("110105491231002", "id_15"),
        ("1101051949123100２🙂", "id_shape"),
        ("11010519491231002A", "id_shape"),
        ("110105194912310021", "id_check"),
        ("440604209003071232", "id_future"),
        ("440604199002301236", "id_date"),
        ("1" * 5000, "id_shape"),
        ("11010519491231002X\x00", "id_shape"),
    ],
)
def test_a_wrong_number_says_what_is_wrong(typed, code):
    with pytest.raises(ValidationError) as error:
        clean_id_number(typed, today=TODAY)

    assert error.value.code == code


def test_what_the_number_says():
    number = clean_id_number("440524188001010014", today=TODAY)

    assert (number.born_on, number.is_female) == (date(1880, 1, 1), False)


def test_screens_show_little():
    assert mask_id("11010519491231002X") == "110***********002X"
    assert [mask_name(name) for name in ("陈小宁", "王明", "陈")] == ["陈*宁", "王*", "陈"]
