"""The page of all one's halls takes six queries, whatever is asked. # C35"""

import pytest

from queues.issuing import issue_walk_in
from tests.conftest import NOON
from tests.pages.city.conftest import CITY, many_halls, searched, text_of
from tests.pages.reading import words_of

pytestmark = pytest.mark.django_db


class TestQueries:
    def test_the_whole_city_takes_six(self, admin, renewal, django_assert_max_num_queries):
        halls = many_halls(renewal)
        searched(halls[3], renewal, 24)
        issue_walk_in(hall=halls[0], matter=renewal, now=NOON)

        with django_assert_max_num_queries(6):  # session, person, right, halls, days, lines
            answer = admin.get(CITY)

        assert text_of(answer).count('<th scope="row"') >= 33
        assert "33 halls" in words_of(answer)

    @pytest.mark.parametrize("asked", ["district=第1区", "order=full", "order=wait&map=wait"])
    def test_so_does_every_way_to_look_at_it(
        self, admin, renewal, django_assert_max_num_queries, asked
    ):
        many_halls(renewal, 9)

        with django_assert_max_num_queries(6):
            assert admin.get(f"{CITY}?{asked}").status_code == 200
