"""The city words its messages: looked at with invented names, checked, saved as versions. C18.

Meant to notice: saving without the check, saving over somebody else's version, a supervisor
who saves, what was typed lost with an error.
"""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from appointments.messaging.template_saving import (
    SavedMeanwhile,
    WordsCannotLeave,
    WordsStand,
    restore_words,
    save_words,
)
from appointments.messaging.template_texts import TEXTS
from appointments.messaging.templating import say
from appointments.models import Message, MessageTemplate
from tests.conftest import NOON, make_staff
from tests.pages.reading import key_of, signed_in, text_of, words_of
from windows.models import Rule

pytestmark = pytest.mark.django_db
GOOD = "Dengta: {code} is your code for {minutes} minutes."
HIDDEN = chr(0x202E)  # turns what follows around


@pytest.fixture
def admin(hall):
    return make_staff("boss", None, "admin")


def address(text="code", channel="sms", language="en") -> str:
    return reverse("appointments:ops_word", args=[text, channel, language])


def press(browser: Client, what: str, body: str, *, at: str = "", **more):
    at = at or address()
    shown = browser.get(at)
    answers = {"key": key_of(shown), "what": what, "body": body, "seen": 0, **more}
    return browser.post(at, answers)


class TestAll:
    def test_each_kind_in_both_languages_with_its_length(self, admin):
        page = words_of(signed_in(admin).get(reverse("appointments:ops_words")))

        assert all(str(kind.label) in page for kind in Message.Kind)
        assert "【灯塔】" in page
        assert "104 characters · 1 part · the product's words" in page

    def test_one_kind_can_be_asked_for(self, admin):
        page = words_of(signed_in(admin).get(reverse("appointments:ops_words") + "?kind=soon"))

        assert "Called and missed" in page
        assert "your code is" not in page

    def test_an_unknown_kind_shows_all(self, admin):
        answer = signed_in(admin).get(reverse("appointments:ops_words") + "?kind=x%00")

        assert answer.status_code == 200
        assert "your code is" in words_of(answer)

    def test_it_says_who_changed_what(self, admin):
        press(signed_in(admin), "save", GOOD)

        page = words_of(signed_in(admin).get(reverse("appointments:ops_words") + "?kind=code"))

        assert "changed by boss" in page

    def test_few_queries_for_all(self, admin, django_assert_max_num_queries):
        browser = signed_in(admin)
        with django_assert_max_num_queries(16):
            browser.get(reverse("appointments:ops_words"))


class TestSaving:
    def test_the_words_are_said_from_then_on(self, admin):
        browser = signed_in(admin)

        answer = press(browser, "save", GOOD)

        assert answer.status_code == 302
        assert "Saved." in words_of(browser.get(answer.url))
        assert say("code", facts={"code": 1, "minutes": 2}).text == (
            "Dengta: 1 is your code for 2 minutes."
        )

    def test_pressed_twice_is_saved_once(self, admin):
        browser = signed_in(admin)
        answers = {"key": key_of(browser.get(address())), "what": "save", "body": GOOD, "seen": 0}

        first, twin = browser.post(address(), answers), browser.post(address(), answers)

        assert (first.status_code, twin.status_code) == (302, 302)
        assert MessageTemplate.objects.count() == 1

    def test_a_preview_keeps_nothing(self, admin):
        answer = press(signed_in(admin), "look", "Hello {code}.")

        assert "Hello 583016." in words_of(answer)
        assert "12 characters" not in words_of(answer)
        assert "13 characters · 1 part" in words_of(answer)
        assert not MessageTemplate.objects.exists()

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ("", "This field is required."),
            ("No variable.", "This has to be said: {code}"),
            ("{code} {who}", "There is no {who} here. You can use: {code} {minutes}"),
            ("{code} {", "A brace { or } stands alone."),
            ("{code} {when.year}", "A brace { or } stands alone."),
            ("{code} " + HIDDEN, "There is a character that cannot be seen."),
            ("{code}\x07", "There is a character that cannot be seen."),
            ("{code}\x00", "Null characters are not allowed."),
            ("{code}" + "号" * 420, "parts; at most 6."),
            ("{code}" + "x" * 5000, "at most 5000 characters"),
        ],
    )
    def test_what_cannot_leave_is_told_beside_the_field(self, admin, body, said):
        answer = press(signed_in(admin), "save", body)

        page = text_of(answer)
        assert answer.status_code == 400
        assert said in page[page.index('id="id_body_error"') :]
        assert not MessageTemplate.objects.exists()

    def test_what_was_typed_stays(self, admin):
        page = text_of(press(signed_in(admin), "save", "Mine <b> {wrong}"))

        assert "Mine &lt;b&gt; {wrong}</textarea>" in page

    def test_the_limit_is_a_rule(self, admin):
        Rule.objects.create(name="sms_parts_most", value=1, effective_on="2026-01-01")
        body = "您的验证码 {code}。" + "请勿告诉他人。" * 12

        answer = press(signed_in(admin), "save", body, at=address(language="zh-hans"))

        assert "at most 1." in text_of(answer)

    def test_a_mail_has_a_title_on_one_line(self, admin):
        at = address("rating", "email")
        title = "Subject\nBcc: x@example.org"

        answer = press(signed_in(admin), "save", "{link}", at=at, title=title)

        page = text_of(answer)
        assert answer.status_code == 400
        assert "There is a character" in page[page.index('id="id_title_error"') :]

    def test_lines_of_a_browser_are_plain_ones(self, admin):
        press(signed_in(admin), "save", "Hello.\r\n{code}")

        assert MessageTemplate.objects.get().body == "Hello.\n{code}"


