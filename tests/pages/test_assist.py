"""Booking for somebody: the pages of guides and phone agents. # C12"""

import re

import pytest

from appointments.arriving import check_in
from appointments.assisting import book_for
from appointments.attending import Attendee
from appointments.booking import hold
from appointments.models import Booking, Message, VainSearch
from appointments.sealing import unseal
from tests.conftest import (
    DAY,
    NOON,
    a_person,
    an_id,
    make_matter,
    make_session,
    make_staff,
    slot_at,
)
from tests.pages.filling_in import answers
from tests.pages.reading import key_of
from tests.pages.test_desk import text_of
from windows.models import Material

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
LANGUAGES = ["zh-hans", "en"]
CHILD = an_id(7, born="20150601").number


@pytest.fixture
def kept(session, renewal):
    """Every slot keeps 12 of its 90 minutes for people whom staff help."""
    session.slots.update(online_quota=48, assisted_quota=12, walkin_quota=30)
    Material.objects.create(matter=renewal, position=1, name_zh="旧身份证", name_en="The old card")
    return session


@pytest.fixture
def elsewhere(other_hall, renewal, kept):
    window = other_hall.windows.create(number=1)
    window.matters.add(renewal)
    session = make_session(other_hall, [window])
    session.slots.update(online_quota=18, assisted_quota=12)
    return session


@pytest.fixture
def agent(db):
    return make_staff("agent", None, "agent")


@pytest.fixture
def browser_of(client):
    def signed_in(staff):
        client.cookies["django_language"] = "en"
        client.force_login(staff)
        return client

    return signed_in


@pytest.fixture
def at_work(browser_of, agent):
    """The agent's browser."""
    return browser_of(agent)


def who(slot, query="matter=RENEW") -> str:
    return f"/floor/assist/{slot.pk}/?{query}"


def book(browser, slot, query="matter=RENEW", people=1, **changes):
    return browser.post(who(slot, query), answers(people, **{"phone": "", **changes}))


def look(browser, name="陈小宁", said=None):
    return browser.post("/floor/assist/look/", {"name": name, "said": said or an_id(1).number})


class TestWhoMay:
    WAYS = ["/floor/assist/", "/floor/assist/look/", "/floor/assist/1/?matter=RENEW"]

    @pytest.mark.parametrize("way", WAYS)
    def test_strangers_sign_in_first(self, client, hall, way):
        assert client.get(way).url.startswith("/login/")

    @pytest.mark.parametrize("way", WAYS)
    def test_clerks_and_auditors_have_no_such_page(self, browser_of, clerk, way):
        assert browser_of(clerk).get(way).status_code == 403
        assert browser_of(make_staff("x", None, "auditor")).get(way).status_code == 403

    def test_an_agent_lands_there_after_signing_in(self, at_work):
        assert at_work.get("/staff/").url == "/floor/assist/"

    def test_the_guides_tablet_leads_there(self, browser_of, guide, kept):
        assert 'href="/floor/assist/?hall=H01"' in browser_of(guide).get("/floor/").content.decode()


class TestPlaces:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_the_pages_answer_in_both_languages(self, at_work, kept, language):
        at_work.cookies["django_language"] = language
        ways = [
            "/floor/assist/",
            "/floor/assist/?matter=RENEW",
            f"/floor/assist/?matter=RENEW&hall=H01&day={DAY}&people=2&also=PICKUP&more_time=1",
            "/floor/assist/look/",
            who(slot_at(kept, 14)),
        ]

        assert [at_work.get(way).status_code for way in ways] == [200] * 5

    def test_an_agent_finds_the_soonest_place_of_the_city(self, at_work, kept, elsewhere):
        kept.slots.filter(pk__lt=slot_at(kept, 15).pk).update(is_open=False)

        page = text_of(at_work.get("/floor/assist/?matter=RENEW"))

        assert page.index("Guilan Hall ·") < page.index("Hetang Hall ·")

    def test_a_guide_sees_the_own_hall_only(self, browser_of, guide, kept, elsewhere):
        page = text_of(browser_of(guide).get("/floor/assist/?matter=RENEW"))

        assert "Hetang Hall" in page
        assert "Guilan Hall" not in page
        there = browser_of(guide).get("/floor/assist/?matter=RENEW&hall=H02")
        assert there.status_code == 400

    def test_only_assisted_places_are_shown(self, at_work, kept, renewal):
        slot = slot_at(kept, 14)
        way = f"/floor/assist/?matter=RENEW&hall=H01&day={DAY}"
        assert "14:00" in text_of(at_work.get(way))

        kept.slots.filter(pk=slot.pk).update(assisted_taken=12)

        page = text_of(at_work.get(way))
        assert "14:00" not in page
        assert "14:30" in page

    def test_more_time_and_more_people_ask_for_more(self, at_work, kept):
        kept.slots.exclude(pk=slot_at(kept, 14).pk).update(is_open=False)
        way = f"/floor/assist/?matter=RENEW&hall=H01&day={DAY}"

        assert "14:00" in text_of(at_work.get(f"{way}&people=2"))
        assert "No assisted place is free" in text_of(at_work.get(f"{way}&people=2&more_time=1"))
        assert "No assisted place is free" in text_of(at_work.get(f"{way}&people=2&also=PICKUP"))

    def test_a_search_in_vain_is_counted_once(self, at_work, kept):
        kept.slots.update(assisted_quota=0, walkin_quota=42)

        for _ in range(2):
            page = text_of(at_work.get("/floor/assist/?matter=RENEW&hall=H01"))

        assert "come without a booking" in page
        vain = VainSearch.objects.get()
        assert (vain.channel, vain.halls, vain.count) == ("assisted", "H01", 1)

    def test_too_many_matters_are_refused_in_words(self, at_work, kept):
        more = [make_matter(f"M{n}", "M", 2) for n in range(3)]
        also = "".join(f"&also={one.code}" for one in more)

        page = at_work.get(f"/floor/assist/?matter=RENEW{also}")

        assert page.status_code == 400
        assert "At most 3 matters fit into one visit." in text_of(page)

    @pytest.mark.parametrize(
        "query", ["matter=NO", "matter=RENEW&day=x", "matter=RENEW&people=9", "matter=%00"]
    )
    def test_strange_searches_are_malformed(self, at_work, kept, query):
        assert at_work.get(f"/floor/assist/?{query}").status_code == 400


