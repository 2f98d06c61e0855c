"""Self-service points: where they stand for citizens, who says whether they work. C28"""

import re
from datetime import time, timedelta

import pytest
from django.test import Client

from tests.conftest import NOON, make_session, make_staff
from tests.pages.reading import text_of, words_of
from windows.models import SelfServicePoint
from windows.points import is_open, points_shown, set_out, set_working, working_for

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def make_point(code, hall, matters=(), **more):
    facts = {
        "kind": "terminal", "name_zh": f"自助机 {code}", "name_en": f"Terminal {code}",
        "district_zh": hall.district_zh if hall else "禾塘区",
        "district_en": hall.district_en if hall else "Hetang",
        "address_zh": "灯塔路 1 号", "address_en": "1 Lighthouse Road", "changed_at": NOON,
        "does_en": "Renewals by face check", "does_zh": "刷脸换领",
    }  # fmt: skip
    point = SelfServicePoint.objects.create(code=code, hall=hall, **{**facts, **more})
    point.matters.set(matters)
    return point


@pytest.fixture
def terminal(hall, renewal):
    return make_point("P1", hall, [renewal])


@pytest.fixture
def night_box(other_hall, pickup):
    return make_point("P2", other_hall, [pickup], kind="pickup", opens=time(20), closes=time(2))


@pytest.fixture
def boss(client, supervisor):
    client.cookies["django_language"] = "en"
    client.force_login(supervisor)
    return client


@pytest.mark.parametrize(
    ("opens", "closes", "hour", "answer"),
    [
        (None, None, 3, True),
        (time(8), time(20), 8, True),
        (time(8), time(20), 20, False),
        (time(20), time(2), 23, True),
        (time(20), time(2), 1, True),
        (time(20), time(2), 2, False),
    ],
)
def test_a_point_is_open_by_its_hours(hall, opens, closes, hour, answer):
    point = make_point("P1", hall, opens=opens, closes=closes)

    assert is_open(point, NOON.replace(hour=0) + timedelta(hours=hour - 8)) == answer


def test_citizens_see_what_works_where_and_when(citizen, terminal, night_box, supervisor):
    set_out(point=terminal, note_en="The reader is broken", by=supervisor, now=NOON)
    make_point("P3", None, is_shown=False, name_en="Hidden")

    page = words_of(citizen.get("/points/"))

    assert "Terminal P1 Out of order since 12:00 today Self-service terminal" in page
    assert "The reader is broken" in page
    assert "Terminal P2 Closed now Card pickup cabinet · 20:00 to 02:00" in page
    assert "Hidden" not in page


def test_points_are_found_by_matter_district_and_hour(citizen, terminal, night_box):
    def names(query):
        return re.findall(r"Terminal P\d", text_of(citizen.get(f"/points/?{query}")))

    assert names("matter=PICKUP") == ["Terminal P2"]
    assert names("district=Hetang") == ["Terminal P1"]
    assert names("open=1") == ["Terminal P1"]
    assert names("matter=NONE&district=%00") == []
    assert "No point fits" in words_of(citizen.get("/points/?district=Nowhere"))


def test_a_visit_is_saved_where_people_look_for_a_time(citizen, terminal, renewal, hall, windows):
    make_session(hall, windows, online=0)
    hint = "1 self-service point does this without a booking"

    for page in (
        "/guide/RENEW/",
        "/book/RENEW/",
        "/book/RENEW/when/",
        "/book/RENEW/when/?hall=H01",
    ):
        assert hint in words_of(citizen.get(page)), page
    assert "/points/" in text_of(citizen.get("/"))
    set_out(point=terminal, by=None, now=NOON)
    assert working_for([renewal]) == 0
    assert hint not in words_of(citizen.get("/guide/RENEW/"))


def test_one_press_says_that_it_is_out_of_order_and_one_that_it_works(boss, terminal, supervisor):
    address = f"/supervise/points/{terminal.pk}/state/"

    boss.post(address, {"key": "a", "state": "out", "note_zh": "缺纸", "note_en": "No paper"})
    terminal.refresh_from_db()
    assert (terminal.state, terminal.out_since, terminal.out_note_en) == ("out", NOON, "No paper")
    assert terminal.changed_by == supervisor
    page = words_of(boss.get("/supervise/points/"))
    assert "1 point is out of order." in page
    assert "said by supervisor, 12:00 today" in page
    boss.post(address, {"key": "b", "state": "works"})

    terminal.refresh_from_db()
    assert (terminal.state, terminal.out_since, terminal.out_note_zh) == ("works", None, "")
    assert "All points work." in words_of(boss.get("/supervise/points/"))


def test_said_twice_it_is_out_since_the_first_time(terminal):
    set_out(point=terminal, by=None, now=NOON)
    again = set_out(point=terminal, note_en="Soon", by=None, now=NOON + timedelta(hours=1))

    assert (again.out_since, again.out_note_en) == (NOON, "Soon")
    set_working(point=terminal, by=None, now=NOON)
    assert set_working(point=terminal, by=None, now=NOON).out_since is None


def test_a_note_that_is_too_long_is_told_and_kept(boss, terminal):
    page = boss.post(
        f"/supervise/points/{terminal.pk}/state/",
        {"key": "a", "state": "out", "note_en": "x" * 101},
    )

    assert page.status_code == 400
    assert "x" * 101 in text_of(page)
    assert SelfServicePoint.objects.get().state == "works"


def test_everybody_says_it_of_their_own_points_only(boss, terminal, night_box, hall):
    viewer, city = Client(), Client()
    viewer.force_login(make_staff("viewer", hall, "viewer"))
    city.force_login(make_staff("admin", None, "admin"))
    nowhere = make_point("P9", None)

    assert boss.post(f"/supervise/points/{night_box.pk}/state/", {"key": "k"}).status_code == 404
    assert boss.post(f"/supervise/points/{nowhere.pk}/state/", {"key": "k"}).status_code == 404
    assert "It is out of order" in text_of(boss.get("/supervise/points/"))
    assert viewer.get("/supervise/points/").status_code == 200
    assert '<form method="post" action="/supervise/points/' not in text_of(
        viewer.get("/supervise/points/")
    )
    assert viewer.post(f"/supervise/points/{terminal.pk}/state/", {"key": "k"}).status_code == 403
    assert city.post(
        f"/supervise/points/{nowhere.pk}/state/", {"key": "k", "state": "out"}
    ).status_code == 302  # fmt: skip
    assert SelfServicePoint.objects.get(pk=nowhere.pk).state == "out"


def test_the_list_is_two_queries(terminal, night_box, django_assert_num_queries):
    with django_assert_num_queries(2):
        assert len(points_shown(now=NOON)) == 2


def test_an_administrator_adds_a_point(admin_client, hall, renewal, admin_user):
    page = admin_client.post(
        "/admin/windows/selfservicepoint/add/",
        {"code": "P7", "kind": "photo", "hall": hall.pk, "name_zh": "照相亭",
         "district_zh": "禾塘区", "address_zh": "灯塔路", "is_shown": "on"},
    )  # fmt: skip

    assert page.status_code == 302
    point = SelfServicePoint.objects.get()
    assert (point.state, point.changed_by_id, point.changed_at) == ("works", admin_user.pk, NOON)


def test_the_simulated_city_has_points_once(hall, other_hall, renewal, pickup):
    from appointments.simulating.points import make_points

    make_points(NOON)
    first = SelfServicePoint.objects.count()
    make_points(NOON)

    assert SelfServicePoint.objects.count() == first == 5
    assert SelfServicePoint.objects.filter(state="out").count() == 1
