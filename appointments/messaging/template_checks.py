"""Whether words can leave: variables, braces, characters, length. Read by the page that shows
them and by the command that keeps them."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext as _

from appointments.messaging.parts import Size, size
from appointments.messaging.template_samples import sample
from appointments.messaging.template_text import Text
from appointments.messaging.templating import TITLE_MOST, VARIABLE, Words, filled, variables_in
from appointments.models import Message
from config import civil
from windows.rules import rule

Channel = Message.Channel
MAIL_MOST, PUSH_MOST = 5000, 200
BODY, TITLE = "body", "title"


@dataclass(frozen=True)
class Look:
    """Words as people would get them, and how long they are."""

    words: Words
    size: Size
    longest: Size


def look(text: Text, language: str, title: str, body: str) -> Look | None:
    """The words with invented values; None when they cannot be filled."""
    with translation.override(language):
        try:
            usual = filled(title, body, sample(text))
            longest = filled(title, body, sample(text, longest=True))
        except KeyError:
            return None
    return Look(usual, size(usual.text), size(longest.text))


def parts_most(language: str, now: object) -> int:
    """The rule says it of Chinese; other languages take twice the characters."""
    most = rule("sms_parts_most", hall=None, day=civil.city_date(now))  # type: ignore[arg-type]
    return most if language.startswith("zh") else 2 * most


def wrong_with(
    text: Text, channel: str, language: str, *, title: str, body: str, most: int
) -> list[tuple[str, str]]:
    """What keeps the words from leaving: the field and a sentence, nothing when they can."""
    found = [(BODY, said) for said in _wrong(text, body)]
    found += [(TITLE, said) for said in _wrong(text, title, is_title=True)]
    needed = sorted(text.needs_in(channel) - variables_in(body))
    if needed:
        found.append((BODY, _("This has to be said: %(names)s") % {"names": _named(needed)}))
    return found or list(_too_long(text, channel, language, title, body, most))


def _wrong(text: Text, words: str, *, is_title: bool = False) -> Iterator[str]:
    unknown = sorted(variables_in(words) - text.knows)
    if unknown:
        facts = {"names": _named(unknown), "known": _named(sorted(text.knows))}
        yield _("There is no %(names)s here. You can use: %(known)s") % facts
    if re.search(r"[{}]", VARIABLE.sub("", words)):
        yield _("A brace { or } stands alone. Write variables like {when}.").replace("%%", "%")
    allowed = "" if is_title else "\n"
    if any(unicodedata.category(one)[0] == "C" for one in words if one not in allowed):
        yield _("There is a character that cannot be seen. Type the words anew at that place.")


def _too_long(
    text: Text, channel: str, language: str, title: str, body: str, most: int
) -> Iterator[tuple[str, str]]:
    shown = look(text, language, title, body)
    if shown is None:
        return
    if channel == Channel.SMS and shown.longest.parts > most:
        facts = {"parts": shown.longest.parts, "most": most}
        yield BODY, _("With long names this has %(parts)s parts; at most %(most)s.") % facts
    limit = MAIL_MOST if channel == Channel.EMAIL else PUSH_MOST
    if channel != Channel.SMS and shown.longest.characters > limit:
        facts = {"n": shown.longest.characters, "most": limit}
        yield BODY, _("This has %(n)s characters; at most %(most)s.") % facts
    if len(shown.words.title) >= TITLE_MOST:
        yield TITLE, _("The title has at most %(most)s characters.") % {"most": TITLE_MOST}


def _named(names: list[str]) -> str:
    return " ".join(f"{{{name}}}" for name in names)
