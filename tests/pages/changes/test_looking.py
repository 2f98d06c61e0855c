"""Supervisors look what a change of a session would do. # C5 C6"""

import pytest

from appointments.models import Message
from tests.conftest import slot_at
from tests.pages.changes.conftest import TWELVE, cut, way
from tests.pages.reading import text_of, words_of
from windows.models import SessionChange

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


class TestLooking:
    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    @pytest.mark.parametrize("kind", ["extend", "cut", "move", "cancel"])
    def test_each_way_answers_in_both_languages(self, boss, twelve, evening, language, kind):
        boss.cookies["django_language"] = language

        answer = boss.get(way(evening), {"kind": kind})

        assert answer.status_code == 200
        assert ('value="18:30"' in text_of(answer)) == (kind != "cancel")

    def test_tells_who_loses_a_place_and_which_is_proposed(self, boss, windows, evening, twelve):
        page = words_of(boss.get(way(evening), cut(windows)))

        assert "12 people lose their places" in page
        assert page.count("陈小宁") >= TWELVE
        assert "same hall" in page
        assert "18:30 to 21:30" in page
        assert "18:30 to 20:30" in page
        assert "Cut the session and tell 12 people" in page
        assert "Messages leave 5 minutes later" in page

    def test_writes_nothing(self, boss, windows, evening, twelve):
        messages = Message.objects.count()

        for part in ("", "preview/"):
            assert boss.get(way(evening, part), cut(windows)).status_code == 200

        evening.refresh_from_db()
        assert evening.ends_at == slot_at(evening, 21).ends_at
        assert not SessionChange.objects.exists()
        assert Message.objects.count() == messages

    def test_the_fragment_is_the_preview_alone(self, boss, windows, evening):
        page = text_of(boss.get(way(evening, "preview/"), cut(windows)))

        assert "<html" not in page
        assert "Nobody loses a place" in page

    def test_a_link_may_ask_for_one_thing_alone(self, boss, evening):
        asked = {"kind": "extend", "closes": "22:30", "look": "1"}

        page = words_of(boss.get(way(evening), asked))

        assert "18:30 to 22:30" in page
        assert "3 h" in page  # three windows, one hour more each

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"closes": ""}, "Enter the hour."),
            ({"closes": "late"}, "Enter the hour like"),
            ({"windows": []}, "Choose at least one window"),
            ({"windows": ["999999"]}, "does not belong"),
            ({"closes": "21:30"}, "Nothing would change"),
            ({"closes": "23:00"}, "A cut has fewer hours"),
            ({"kind": "extend", "closes": "20:30"}, "can be extended to a later hour only"),
        ],
    )
    def test_what_is_wrong_is_said(self, boss, windows, evening, wrong, said):
        answer = boss.get(way(evening), cut(windows, **wrong))

        assert answer.status_code == 409
        assert said in text_of(answer)
        assert 'name="expect"' not in text_of(answer)

    @pytest.mark.parametrize("kind", ["close", "places", "", "\x00"])
    def test_no_other_way_is_known(self, boss, evening, kind):
        assert boss.get(way(evening), {"kind": kind}).status_code == 404
