"""The visual language: components, gallery, preferences, and the sheets' own rules."""

import re
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.template.loader import render_to_string

from config.gallery import EXAMPLES

STATIC = Path(settings.BASE_DIR) / "config" / "static"


class PersonForm(forms.Form):
    phone = forms.CharField(
        label="Phone", help_text="For messages", widget=forms.TextInput({"class": "input--id"})
    )
    matter = forms.ChoiceField(
        label="Matter", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect
    )
    hall = forms.ChoiceField(label="Hall", choices=[("1", "One"), ("2", "Two")])
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea)
    seen = forms.BooleanField(label="Seen")


class TestForm:
    def test_ties_each_error_and_hint_to_its_input(self):
        page = str(PersonForm({"hall": "2"}))

        assert 'aria-describedby="id_phone_helptext id_phone_error"' in page
        assert 'id="id_phone_helptext"' in page
        assert 'id="id_phone_error"' in page
        assert page.count('aria-invalid="true"') >= 2

    def test_gives_no_element_two_classes_or_two_ids(self):
        page = str(PersonForm({"hall": "2"}))

        for tag in re.findall(r"<[a-z][^>]*>", page):
            names = re.findall(r'\s([a-z-]+)="', tag)
            assert len(names) == len(set(names)), tag
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert len(ids) == len(set(ids))
        assert re.search(r'<input class="govuk-input govuk-input--error input--id"', page)

    def test_keeps_what_was_typed(self):
        page = str(PersonForm({"phone": '"><b>', "hall": "2", "note": "<i>late", "matter": "b"}))

        assert "&quot;&gt;&lt;b&gt;" in page
        assert "&lt;i&gt;late" in page
        assert '<option value="2" selected>' in page
        assert re.search(r'value="b"[^>]* checked', page)

    def test_lists_the_errors_with_links_to_existing_inputs(self):
        form = PersonForm({"hall": "2"})
        summary = render_to_string("components/error_summary.html", {"form": form})
        page = str(form)

        links = re.findall(r'href="#([^"]+)"', summary)
        assert links == ["id_phone", "id_matter_0", "id_seen"]
        assert all(f'id="{link}"' in page for link in links)


class TestGallery:
    @pytest.mark.django_db
    @pytest.mark.parametrize("example", ["", *[f"{name}/" for name in EXAMPLES]])
    def test_shows_each_example_in_the_demo(self, client, settings, example):
        settings.DEMO = True

        assert client.get(f"/gallery/{example}").status_code == 200

    @pytest.mark.django_db
    def test_is_not_there_in_production(self, client, settings):
        settings.DEMO = settings.DEBUG = False

        assert client.get("/gallery/").status_code == 404

    @pytest.mark.django_db
    def test_knows_no_other_example(self, client, settings):
        settings.DEMO = True

        assert client.get("/gallery/nothing/").status_code == 404


@pytest.mark.django_db
class TestLargePrint:
    def test_is_remembered_and_shown(self, client):
        client.post("/simple/", {"simple": "1", "next": "/login/"})

        assert "dengta/simple.css" in client.get("/login/").content.decode()

    def test_is_switched_off_again(self, client):
        client.post("/simple/", {"simple": "1"})
        client.post("/simple/", {"simple": "0"})

        assert "dengta/simple.css" not in client.get("/login/").content.decode()

    @pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "\\\\evil"])
    def test_leads_nowhere_else(self, client, elsewhere):
        answer = client.post("/simple/", {"simple": "1", "next": elsewhere})

        assert answer["Location"] == "/"

    def test_is_not_switched_by_a_link(self, client):
        assert client.get("/simple/?simple=1").status_code == 405


class TestSheets:
    @pytest.mark.parametrize("sheet", sorted(STATIC.rglob("*.css")), ids=lambda path: path.name)
    def test_name_only_files_that_are_there(self, sheet):
        for name in re.findall(r"url\([\"']?([^)\"']+)", sheet.read_text()):
            assert (sheet.parent / name).is_file(), name

    @pytest.mark.parametrize(
        "sheet", sorted((STATIC / "dengta").glob("*.css")), ids=lambda p: p.name
    )
    def test_take_their_colours_from_the_tokens(self, sheet):
        if sheet.name != "tokens.css":
            assert not re.findall(r"#[0-9a-fA-F]{3,8}\b", sheet.read_text())

    def test_have_readable_pairs_of_colours(self):
        tokens = dict(
            re.findall(
                r"--([a-z0-9-]+): (#[0-9a-f]{6})", (STATIC / "dengta/tokens.css").read_text()
            )
        )
        pairs = {
            4.5: "ink/paper ink-2/paper ink-2/mist blue/paper blue-2/blue-tint ok/ok-tint"
            " ok/blue-tint warn/warn-tint warn/paper bad/bad-tint paper/bad ink/lamp-tint"
            " paper/night paper/student paper/weekend paper/blue paper/heat-3"
            " paper/heat-4 ink/heat-2",
            7: "board-text/board board-soft/board-2 board-soft/board-4 board-text/blue ink/lamp",
        }

        for least, names in pairs.items():
            for pair in names.split():
                text, ground = pair.split("/")
                assert contrast(tokens[text], tokens[ground]) >= least, pair


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