class TestBooking:
    def test_without_a_phone_and_without_a_code(self, at_work, kept):
        booked = book(at_work, slot_at(kept, 14))
        page = text_of(at_work.get(booked.url))

        booking = Booking.objects.get()
        assert (booking.state, booking.channel) == ("confirmed", "assisted")
        assert not Message.objects.exists()
        assert "It is booked for 陈小宁: Renew." in page
        assert " ".join(booking.reference) in page
        assert "Please bring: The old card." in page

    def test_with_a_phone_the_message_goes_there(self, at_work, kept):
        book(at_work, slot_at(kept, 14), phone="138 0013 8000")

        message = Message.objects.get(kind="confirmed")
        assert unseal(message.to_sealed, purpose="phone") == "+8613800138000"

    def test_pressed_twice_is_booked_once(self, at_work, kept):
        first, second = (book(at_work, slot_at(kept, 14)) for _ in range(2))

        assert first.url == second.url
        assert Booking.objects.count() == 1

    def test_what_is_wrong_is_told_beside_its_field(self, at_work, kept):
        page = book(at_work, slot_at(kept, 14), phone="12", name_1="")

        assert page.status_code == 400
        assert "Enter the name." in text_of(page)
        assert not Booking.objects.exists()

    def test_a_family_with_a_child_and_a_chain(self, at_work, kept, first_minor, pickup):
        kept.slots.update(online_quota=30, assisted_quota=30)

        booked = book(
            at_work, slot_at(kept, 14), "matter=RENEW&also=FIRST_MINOR&also=PICKUP&people=2",
            people=2, name_2="陈小贝", id_number_2=CHILD, consent="on",
            matters_1=["RENEW", "PICKUP"], matters_2=["FIRST_MINOR"],
        )  # fmt: skip
        page = text_of(at_work.get(booked.url))

        assert [b.matter.code for b in Booking.objects.order_by("position")] == [
            "RENEW", "PICKUP", "FIRST_MINOR",
        ]  # fmt: skip
        assert page.count("Read aloud") == 2
        assert "陈小宁 comes along, with the ID card." in page

    def test_a_time_that_was_taken_meanwhile_is_told(self, at_work, kept):
        kept.slots.update(assisted_taken=12)

        page = book(at_work, slot_at(kept, 14))

        assert page.status_code == 409
        assert "has just been taken" in text_of(page)
        assert 'value="陈小宁"' in page.content.decode()

    def test_another_halls_time_is_not_found(self, browser_of, guide, kept, elsewhere):
        slot = slot_at(elsewhere, 14)

        assert browser_of(guide).get(who(slot)).status_code == 404
        assert book(browser_of(guide), slot).status_code == 404

    def test_who_is_booked_already_is_one_press_from_that_booking(self, at_work, kept, renewal):
        slot = slot_at(kept, 15)
        hold(
            slot_id=slot.pk, matter=renewal, people=[a_person(1)], phone="+8613900139000", now=NOON
        )

        page = book(at_work, slot_at(kept, 14))

        assert page.status_code == 409
        assert "Look at the bookings of 陈小宁" in text_of(page)

    def test_the_number_on_the_slip_checks_in(self, at_work, kept, hall):
        book(at_work, slot_at(kept, 12, 30))

        ticket = check_in(hall=hall, reference=Booking.objects.get().reference, now=NOON)

        assert ticket.label == "A001"

    @pytest.mark.parametrize("paper", ["80", "a4"])
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_the_slip_has_code_number_and_what_to_bring(self, at_work, kept, paper, language):
        booked = book(at_work, slot_at(kept, 14))
        at_work.cookies["django_language"] = language

        page = at_work.get(f"{booked.url}?paper={paper}")

        words = {"en": "The old card", "zh-hans": "旧身份证"}
        assert "<svg" in page.content.decode()
        assert Booking.objects.get().reference in text_of(page)
        assert words[language] in text_of(page)
        assert ("paper--a4" in page.content.decode()) == (paper == "a4")
        assert an_id(1).number not in page.content.decode()
        assert "陈小宁" not in page.content.decode()

    def test_a_colleagues_slip_is_not_found(self, at_work, kept, browser_of, guide):
        booked = book(at_work, slot_at(kept, 14))

        assert browser_of(guide).get(booked.url).status_code == 404


