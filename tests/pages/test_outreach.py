"""A session's own link, from the supervisor's press to the worker's booking. C29"""

import re
from datetime import time, timedelta

import pytest
from django.test import Client

from appointments.models import Booking
from appointments.rescheduling import reschedule
from tests.concurrency.asking import nothing_is_broken
from tests.conftest import DAY, NOON, make_session, make_staff, slot_at
from tests.pages.filling_in import answers, type_code
from tests.pages.reading import key_of, text_of, words_of
from windows.links import make_link, release_due, revoke_link
from windows.models import SessionLink

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
LANGUAGES = ["zh-hans", "en"]


@pytest.fixture
def session(hall, windows):
    return make_session(hall, windows, opens=time(13), closes=time(17), online=60)


@pytest.fixture
def link(session):
    return make_link(
        session=session, name_zh="南海电器厂", name_en="Nanhai Appliances", percent=50,
        releases_at=NOON + timedelta(minutes=50), by=None, now=NOON,
    )  # fmt: skip


@pytest.fixture
def boss(client, supervisor):
    client.cookies["django_language"] = "en"
    client.force_login(supervisor)
    return client


def asked(**changes) -> dict:
    return {"name_zh": "南海电器厂", "name_en": "Nanhai Appliances", "percent": "50",
            "releases_at": "2027-03-04T12:50", "key": "first", **changes}  # fmt: skip


def book_by(citizen: Client, link, slot, people=1):
    """Through all pages; the booking's own page."""
    chosen = citizen.get(f"/o/{link.token}/RENEW/?people={people}&slot={slot.pk}&go=1")
    who = citizen.get(chosen.url)
    action = re.search(r'action="(/book/[^"]+)"', text_of(who))[1].replace("&amp;", "&")
    citizen.post(action, answers(people))
    held = type_code(citizen)
    check = citizen.get(held.url)
    return citizen.post(held.url, {"key": key_of(check), "action": "confirm"})


def test_a_supervisor_makes_a_link_once_however_often_it_is_pressed(boss, session):
    address = f"/supervise/sessions/{session.pk}/links/make/"

    told = [boss.post(address, asked()) for _ in range(2)]

    assert {one.status_code for one in told} == {302}
    link = SessionLink.objects.get()
    page = words_of(boss.get(f"/supervise/sessions/{session.pk}/links/"))
    assert "The link is ready." in page
    assert "Nanhai Appliances" in page
    assert "0 people booked by it. Keeps 50 % of the online minutes until Thursday 4 March" in page
    assert f"/o/{link.token}/" in page
    assert set(session.slots.values_list("online_quota", "reserved_quota")) == {(30, 30)}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name_zh": " "}, "Enter who invites."),
        ({"percent": "101"}, "Enter a number from 0 to 100."),
        ({"percent": "a"}, "Enter a number from 0 to 100."),
        ({"releases_at": ""}, "Say from when the kept minutes are for everyone"),
        ({"releases_at": "2027-03-04T19:00"}, "Say from when the kept minutes are for everyone"),
        ({"releases_at": "9999-12-31T23:59"}, "Enter day and hour like"),
    ],
)
def test_wrong_answers_are_told_beside_their_field_and_kept(boss, session, wrong, said):
    page = boss.post(f"/supervise/sessions/{session.pk}/links/make/", asked(**wrong))

    assert page.status_code in (400, 409)
    assert said in text_of(page)
    assert "Nanhai Appliances" in text_of(page)
    assert not SessionLink.objects.exists()


def test_a_worker_books_by_the_link_what_nobody_else_can_have(citizen, session, link, renewal):
    slot = slot_at(session, 14)
    session.slots.update(online_taken=30)

    assert "Full" in words_of(citizen.get(f"/book/RENEW/when/?hall=H01&day={DAY}"))
    invited = words_of(citizen.get(f"/o/{link.token}/"))
    assert "Nanhai Appliances invites you" in invited
    assert "Places are kept for you until" in invited
    session.slots.update(online_taken=0)
    done = book_by(citizen, link, slot, people=2)

    assert citizen.get(done.url).status_code == 200
    booked = Booking.objects.values_list("channel", "group__link", "state", "slot")
    assert set(booked) == {("reserved", link.pk, "confirmed", slot.pk)}
    nothing_is_broken()


def test_a_time_that_was_just_taken_leads_back_to_the_session_of_the_link(
    citizen, session, link, renewal
):
    slot = slot_at(session, 14)
    chosen = citizen.get(f"/o/{link.token}/RENEW/?slot={slot.pk}")
    session.slots.filter(pk=slot.pk).update(online_taken=30, reserved_taken=30)
    citizen.post(chosen.url, answers())

    back = type_code(citizen)

    assert back.status_code == 409
    assert "Nanhai Appliances invites you" in words_of(back)
    assert "What you typed is kept." in words_of(back)
    again = citizen.get(f"/o/{link.token}/RENEW/?slot={slot_at(session, 15).pk}")
    assert 'value="陈小宁"' in text_of(citizen.get(again.url))


