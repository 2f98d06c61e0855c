"""The demonstration's inbox shows every kind of message in both languages. C18 C31.

Meant to notice: a kind left out of the registry, one language only, told again each day.
"""

import re
from datetime import UTC, datetime, timedelta

import pytest

from appointments.messaging.template_texts import ALL
from appointments.models import InboxItem, Message
from appointments.providing import Inbox
from appointments.sending import send_due
from appointments.simulating import city, preparing
from appointments.simulating.preparing import prepare

pytestmark = pytest.mark.django_db
TUESDAY_AT_11 = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.fixture
def prepared(monkeypatch) -> datetime:
    """Two halls and a day are enough here; when it was made."""
    monkeypatch.setattr(city, "HALLS", city.HALLS[:2])
    monkeypatch.setattr(preparing, "DAYS_BACK", 1)
    monkeypatch.setattr(preparing, "DAYS_AHEAD", 3)
    prepare(TUESDAY_AT_11)
    return TUESDAY_AT_11


def language_of(text: str) -> str:
    """Masked names are Chinese in both languages: only the words count."""
    return "en" if text.startswith("Dengta:") else "zh"


def test_each_kind_is_there_in_both_languages(prepared, client):
    send_due(now=prepared, by=Inbox(), limit=500)

    arrived = {(item.kind, language_of(item.text)) for item in InboxItem.objects.all()}
    assert arrived >= {(kind, said) for kind in Message.Kind.values for said in ("zh", "en")}
    texts = InboxItem.objects.values_list("text", flat=True)
    assert not [text for text in texts if re.search(r"[{}]|%\(", text)]
    assert "Dengta: " in client.get("/demo/inbox/?kind=rating").content.decode()


def test_again_nothing_is_told_twice(prepared):
    shown = Message.objects.filter(subject__startswith="shown:")
    before = shown.count()

    prepare(prepared + timedelta(minutes=5))

    assert shown.count() == before == 2 * len([one for one in ALL if one.kind != "soon"])
