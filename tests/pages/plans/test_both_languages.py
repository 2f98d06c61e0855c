"""Pages of plans, kinds, series, copies and places in Chinese and English. C1 C2 C3 C10"""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    "way", ["plans/", "plans/new/", "kinds/", "kinds/night/", "series/", "copy/", "places/"]
)
def test_the_pages_answer_in_both_languages(boss, session, language, way):
    boss.cookies["django_language"] = language

    assert boss.get(f"/supervise/{way}").status_code == 200
