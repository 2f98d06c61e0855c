"""The halls by their districts on a map, and in a table. # C35"""

import re

import pytest

from tests.pages.city.conftest import CITY, many_halls, text_of
from tests.pages.reading import words_of

pytestmark = pytest.mark.django_db


class TestMap:
    def test_districts_are_named_and_said_in_a_table(self, admin, renewal):
        many_halls(renewal, 9)

        page = text_of(admin.get(CITY))

        assert page.count('class="map__hall') == 9
        assert len(re.findall(r'class="map__name"[^>]*>District \d', page)) == 8
        table = page.split('id="map"')[1].split("<table")[1]
        assert len(re.findall(r'<th scope="row">District \d', table)) == 8

    def test_one_district_shows_its_halls(self, admin, renewal):
        many_halls(renewal, 9)

        page = text_of(admin.get(f"{CITY}?district=第0区&map=wait"))

        assert re.findall(r'class="map__name"[^>]*>(Number \d)', page) == ["Number 0", "Number 8"]

    def test_halls_without_a_position_are_counted(self, boss, admin, hall, renewal):
        assert "No hall has a position yet" in words_of(boss.get(CITY))

        many_halls(renewal, 4)
        assert "1 hall has no position and is left out" in words_of(admin.get(CITY))