class TestVersions:
    def test_somebody_saved_meanwhile_and_nothing_is_lost(self, admin):
        browser = signed_in(admin)
        key = key_of(browser.get(address()))
        press(browser, "save", "Theirs {code}")

        answers = {"key": key, "what": "save", "body": "Mine {code}", "seen": 0}
        answer = browser.post(address(), answers)

        page = text_of(answer)
        assert answer.status_code == 409
        assert "Somebody has saved other words meanwhile." in page
        assert "Mine {code}</textarea>" in page
        assert "Theirs {code}" in page
        assert 'name="seen" value="1"' in page
        again = {"key": key_of(answer), "what": "save", "body": "Mine {code}", "seen": 1}
        assert browser.post(address(), again).status_code == 302
        assert MessageTemplate.objects.get(version=2).body == "Mine {code}"

    def test_back_to_the_products_words(self, admin):
        browser = signed_in(admin)
        press(browser, "save", GOOD)

        answer = press(browser, "restore", "", seen=1)

        assert answer.status_code == 302
        assert [row.is_default for row in MessageTemplate.objects.order_by("version")] == [
            False, True,
        ]  # fmt: skip
        assert "your code is 1" in say("code", facts={"code": 1, "minutes": 2}).text
        page = words_of(browser.get(address()))
        assert "Version 2: boss" in page
        assert "Version 1: boss" in page

    @pytest.mark.parametrize("seen", ["", "x", "-1", "9" * 30, "٣"])
    def test_a_version_that_is_none_is_refused(self, admin, seen):
        browser = signed_in(admin)
        press(browser, "save", GOOD)

        assert press(browser, "restore", "", seen=seen).status_code == 409
        assert press(browser, "save", "Other {code}", seen=seen).status_code in (400, 409)
        assert MessageTemplate.objects.count() == 1

    def test_the_command_itself_refuses(self, admin):
        about = {"text": TEXTS["code", ""], "channel": "sms", "language": "en", "by": admin}
        with pytest.raises(WordsCannotLeave), translation.override("en"):
            save_words(**about, title="", body="{who}", seen=0, now=NOON)
        with pytest.raises(WordsStand):
            restore_words(**about, seen=0, now=NOON)

        save_words(**about, title="", body=GOOD, seen=0, now=NOON)

        with pytest.raises(WordsStand):
            save_words(**about, title="", body=GOOD, seen=1, now=NOON)
        with pytest.raises(SavedMeanwhile):
            save_words(**about, title="", body="Other {code}", seen=0, now=NOON)


class TestWho:
    def test_a_supervisor_reads_and_does_not_change(self, admin, supervisor):
        browser = signed_in(supervisor)

        assert "Only an administrator of the city changes it." in words_of(browser.get(address()))
        assert browser.post(address(), {"what": "save", "body": GOOD, "seen": 0}).status_code == 403
        assert not MessageTemplate.objects.exists()

    def test_an_admin_of_a_hall_does_not_word_the_citys_messages(self, hall):
        browser = signed_in(make_staff("local", hall, "admin"))

        assert browser.post(address(), {"what": "save", "body": GOOD, "seen": 0}).status_code == 403

    @pytest.mark.parametrize(
        "where", [("x", "sms", "en"), ("code", "email", "en"), ("code", "sms", "fr")]
    )
    def test_what_is_no_text_is_not_found(self, admin, where):
        assert signed_in(admin).get(address(*where)).status_code == 404
