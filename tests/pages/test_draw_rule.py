"""The rule of the draw as a page, and what a draw is for. Row C30."""

import html
import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.pages.reading import text_of
from tests.pages.test_draws import draw, night  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
DOCUMENT = Path(settings.BASE_DIR) / "docs/draw.md"


def recipe_on(page: str) -> str:
    return html.unescape(re.search(r"<pre[^>]*><code>(.*?)</code></pre>", page, re.DOTALL)[1])


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_has_the_recipe_that_is_tested(client, language):
    client.cookies["django_language"] = language

    page = client.get("/draws/rule/").content.decode()

    document = re.search(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)[1]
    assert recipe_on(page).strip() == document.strip()
    assert "dengta-draw-1" in page


def test_the_draw_leads_to_its_rule(client, draw):  # noqa: F811
    client.cookies["django_language"] = "en"

    page = client.get(f"/draws/{draw.pk}/").content.decode()

    assert 'href="/draws/rule/"' in page


@pytest.mark.parametrize("more", ["", "register/"])
def test_it_is_said_before_anything_is_typed_that_it_is_for_one_matter(client, draw, more):  # noqa: F811
    client.cookies["django_language"] = "en"

    said = text_of(client.get(f"/draws/{draw.pk}/{more}"))

    assert "one matter, the same for everybody" in said.replace("One matter", "one matter")
    assert "Do you need several in one visit?" in said
