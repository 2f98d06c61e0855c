"""Who sees and changes a session. # C5 C6"""

import pytest

from tests.pages.changes.conftest import cut, do, seen, way
from tests.pages.reading import words_of
from windows.models import SessionChange

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


class TestRights:
    def test_a_viewer_sees_counts_and_no_name(self, boss, viewer, windows, evening, twelve):
        page = words_of(viewer.get(way(evening), cut(windows)))
        done = do(boss, evening, cut(windows))["Location"]
        told = words_of(viewer.get(done)) + words_of(viewer.get(f"{done}people/"))

        assert "12 people lose their places" in page
        assert "12 people lost their places" in told
        assert "陈小宁" not in page + told
        assert "You may look at this, but not change it." in page
        assert "Undo" not in told

    def test_a_viewer_changes_nothing(self, boss, viewer, windows, evening):
        looked = boss.get(way(evening), cut(windows))
        assert viewer.post(way(evening), cut(windows) | seen(looked)).status_code in (403, 404)
        done = do(boss, evening, cut(windows))["Location"]

        assert viewer.post(f"{done}undo/", {"key": "u"}).status_code in (403, 404)
        assert SessionChange.objects.get().undone_at is None

    def test_another_halls_supervisor_finds_nothing(self, boss, stranger, windows, evening):
        done = do(boss, evening, cut(windows))["Location"]

        for address in (way(evening), way(evening, "preview/"), done, f"{done}people/"):
            assert stranger.get(address, cut(windows)).status_code == 404
        for address in (way(evening), f"{done}undo/"):
            assert stranger.post(address, cut(windows) | {"key": "k"}).status_code == 404
        assert SessionChange.objects.get().undone_at is None