def test_a_link_that_was_taken_back_meanwhile_is_told_and_one_goes_on_without(
    citizen, session, link
):
    chosen = citizen.get(f"/o/{link.token}/RENEW/?slot={slot_at(session, 14).pk}")
    citizen.post(chosen.url, answers())
    revoke_link(link=link, now=NOON)

    told = type_code(citizen)

    assert told.status_code == 409
    assert "This link is no longer valid. You can book without it." in words_of(told)
    assert not Booking.objects.exists()
    assert citizen.get(f"/o/{link.token}/").status_code == 410
    assert citizen.get(f"/o/{link.token}/RENEW/").status_code == 410


def test_a_link_of_nobody_and_a_matter_that_is_not_served_are_not_found(citizen, session, link):
    session.matter_ids = [0]
    session.save(update_fields=["matter_ids"])

    assert citizen.get("/o/nothing/").status_code == 404
    assert citizen.get(f"/o/{link.token}/RENEW/").status_code == 404
    assert "Nothing can be booked" in words_of(citizen.get(f"/o/{link.token}/"))


def test_without_a_time_one_is_asked_for_it(citizen, link):
    page = citizen.get(f"/o/{link.token}/RENEW/?go=1&people=99")

    assert page.status_code == 400
    assert "Choose a time first." in words_of(page)


def test_what_moves_elsewhere_stands_among_the_others_there(citizen, session, link, hall, windows):
    book_by(citizen, link, slot_at(session, 14))
    booking = Booking.objects.get()
    other = make_session(hall, windows, day=DAY + timedelta(days=1), online=60)

    reschedule(booking=booking, slot_id=slot_at(session, 15).pk, now=NOON)
    within = Booking.objects.get().channel
    reschedule(booking=Booking.objects.get(), slot_id=slot_at(other, 10).pk, now=NOON)
    outside = Booking.objects.get().channel
    reschedule(booking=Booking.objects.get(), slot_id=slot_at(session, 16).pk, now=NOON)

    assert (within, outside, Booking.objects.get().channel) == ("reserved", "online", "reserved")
    nothing_is_broken()


def test_who_invites_sees_numbers_and_no_names(citizen, session, link):
    book_by(citizen, link, slot_at(session, 14), people=2)

    page = citizen.get(f"/o/{link.token}/fill/{link.inviter_token}/")

    words = words_of(page)
    assert "People booked 2" in words or "2 People booked" in words
    assert "12 of 30" in words
    assert "陈" not in words
    assert not any(b.reference in words for b in Booking.objects.all())
    assert citizen.get(f"/o/{link.token}/fill/{link.token}/").status_code == 404
    release_due(now=NOON + timedelta(hours=1))
    assert "what was left is for everyone" in words_of(citizen.get(page.request["PATH_INFO"]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_poster_says_it_in_both_languages_whichever_is_read(client, supervisor, language, link):
    client.cookies["django_language"] = language
    client.force_login(supervisor)

    poster = text_of(client.get(f"/supervise/sessions/{link.session_id}/links/{link.pk}/poster/"))

    assert "南海电器厂" in poster
    assert "Nanhai Appliances" in poster
    assert "禾塘办证大厅" in poster
    assert "Hetang Hall" in poster
    assert "<svg" in poster
    assert f"/o/{link.token}/" in poster


def test_taking_it_back_keeps_who_has_booked(boss, session, link):
    visitor = Client()
    visitor.cookies["django_language"] = "en"
    book_by(visitor, link, slot_at(session, 14))

    boss.post(f"/supervise/sessions/{session.pk}/links/{link.pk}/revoke/", {"key": "k"})

    assert Booking.objects.get().state == "confirmed"
    assert visitor.get(f"/o/{link.token}/").status_code == 410
    slot = slot_at(session, 14)
    assert (slot.online_quota, slot.reserved_quota, slot.reserved_taken) == (54, 6, 6)
    nothing_is_broken()


def test_another_halls_supervisor_and_a_viewer_make_no_links(session, link, hall, other_hall):
    stranger, viewer = Client(), Client()
    stranger.force_login(make_staff("other boss", other_hall, "supervisor"))
    viewer.force_login(make_staff("viewer", hall, "viewer"))
    base = f"/supervise/sessions/{session.pk}/links/"

    assert stranger.get(base).status_code == 404
    assert stranger.post(f"{base}make/", asked()).status_code == 404
    assert stranger.post(f"{base}{link.pk}/revoke/", {"key": "k"}).status_code == 404
    assert stranger.get(f"{base}{link.pk}/poster/").status_code == 404
    assert viewer.get(base).status_code == 200
    assert "make/" not in text_of(viewer.get(base))
    assert viewer.post(f"{base}make/", asked()).status_code == 403
    assert viewer.post(f"{base}{link.pk}/revoke/", {"key": "k"}).status_code == 403
    assert SessionLink.objects.get().revoked_at is None
