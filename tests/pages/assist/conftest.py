"""Places that are kept for people whom staff help, and the agent who helps them."""

import pytest

from tests.conftest import (
    an_id,
    make_session,
    make_staff,
)
from tests.pages.filling_in import answers
from windows.models import Material

LANGUAGES = ["zh-hans", "en"]
CHILD = an_id(7, born="20150601").number


@pytest.fixture
def kept(session, renewal):
    """Every slot keeps 12 of its 90 minutes for people whom staff help."""
    session.slots.update(online_quota=48, assisted_quota=12, walkin_quota=30)
    Material.objects.create(matter=renewal, position=1, name_zh="旧身份证", name_en="The old card")
    return session


@pytest.fixture
def elsewhere(other_hall, renewal, kept):
    window = other_hall.windows.create(number=1)
    window.matters.add(renewal)
    session = make_session(other_hall, [window])
    session.slots.update(online_quota=18, assisted_quota=12)
    return session


@pytest.fixture
def agent(db):
    return make_staff("agent", None, "agent")


@pytest.fixture
def browser_of(client):
    def signed_in(staff):
        client.cookies["django_language"] = "en"
        client.force_login(staff)
        return client

    return signed_in


@pytest.fixture
def at_work(browser_of, agent):
    """The agent's browser."""
    return browser_of(agent)


def who(slot, query="matter=RENEW") -> str:
    return f"/floor/assist/{slot.pk}/?{query}"


def book(browser, slot, query="matter=RENEW", people=1, **changes):
    return browser.post(who(slot, query), answers(people, **{"phone": "", **changes}))


def look(browser, name="陈小宁", said=None):
    return browser.post("/floor/assist/look/", {"name": name, "said": said or an_id(1).number})
