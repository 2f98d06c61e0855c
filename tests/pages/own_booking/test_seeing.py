"""One's own booking by its link: what it shows, and to whom. # C11 C19"""

import re

import pytest

from appointments.sealing import booking_secret
from tests.pages.own_booking.conftest import own
from tests.pages.reading import text_of
from windows.models import Material

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_its_pages_answer_in_both_languages(client, language, booking):
    client.cookies["django_language"] = language

    for part in ("", "cancel/", "change/", "calendar.ics"):
        assert client.get(own(booking, part)).status_code == 200


def test_it_shows_where_when_whom_and_the_code(citizen, booking, renewal):
    Material.objects.create(matter=renewal, position=1, name_zh="旧证", name_en="The old card")

    page = text_of(citizen.get(own(booking)))

    for words in ("Thursday 4 March, 15:00", "Hetang Hall", booking.reference, "The old card"):
        assert words in page
    assert "<svg" in page
    assert "style=" not in page
    assert "onclick" not in page


def test_it_never_shows_the_whole_id_number(citizen, booking):
    page = text_of(citizen.get(own(booking)))

    assert "440***********" in page
    assert not re.search(r"\d{17}[\dX]", page)


@pytest.mark.parametrize("secret", ["", "?k=", "?k=wrong", "?k=%00", "?k=é", "?k=" + "x" * 3000])
@pytest.mark.parametrize("part", ["", "cancel/", "change/", "appeal/", "calendar.ics"])
def test_without_its_secret_it_is_not_found(citizen, booking, part, secret):
    assert citizen.get(f"/b/{booking.reference}/{part}{secret}").status_code == 404


def test_anothers_secret_opens_nothing(citizen, family):
    mine, other = family[0], family[1]

    answer = citizen.get(f"/b/{mine.reference}/?k={booking_secret(other.reference)}")

    assert answer.status_code == 404


def test_the_family_is_listed_with_links_of_their_own(citizen, family):
    page = text_of(citizen.get(own(family[0])))

    assert "王*" in page
    assert "王芳" not in page
    assert own(family[1]).replace("&", "&amp;") in page


@pytest.mark.parametrize(
    ("part", "method"),
    [
        ("", "post"),
        ("calendar.ics", "post"),
        ("confirm/", "get"),
        ("cancel/", "put"),
        ("extend/", "get"),
        ("undo/", "get"),
    ],
)
def test_the_wrong_method_is_405(citizen, booking, part, method):
    assert getattr(citizen, method)(own(booking, part)).status_code == 405


def test_the_page_is_kept_by_no_cache(citizen, booking):
    assert "no-store" in citizen.get(own(booking))["Cache-Control"]
