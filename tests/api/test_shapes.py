"""Whatever comes in, a clear answer with the right status goes out."""

import pytest

from tests.conftest import PHONE, an_id, slot_at

pytestmark = pytest.mark.usefixtures("session")

STRANGE = [
    None, True, 1.5, -1, 10**30, "", "x" * 5000, "\x00", "a\x00b", "\ud800", "🚀", "１２３",
    [], [[]], {}, {"a": 1}, "null", "9999-99-99", "NaN",
]  # fmt: skip


@pytest.fixture
def body(session, proof) -> dict:
    return {
        "slot": slot_at(session, 14).pk,
        "matter": "RENEW",
        "people": [{"name": "陈小宁", "id_number": an_id(1).number}],
        "phone": PHONE,
        "proof": proof,
    }


@pytest.mark.parametrize("field", ["slot", "matter", "people", "phone", "proof"])
def test_a_strange_answer_in_a_booking_is_told(anybody, body, field):
    answers = [anybody.post("bookings/", {**body, field: strange}) for strange in STRANGE]

    assert {answer.status_code for answer in answers} <= {400, 409}
    malformed = [answer.json() for answer in answers if answer.status_code == 400]
    assert {answer["code"] for answer in malformed} == {"malformed"}
    assert {answer["field"].split(".")[0] for answer in malformed} == {field}


@pytest.mark.parametrize("field", ["name", "id_number", "guardian"])
def test_a_strange_person_is_told(anybody, body, field):
    people = [[{**body["people"][0], field: strange}] for strange in STRANGE if strange != ""]

    answers = [anybody.post("bookings/", {**body, "people": one}) for one in people]

    assert {answer.status_code for answer in answers} <= {400, 409, 201}
    assert {a.json()["field"] for a in answers if a.status_code == 400} == {f"people.0.{field}"}


@pytest.mark.parametrize(
    "path",
    [
        "phone-proofs/",
        "bookings/",
        "halls/H01/check-in/",
        "halls/H01/tickets/",
    ],
)
@pytest.mark.parametrize(
    "sent", ["[]", '"text"', "1", "null", "{", "[" * 50_000, '{"a":1e999}', "\x00", "NaN", ""]
)
def test_a_body_that_is_no_object_is_malformed(as_guide, path, sent):
    assert as_guide.post(path, sent).status_code == 400


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", "application/xml"])
def test_another_media_type_is_unsupported(anybody, kind):
    answer = anybody.post("phone-proofs/", '{"phone": "1"}', content_type=kind)

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_huge_body_is_too_large(anybody):
    answer = anybody.post("phone-proofs/", {"phone": "1" * 300_000})

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "path",
    [
        "nothing/",
        "",
        "halls/H01",
        "halls/\x00/board/",
        "halls/" + "9" * 300 + "/board/",
        "tickets/🚀/",
        "tickets/" + "9" * 32 + "/",
        "tickets/" + "-" * 22 + "/",
        "bookings/%00/",
        "phone-proofs/nouuid/",
        "windows/99999999999999999999999/call-next/",
        "windows/-1/call-next/",
    ],
)
def test_an_address_of_nothing_is_absent_in_json(as_clerk, path):
    answers = [as_clerk.get(path), as_clerk.post(path)]

    assert {answer.status_code for answer in answers} <= {404, 405}
    assert (answers[0].status_code == 405) or answers[0].json()["code"] == "not_found"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "matter=RENEW",
        "matter=&from=2027-03-04",
        "matter=RENEW&from=2027-13-01",
        "matter=RENEW&from=9999-12-31",
        "matter=RENEW&from=0001-01-01",
        "matter=RENEW&from=2027-03-04&days=0",
        "matter=RENEW&from=2027-03-04&days=1e9",
        "matter=RENEW&from=2027-03-04&days=99999999999999999999",
        "matter=RENEW&from=2027-03-04&hall=H99",
        "matter=RENEW&from=2027-03-04&hall=%00",
        "matter=%00&from=2027-03-04",
        "matter=RENEW&from=2027-03-04&people=0",
    ],
)
def test_a_strange_question_is_malformed(anybody, query):
    answer = anybody.get(f"availability/?{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_a_wrong_method_is_told(anybody):
    answers = [anybody.post("matters/"), anybody.get("phone-proofs/")]

    assert [answer.status_code for answer in answers] == [405, 405]


def test_the_answer_speaks_the_language_asked_for(anybody):
    english = anybody.post("phone-proofs/", {"phone": "12"}).json()
    chinese = anybody.post("phone-proofs/", {"phone": "12"}, **{"Accept-Language": "zh-CN"}).json()

    assert english["errors"][0]["code"] == chinese["errors"][0]["code"] == "phone_shape"
    assert english["detail"].isascii()
    assert anybody.get("matters/", **{"Accept-Language": "en"}).status_code == 200


def test_a_phone_asked_too_often_waits(anybody):
    answers = [anybody.post("phone-proofs/", {"phone": PHONE}) for _ in range(8)]

    assert answers[-1].status_code == 429
    assert answers[-1].json()["code"] == "too_many_codes"
    assert 0 < int(answers[-1]["Retry-After"]) <= 3601
