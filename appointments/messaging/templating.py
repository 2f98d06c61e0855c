"""What a message says: the city's own words where it has any, else those of the product.

Words hold variables in braces: {when}. They are filled in one pass from a list of texts, so
that nothing in a name or in the words themselves is ever looked up or run. Words of the city
that cannot be filled (written past the page that checks them) are left for the product's.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass

from appointments import lately
from appointments.messaging.template_text import Text, in_braces, spoken
from appointments.messaging.template_texts import TEXTS, TITLES
from appointments.models import Message

log = logging.getLogger(__name__)
Channel = Message.Channel
VARIABLE = re.compile(r"\{([a-z]+)\}")
TITLE_MOST = 120


@dataclass(frozen=True)
class Words:
    """A text, and for an e-mail its subject."""

    text: str
    title: str = ""


def say(
    kind: str, case: str = "", *, facts: Mapping[str, object], channel: str = Channel.SMS
) -> Words:
    """The words of that kind and case, filled, in the language that is active."""
    text = TEXTS[kind, case]
    own = lately.city_words().get((kind, case, channel, spoken()))
    if own is not None:
        try:
            return filled(own[0] or title_words(text, channel), own[1], facts)
        except KeyError as unknown:
            log.warning("The words of %s %s %s know no %s", kind, case, channel, unknown)
    return filled(title_words(text, channel), text.words(channel), facts)


def filled(title: str, body: str, facts: Mapping[str, object]) -> Words:
    """Raises KeyError for a variable that has no value."""
    return Words(fill(body, facts), fill(title, facts)[:TITLE_MOST])


def fill(words: str, facts: Mapping[str, object]) -> str:
    """The words with their variables; what was empty leaves no gap."""
    said = VARIABLE.sub(lambda found: str(facts[found[1]]), words)
    lines = [re.sub(r"  +", " ", line).strip() for line in said.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def variables_in(words: str) -> set[str]:
    return set(VARIABLE.findall(words))


def title_words(text: Text, channel: str) -> str:
    """The product's title, for channels that show one; with values only where the text has
    them when it leaves."""
    if channel == Channel.SMS:
        return ""
    known = variables_in(title := in_braces(str(TITLES[text.kind]))) <= text.knows
    return title if known else str(Message.Kind(text.kind).label)


def plain_title(kind: str) -> str:
    """The title of a message whose text was made before it left."""
    title = in_braces(str(TITLES[kind]))
    return str(Message.Kind(kind).label) if variables_in(title) else title
