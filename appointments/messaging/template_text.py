"""A text that can leave: what it knows, what it must hold, and the product's own words.

A kind has cases where it tells of different things. `needs` are the variables without which
a text would be useless: the code of a code, the link of whatever concerns a visit. The
product's words are in the language that is active.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils import translation
from django.utils.functional import Promise

from appointments.models import Message

Channel = Message.Channel
Sentence = str | Promise


@dataclass(frozen=True)
class Text:
    """One text of a kind; `email` and `push` where it leaves by them, too."""

    kind: str
    case: str
    name: Sentence
    needs: frozenset[str]
    knows: frozenset[str]
    sms: tuple[Sentence, ...]
    email: tuple[Sentence, ...] = field(default=())
    push: tuple[Sentence, ...] = field(default=())

    @property
    def slug(self) -> str:
        return f"{self.kind}-{self.case}" if self.case else self.kind

    @property
    def channels(self) -> list[str]:
        found = {Channel.SMS: self.sms, Channel.EMAIL: self.email, Channel.PUSH: self.push}
        return [str(channel) for channel, sentences in found.items() if sentences]

    def needs_in(self, channel: str) -> frozenset[str]:
        """A browser that is told opens the page by itself."""
        return self.needs - {"link"} if channel == Channel.PUSH else self.needs

    def words(self, channel: str) -> str:
        """The product's words: sentences beside each other, in an e-mail below each other."""
        if channel == Channel.EMAIL and self.email:
            return in_braces("\n".join(map(str, self.email)))
        return in_braces(sentences(self.push if channel == Channel.PUSH else self.sms))


def in_braces(words: str) -> str:
    """Variables as people write them: {when} for %(when)s."""
    return re.sub(r"%\((\w+)\)s", r"{\1}", words).replace("%%", "%")


def sentences(said: Iterable[Sentence]) -> str:
    """In Chinese nothing stands between sentences, otherwise a space."""
    return (" " if spoken() == "en" else "").join(filter(None, map(str, said)))


def spoken() -> str:
    """The language of words: Chinese, or English for all others."""
    return "zh-hans" if (translation.get_language() or "zh").startswith("zh") else "en"


def text_of(
    kind: str, case: str, name: Sentence, *sms: Sentence, needs: str, knows: Iterable[str] = (),
    email: tuple[Sentence, ...] = (), push: tuple[Sentence, ...] = (),
) -> Text:  # fmt: skip
    wanted = frozenset(needs.split())
    return Text(kind, case, name, wanted, wanted | frozenset(knows), sms, email, push)
