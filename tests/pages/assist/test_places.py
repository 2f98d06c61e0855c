"""Finding a place for somebody. # C12"""

import pytest

from appointments.models import VainSearch
from tests.conftest import (
    DAY,
    make_matter,
    slot_at,
)
from tests.pages.assist.conftest import LANGUAGES, who
from tests.pages.test_desk import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


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
