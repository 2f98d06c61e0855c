"""Booking for somebody, and several matters in one visit, over the API. # C12 C27"""

import pytest

from appointments.models import Booking, Message
from tests.api.conftest import Caller
from tests.conftest import NOON, an_id, make_session, make_staff, slot_at


@pytest.fixture
def kept(session):
    session.slots.update(online_quota=48, assisted_quota=12, walkin_quota=30)
    return session


def person(number: int = 1, **more) -> dict:
    return {"name": "陈小宁", "id_number": an_id(number).number, **more}


def body(session, *people, **more) -> dict:
    slot = slot_at(session, 14)
    return {"slot": slot.pk, "matter": "RENEW", "people": list(people) or [person()], **more}


class TestAssistedBookings:
    def test_is_promised_at_once(self, as_guide, kept, guide):
        answer = as_guide.post("assisted-bookings/", body(kept))

        told = answer.json()
        booking = Booking.objects.get()
        assert answer.status_code == 201
        assert list(told) == ["group", "bookings"]
        assert told["bookings"][0]["reference"] == booking.reference
        assert told["bookings"][0]["state"] == booking.state == "confirmed"
        assert told["bookings"][0]["starts_at"].endswith("+08:00")
        assert booking.channel == "assisted"
        assert not Message.objects.exists()

    def test_its_secret_opens_the_booking(self, as_guide, anybody, kept):
        one = as_guide.post("assisted-bookings/", body(kept)).json()["bookings"][0]

        mine = anybody.get(f"bookings/{one['reference']}/", **{"X-Booking-Secret": one["secret"]})

        assert mine.json()["state"] == "confirmed"

    def test_the_same_key_is_the_same_booking(self, as_guide, kept):
        first, second = (as_guide.post("assisted-bookings/", body(kept), key="k") for _ in range(2))

        assert first.json() == second.json()
        assert Booking.objects.count() == 1

    def test_a_phone_is_written_to_in_its_language(self, as_guide, kept):
        as_guide.post("assisted-bookings/", body(kept, phone="13800138000", language="en"))

        assert Booking.objects.get().group.language == "en"
        assert Message.objects.filter(kind="confirmed").count() == 1

    def test_a_chain_with_needs(self, as_guide, kept, pickup):
        one = person(matters=["RENEW", "PICKUP"], needs=["wheelchair"])

        told = as_guide.post("assisted-bookings/", body(kept, one)).json()

        assert [b["matter"] for b in told["bookings"]] == ["RENEW", "PICKUP"]

    def test_is_for_guides_supervisors_and_agents(
        self, kept, anybody, as_clerk, as_auditor, as_supervisor
    ):
        agent = Caller(make_staff("agent", None, "agent"))
        asked = [anybody, as_clerk, as_auditor, as_supervisor, agent]

        answers = [
            one.post("assisted-bookings/", body(kept, person(n))) for n, one in enumerate(asked)
        ]

        assert [answer.status_code for answer in answers] == [403, 403, 403, 201, 201]

    def test_another_halls_slot_is_absent(self, as_guide, other_hall, renewal, kept):
        window = other_hall.windows.create(number=1)
        window.matters.add(renewal)
        elsewhere = make_session(other_hall, [window])

        assert as_guide.post("assisted-bookings/", body(elsewhere)).status_code == 404

    def test_is_refused_when_the_quota_is_used_up(self, as_guide, kept):
        kept.slots.update(assisted_taken=12)

        answer = as_guide.post("assisted-bookings/", body(kept))

        assert (answer.status_code, answer.json()["code"]) == (409, "slot_full")


class TestOnlineBookings:
    @pytest.fixture
    def ask(self, anybody, proof, session):
        def asked(*people):
            return anybody.post(
                "bookings/", body(session, *people, phone="13800138000", proof=proof)
            )

        return asked

    def test_a_chain_is_one_visit(self, ask, anybody, pickup):
        answer = ask(person(matters=["RENEW", "PICKUP"], needs=["time"]))

        assert answer.status_code == 201
        bookings = Booking.objects.order_by("position")
        assert [(b.matter.code, b.minutes) for b in bookings] == [("RENEW", 9), ("PICKUP", 5)]

    @pytest.mark.parametrize(
        "more", [{"needs": ["gold"]}, {"needs": "time"}, {"matters": ["NO"]}, {"matters": [1]}]
    )
    def test_strange_needs_and_matters_are_malformed(self, ask, more):
        assert ask(person(**more)).status_code == 400

    def test_too_long_a_chain_is_refused(self, ask, first_minor, pickup, renewal):
        from tests.conftest import make_matter

        for n in range(2):
            make_matter(f"M{n}", "M", 1)
        answer = ask(person(matters=["RENEW", "PICKUP", "M0", "M1"]))

        assert (answer.status_code, answer.json()["code"]) == (409, "chain_too_long")


def test_the_desk_finishes_a_visit_matter_by_matter(
    as_guide, as_clerk, kept, pickup, at_window_3, hall, clock
):
    slot = slot_at(kept, 12, 30)
    one = person(matters=["RENEW", "PICKUP"])
    told = as_guide.post(
        "assisted-bookings/", {"slot": slot.pk, "matter": "RENEW", "people": [one]}
    ).json()
    for booking in told["bookings"]:
        ticket = as_guide.post("halls/H01/check-in/", {"reference": booking["reference"]}).json()
    assert ticket["number"] == "A001"
    clock.now = NOON
    as_clerk.post(f"windows/{at_window_3.pk}/call-next/")

    states = []
    for _ in range(2):
        clock.forward(minutes=5)
        done = as_clerk.post(f"tickets/{ticket['public_id']}/finish/").json()
        states.append((done["state"], done["matter"]))

    assert states == [("serving", "PICKUP"), ("finished", "PICKUP")]