class TestLookingUp:
    @pytest.fixture
    def booked(self, kept, renewal, pickup, guide):
        people = [Attendee("陈小宁", an_id(1), matters=(renewal, pickup))]
        slot = slot_at(kept, 14)
        return book_for(
            slot_id=slot.pk, matter=renewal, people=people, phone=None, by=guide, now=NOON
        )

    def test_shows_the_visit_masked_and_journals_the_look(self, at_work, booked, agent):
        page = text_of(look(at_work))

        assert "陈*宁" in page
        assert "Renew" in page
        assert an_id(1).number not in page
        seen = booked[0].events.get(kind="seen")
        assert seen.by == agent

    def test_by_the_number_of_the_slip(self, at_work, booked):
        assert booked[0].reference in text_of(look(at_work, said=booked[1].reference))

    def test_nothing_booked_leads_to_a_new_booking(self, at_work, kept):
        assert "Nothing is booked for this person" in text_of(look(at_work))

    def test_another_name_is_kept_from_the_phone_and_shown_to_the_guide(
        self, at_work, booked, browser_of, guide
    ):
        refused = look(at_work, name="王二")
        shown = text_of(look(browser_of(guide), name="王二"))

        assert refused.status_code == 409
        assert booked[0].reference not in text_of(refused)
        assert "The booking has another name" in shown

    def test_no_booking_opens_without_a_look(self, at_work, booked):
        assert at_work.get(f"/floor/assist/b/{booked[0].reference}/").status_code == 404
        assert at_work.get(f"/floor/assist/slip/{booked[0].group_id}/").status_code == 404

    def test_the_visit_is_moved_with_one_press(self, at_work, booked, kept, agent):
        look(at_work)
        here = f"/floor/assist/b/{booked[0].reference}/"
        page = at_work.get(f"{here}?hall=H01&day={DAY}")
        to = slot_at(kept, 15)
        assert f'value="{to.pk}"' in page.content.decode()

        moved = at_work.post(here, {"key": key_of(page), "slot": to.pk})

        assert set(Booking.objects.values_list("slot", flat=True)) == {to.pk}
        assert Booking.objects.first().events.get(kind="moved").by == agent
        assert "15:00" in text_of(at_work.get(moved.url))

    def test_the_visit_is_cancelled_with_one_press(self, at_work, booked):
        look(at_work)
        here = f"/floor/assist/b/{booked[0].reference}/"
        page = at_work.get(here)

        at_work.post(here, {"key": key_of(page), "action": "cancel"})

        assert set(Booking.objects.values_list("state", flat=True)) == {"cancelled"}
        assert "can no longer be changed" in text_of(at_work.get(here))

    def test_a_full_time_is_refused_and_the_old_one_stands(self, at_work, booked, kept):
        look(at_work)
        to = slot_at(kept, 15)
        kept.slots.filter(pk__gte=to.pk).update(assisted_taken=12)
        here = f"/floor/assist/b/{booked[0].reference}/"

        page = at_work.post(here, {"key": "k", "slot": to.pk})

        assert page.status_code == 409
        assert set(Booking.objects.values_list("slot", flat=True)) == {slot_at(kept, 14).pk}

    @pytest.mark.parametrize("sent", [{}, {"action": "x"}, {"slot": "x"}])
    def test_other_presses_are_malformed(self, at_work, booked, sent):
        look(at_work)

        answer = at_work.post(f"/floor/assist/b/{booked[0].reference}/", {"key": "k", **sent})

        assert answer.status_code == 400

    @pytest.mark.parametrize(
        ("name", "said"), [("", "x"), ("1", "1"), ("陈小宁", ""), ("陈小宁", "?")]
    )
    def test_what_cannot_be_meant_is_told(self, at_work, kept, name, said):
        answer = at_work.post("/floor/assist/look/", {"name": name, "said": said})

        assert answer.status_code == 400
        assert re.search(r'id="id_\w+_error"', answer.content.decode())
