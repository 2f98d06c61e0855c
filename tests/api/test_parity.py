"""Page and API are two faces of one command: they agree on what is well typed."""

import pytest

from appointments.api.bookings import PersonInput
from appointments.api.proofs import CodeInput, ProofInput
from appointments.forms import CodeForm, WhoForm
from tests.conftest import DAY, NOON, PHONE, an_id

GOOD_NAME, GOOD_ID = "陈小宁", an_id(1).number


def page(matter, **typed) -> dict[str, str]:
    """The codes of the page's errors by field."""
    answers = {"name_1": GOOD_NAME, "id_number_1": GOOD_ID, "phone": PHONE, **typed}
    form = WhoForm(answers, matter=matter, people=1, today=DAY)
    return {name: errors[0].code for name, errors in form.errors.as_data().items()}


def api(parser, answers) -> dict[str, str]:
    read = parser(data=answers, context={"now": NOON})
    read.is_valid()
    return {name: errors[0].code for name, errors in read.errors.items()}


def fits(code: str | None) -> str | None:
    """Django and DRF have a word each for the same: an empty answer."""
    return {"blank": "required", "null_characters_not_allowed": "null"}.get(code or "", code)


@pytest.mark.parametrize(
    "phone",
    [
        "", "12", "abc", "23800000000", "138000000001", " 13800000000 ", "138 0013 8000",
        "+8613800138000", "008613800138000", "８６13800138000", "１３８００１３８０００",
        "+852 5123 4567", "+853 6612 3456", "+886 912 345 678", "+1 202 555 0100", "010-12345678",
        "x" * 41, "🚀", "+86 138-0013-8000", "\n13800138000", "-13800138000",
    ],
)  # fmt: skip
def test_page_and_api_agree_on_a_phone(renewal, phone):
    on_page = page(renewal, phone=phone).get("phone")

    in_api = api(ProofInput, {"phone": phone}).get("phone")

    assert fits(on_page) == fits(in_api)


@pytest.mark.parametrize(
    "number",
    [
        "", GOOD_ID, GOOD_ID.lower(), f" {GOOD_ID[:6]} {GOOD_ID[6:14]}-{GOOD_ID[14:]} ",
        "".join(chr(ord(c) + 0xFEE0) for c in GOOD_ID), GOOD_ID[:-1] + "A", GOOD_ID[:-1],
        GOOD_ID + "1", "440604750307001", "440604202902300010", "440604199002300010",
        "44060418000101001X", "0" * 18, "X" * 18, "🚀" * 9, "x" * 61, "４４０６０４",
        "11010519491231002X", "810000199408230021",
    ],
)  # fmt: skip
def test_page_and_api_agree_on_an_id_number(renewal, number):
    on_page = page(renewal, id_number_1=number).get("id_number_1")

    in_api = api(PersonInput, {"name": GOOD_NAME, "id_number": number}).get("id_number")

    assert fits(on_page) == fits(in_api)


@pytest.mark.parametrize(
    "name",
    [
        "", " ", "陈", "陈小宁", "Anna Maria", "买买提·吐尔逊", "O’Neil", "x" * 41, "x" * 40,
        "陈1", "🚀", "<script>", "陈\n宁", "𠮷野",
    ],
)  # fmt: skip
def test_page_and_api_agree_on_a_name(renewal, name):
    on_page = page(renewal, name_1=name).get("name_1")

    in_api = api(PersonInput, {"name": name, "id_number": GOOD_ID}).get("name")

    assert fits(on_page) == fits(in_api)


@pytest.mark.parametrize(
    "code", ["", "12345", "123456", "１２３４５６", "123 456", "abcdef", "1" * 21]
)
def test_page_and_api_agree_on_a_code(code):
    form = CodeForm({"code": code})

    in_api = api(CodeInput, {"code": code}).get("code")

    on_page = form.errors.as_data().get("code", [None])[0]
    assert fits(on_page and on_page.code) == fits(in_api)
