"""All words as they are said now: by kind, each channel in both languages, with their length."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from appointments import saying
from appointments.messaging.template_checks import look, parts_most
from appointments.messaging.template_samples import sample
from appointments.messaging.template_text import Text
from appointments.messaging.template_texts import ALL
from appointments.messaging.templating import title_words
from appointments.models import Message, MessageTemplate

Key = tuple[str, str, str, str]
LANGUAGES = ["zh-hans", "en"]
MEANINGS = {
    "who": _("the person, masked"),
    "people": _("who comes for what"),
    "what": _("the matters"),
    "when": _("date and time"),
    "where": _("the hall"),
    "address": _("the hall's address"),
    "bring": _("what to bring, as a sentence; nothing when there is nothing"),
    "reference": _("the booking's number"),
    "link": _("the person's own page"),
    "again": _("the page for another time"),
    "code": _("the code"),
    "minutes": _("how long the code is valid"),
    "old": _("the time before"),
    "until": _("until when it is kept"),
    "days": _("the days that the person waits for"),
    "passed": _("how many offers were not taken, as a sentence"),
    "session": _("the session"),
    "time": _("the time that was drawn"),
    "number": _("the number in line"),
    "hall": _("the hall"),
    "window": _("the window"),
    "ahead": _("how many are before, as a sentence"),
    "visits": _("a line for each visit, with its link"),
    "rule": _("what follows from a missed visit, as a sentence"),
    "day": _("the last day to object"),
    "opened": _("that booking is open again; nothing when it was open"),
}


@dataclass(frozen=True)
class Said:
    """A text in one channel and language, as people get it."""

    slug: str
    channel: str
    channel_name: str
    language: str
    title: str
    text: str
    characters: int
    parts: int
    longest: int
    is_long: bool
    who: str
    when: str


@dataclass(frozen=True)
class Case:
    name: str
    said: list[Said]


@dataclass(frozen=True)
class KindShown:
    code: str
    name: str
    cases: list[Case]


def kinds_shown(kind: str, now: datetime) -> list[KindShown]:
    """All kinds, or the one that is asked for; from two queries."""
    newest = newest_rows()
    most = {language: parts_most(language, now) for language in LANGUAGES}
    shown = []
    for code, name in Message.Kind.choices:
        if kind and code != kind:
            continue
        texts = [one for one in ALL if one.kind == code]
        cases = [Case(str(one.name), list(_said(one, newest, most))) for one in texts]
        shown.append(KindShown(code, str(name), cases))
    return shown


def newest_rows() -> dict[Key, MessageTemplate]:
    """The city's newest rows, also those that went back to the product's words."""
    names = ("kind", "case", "channel", "language")
    rows = MessageTemplate.objects.select_related("made_by").order_by(*names, "-version")
    return {
        (row.kind, row.case, row.channel, row.language): row for row in rows.distinct(*names)
    }  # fmt: skip


def _said(text: Text, newest: dict[Key, MessageTemplate], most: dict[str, int]) -> Iterable[Said]:
    for channel in text.channels:
        for language in LANGUAGES:
            row = newest.get((text.kind, text.case, channel, language))
            title, body = _words(text, channel, language, row)
            shown = look(text, language, title, body)
            own = row if row and not row.is_default else None
            yield Said(
                slug=text.slug,
                channel=channel,
                channel_name=str(Message.Channel(channel).label),
                language=language,
                title=shown.words.title if shown else title,
                text=shown.words.text if shown else body,
                characters=shown.size.characters if shown else len(body),
                parts=shown.size.parts if shown else 0,
                longest=shown.longest.parts if shown else 0,
                is_long=channel == "sms"
                and shown is not None
                and shown.longest.parts > most[language],
                who=str(own.made_by or "") if own else "",
                when=saying.when(own.made_at) if own else "",
            )


def words_in_force(text: Text, channel: str, language: str) -> tuple[str, str, int]:
    """Title and text as they are written, and the version that the next one follows."""
    rows = MessageTemplate.objects.filter(
        kind=text.kind, case=text.case, channel=channel, language=language
    )
    row = rows.order_by("-version").first()
    return (*_words(text, channel, language, row), row.version if row else 0)


def _words(text: Text, channel: str, language: str, row: MessageTemplate | None) -> tuple[str, str]:
    with translation.override(language):
        title, body = title_words(text, channel), text.words(channel)
    if row is None or row.is_default:
        return title, body
    return row.title or title, row.body


def variables_shown(text: Text, channel: str, language: str) -> list[dict[str, object]]:
    """Each variable with what it stands for; those first without which it cannot leave."""
    with translation.override(language):
        values = sample(text)
    needed = text.needs_in(channel)
    names = sorted(text.knows, key=lambda name: (name not in needed, name))
    return [
        {"name": name, "means": MEANINGS[name], "value": values[name], "needed": name in needed}
        for name in names
    ]
