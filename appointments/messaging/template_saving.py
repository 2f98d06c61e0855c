"""The city's own words: saved as another version, never changed; back to the product's."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from appointments.messaging.template_checks import parts_most, wrong_with
from appointments.messaging.template_text import Text
from appointments.models import MessageTemplate
from config.refusals import Refusal, refusing
from windows.models import Staff


class SavedMeanwhile(Refusal):
    code = "saved_meanwhile"
    message = _(
        "Somebody has saved other words meanwhile. Look at them below; yours are kept here."
    )


class WordsCannotLeave(Refusal):
    code = "words_cannot_leave"
    message = _("These words cannot leave like that.")
    field = "body"


class WordsStand(Refusal):
    code = "words_stand"
    message = _("These are the words already.")
    field = "body"


def versions(text: Text, channel: str, language: str) -> list[MessageTemplate]:
    """The city's own words of that text, newest first."""
    rows = MessageTemplate.objects.filter(
        kind=text.kind, case=text.case, channel=channel, language=language
    )
    return list(rows.select_related("made_by").order_by("-version"))


@transaction.atomic
def save_words(
    *, text: Text, channel: str, language: str, title: str, body: str, seen: int, by: Staff,
    now: datetime,
) -> MessageTemplate:  # fmt: skip
    """These are the words from now on. `seen` is the version that the person looked at.

    Refuses: WordsCannotLeave, WordsStand, SavedMeanwhile.
    """
    most = parts_most(language, now)
    if not body or wrong_with(text, channel, language, title=title, body=body, most=most):
        raise WordsCannotLeave
    newest = next(iter(versions(text, channel, language)), None)
    if newest and not newest.is_default and (newest.title, newest.body) == (title, body):
        raise WordsStand
    return _add(text, channel, language, newest, seen, by, now, title=title, body=body)


@transaction.atomic
def restore_words(
    *, text: Text, channel: str, language: str, seen: int, by: Staff, now: datetime
) -> MessageTemplate:
    """The words of the product are said again. Refuses: WordsStand, SavedMeanwhile."""
    newest = next(iter(versions(text, channel, language)), None)
    if newest is None or newest.is_default:
        raise WordsStand
    return _add(text, channel, language, newest, seen, by, now, is_default=True)


def _add(
    text: Text, channel: str, language: str, newest: MessageTemplate | None, seen: int, by: Staff,
    now: datetime, **words: str | bool,
) -> MessageTemplate:  # fmt: skip
    """The next version; who saves at the same moment gets the same number, and a refusal."""
    if seen != (newest.version if newest else 0):
        raise SavedMeanwhile
    with refusing({"template_version_once": SavedMeanwhile}):
        return MessageTemplate.objects.create(
            kind=text.kind, case=text.case, channel=channel, language=language,
            version=seen + 1, made_at=now, made_by=by, **words,
        )  # fmt: skip
