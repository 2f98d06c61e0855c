"""The translation tool: it finds words, keeps translations, and complains when one is missing."""

import json

import polib
import pytest

from config import translating


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A tree with one module and one template."""
    monkeypatch.setattr(translating, "ROOT", tmp_path)
    monkeypatch.setattr(translating, "CATALOGUE", tmp_path / "zh" / "django.po")
    monkeypatch.setattr(translating, "PACKAGES", ("queues",))
    (tmp_path / "queues").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "words").mkdir()
    (tmp_path / "queues" / "calling.py").write_text(
        'x = _("Nobody is waiting.")\ny = pgettext_lazy("month", "May")\n'
    )
    (tmp_path / "templates" / "board.html").write_text(
        "  <p>{% blocktranslate count n=n %}{{ n }} place{% plural %}{{ n }} places"
        "{% endblocktranslate %}</p>\n ( ' {{ _('Now') }}"
    )
    return tmp_path


def say(house, **words):
    (house / "words" / "a.json").write_text(json.dumps(words))


COMPLETE = {
    "Nobody is waiting.": "无人等候。",
    "month::May": "五月",
    "%(n)s place": ["%(n)s 个号"],
    "Now": "现在",
}


class TestFill:
    def test_finds_words_of_code_and_templates(self, house):
        found = {(entry.msgctxt, entry.msgid) for entry in translating.collect()}

        assert found == {
            (None, "Nobody is waiting."),
            ("month", "May"),
            (None, "%(n)s place"),
            (None, "Now"),
        }

    def test_compiles_a_catalogue_that_passes_the_check(self, house):
        say(house, **COMPLETE)

        assert translating.main(["--fill", str(house / "words")]) == 0
        assert translating.main(["--check"]) == 0
        compiled = polib.mofile(str(house / "zh" / "django.mo"))
        assert compiled.find("%(n)s place").msgstr_plural == {0: "%(n)s 个号"}

    def test_keeps_translations_and_drops_words_that_are_gone(self, house):
        say(house, **COMPLETE)
        translating.main(["--fill", str(house / "words")])
        (house / "queues" / "calling.py").write_text('x = _("Nobody is waiting.")\n')

        assert translating.main([]) == 0
        kept = {entry.msgid: entry.msgstr for entry in polib.pofile(str(house / "zh/django.po"))}
        assert kept["Nobody is waiting."] == "无人等候。"
        assert "May" not in kept


class TestCheck:
    @pytest.mark.parametrize("missing", COMPLETE)
    def test_complains_of_a_word_without_translation(self, house, missing, capsys):
        say(house, **{word: said for word, said in COMPLETE.items() if word != missing})
        translating.main(["--fill", str(house / "words")])

        assert translating.main(["--check"]) == 1
        assert "not translated" in capsys.readouterr().out

    def test_complains_of_a_placeholder_that_the_source_has_not(self, house, capsys):
        say(house, **COMPLETE | {"%(n)s place": ["%(m)s 个号"]})
        translating.main(["--fill", str(house / "words")])

        assert translating.main(["--check"]) == 1
        assert "unknown placeholder" in capsys.readouterr().out

    @pytest.mark.parametrize("name", ["django.po", "django.mo"])
    def test_complains_of_a_stale_file_and_leaves_it(self, house, name):
        say(house, **COMPLETE)
        translating.main(["--fill", str(house / "words")])
        (house / "zh" / name).unlink()

        assert translating.main(["--check"]) == 1
        assert not (house / "zh" / name).exists()
