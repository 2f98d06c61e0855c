"""“Tell this browser”: told once when near, by the rule that a phone is told by. C17, C18.

Mutants seen: `_untold` that forgets the notices tells again each sweep; `why_not_owed` without
`ended_at` sends to who has pressed "do not"; `_letter` that unseals as a phone fails it.
"""

from datetime import timedelta

import pytest

from appointments.alerting import NoMessageNeeded
from appointments.housekeeping import forget
from appointments.messaging.push_alerts import (
    MOST_BROWSERS,
    TooManyBrowsers,
    follow,
    is_followed,
    tell_browsers,
    unfollow,
)
from appointments.messaging.subscribing import subscription_of
from appointments.models import InboxItem, Message, PushBrowser
from appointments.sending import send_due
from appointments.tasks import send_due as send_due_task
from queues.calling import call_next, finish
from queues.handing_on import transfer_to_hall
from queues.issuing import issue_walk_in
from queues.models import Ticket
from tests.conftest import NOON, make_session
from tests.faking.push_server import a_subscription, a_vapid_key
from windows.models import Window

pytestmark = pytest.mark.django_db
SAVEPOINT = 2
LATER = NOON + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def keys(settings):
    settings.VAPID_PRIVATE_KEY, settings.VAPID_SUBJECT = a_vapid_key(), "mailto:a@example.org"


@pytest.fixture
def line(hall, session, renewal, at_window_3) -> list[Ticket]:
    return [
        issue_walk_in(hall=hall, matter=renewal, now=NOON + timedelta(seconds=n)) for n in range(6)
    ]


def a_browser(n: object = 1):
    return subscription_of(a_subscription(f"https://fcm.googleapis.com/fcm/send/{n}"), page="/t/x/")


def told() -> list[str]:
    return list(InboxItem.objects.filter(channel="push").values_list("text", flat=True))


def test_cheap_questions_while_nobody_waits(line, django_assert_num_queries):
    tell_browsers(now=NOON)
    with django_assert_num_queries(2 + SAVEPOINT):
        assert tell_browsers(now=NOON) == 0


def test_no_question_where_browsers_are_not_told(line, settings, django_assert_num_queries):
    settings.VAPID_PRIVATE_KEY = ""

    with django_assert_num_queries(0):
        assert tell_browsers(now=NOON) == 0


def test_told_once_when_near_and_not_before(line, at_window_3, clerk):
    follow(ticket=line[4], subscription=a_browser(), language="en", now=NOON)
    assert tell_browsers(now=NOON) == 0

    finish(ticket=call_next(window=at_window_3, staff=clerk, now=NOON), staff=clerk, now=NOON)

    assert tell_browsers(now=LATER) == 1
    assert tell_browsers(now=LATER) == 0
    send_due(now=LATER)
    send_due(now=LATER)
    (text,) = told()
    assert "3 people are before number A005" in text
    (item,) = InboxItem.objects.all()
    assert item.title


def test_an_endpoint_can_be_long(line):
    """Mutant: the inbox without SHOWN_OF_ADDRESS."""
    follow(ticket=line[0], subscription=a_browser("x" * 900), language="en", now=NOON)
    tell_browsers(now=NOON)
    send_due(now=NOON)

    assert len(InboxItem.objects.get().to) == 254


def test_in_the_language_of_the_page(line):
    follow(ticket=line[0], subscription=a_browser(), language="zh-hans", now=NOON)

    tell_browsers(now=LATER)
    send_due(now=LATER)

    assert "禾塘办证大厅" in told()[0]


@pytest.mark.parametrize("told_before", [False, True])
def test_goes_on_with_the_next_number(told_before, line, other_hall, at_window_3, clerk, renewal):
    """Mutant: without `_carry`."""
    Window.objects.create(hall=other_hall, number=1).matters.add(renewal)
    make_session(other_hall, [])
    for n in (1, 2):
        follow(ticket=line[0], subscription=a_browser(n), language="en", now=NOON)
    called = call_next(window=at_window_3, staff=clerk, now=NOON)
    if told_before:
        tell_browsers(now=NOON)
    onward = transfer_to_hall(ticket=called, staff=clerk, hall=other_hall, now=NOON)

    assert tell_browsers(now=LATER) == 2
    assert tell_browsers(now=LATER) == 0
    assert is_carried(onward) == 2
    send_due(now=LATER)
    assert len(told()) == 2
    assert all(onward.label in text for text in told())


def test_who_wants_no_notice_gets_none_for_the_next_number(
    line, other_hall, at_window_3, clerk, renewal
):
    Window.objects.create(hall=other_hall, number=1).matters.add(renewal)
    make_session(other_hall, [])
    follow(ticket=line[0], subscription=a_browser(), language="en", now=NOON)
    unfollow(ticket=line[0], index=a_browser().index, now=NOON)
    called = call_next(window=at_window_3, staff=clerk, now=LATER)
    onward = transfer_to_hall(ticket=called, staff=clerk, hall=other_hall, now=LATER)

    assert tell_browsers(now=LATER) == 0
    assert is_carried(onward) == 0


def is_carried(onward: Ticket) -> int:
    return PushBrowser.objects.filter(ticket=onward, ended_at=None).count()


def test_each_browser_of_a_ticket_is_told(line):
    for n in (1, 2):
        follow(ticket=line[0], subscription=a_browser(n), language="en", now=NOON)

    assert tell_browsers(now=LATER) == 2
    send_due(now=LATER)

    assert len(told()) == 2


def test_told_once_more_when_asked_once_more(line):
    for now in (NOON, LATER):
        follow(ticket=line[0], subscription=a_browser(), language="en", now=now)
        assert tell_browsers(now=now) == 1

    assert PushBrowser.objects.count() == 1
    assert sorted(Message.objects.values_list("version", flat=True)) == [1, 2]


def test_who_does_not_want_it_any_more_is_not_told(line):
    follow(ticket=line[0], subscription=a_browser(), language="en", now=NOON)
    unfollow(ticket=line[0], index=a_browser().index, now=NOON)
    unfollow(ticket=line[0], index=a_browser().index, now=NOON)

    assert tell_browsers(now=NOON) == 0
    assert not is_followed(line[0], a_browser().index)


def test_what_was_owed_is_void_when_it_is_not_wanted(line):
    follow(ticket=line[0], subscription=a_browser(), language="en", now=NOON)
    tell_browsers(now=NOON)
    unfollow(ticket=line[0], index=a_browser().index, now=NOON)

    assert Message.objects.get().state == "void"


@pytest.mark.parametrize("why", ["ended", "over", "late"])
def test_asked_again_in_the_last_moment(why, line, at_window_3, clerk):
    """Something happened between owing and sending."""
    follow(ticket=line[0], subscription=a_browser(), language="en", now=NOON)
    tell_browsers(now=NOON)
    if why == "ended":
        PushBrowser.objects.update(ended_at=NOON)
    elif why == "over":
        Ticket.objects.filter(pk=line[0].pk).update(state="void")
    send_due(now=NOON + timedelta(minutes=16 if why == "late" else 0))

    assert told() == []
    assert Message.objects.get().state == "void"


def test_a_turn_that_is_over_ends_it(line):
    follow(ticket=line[0], subscription=a_browser(), language="en", now=NOON)
    Ticket.objects.filter(pk=line[0].pk).update(state="void")

    assert tell_browsers(now=NOON) == 0
    assert PushBrowser.objects.get().ended_at == NOON


def test_who_is_called_needs_no_notice(line, at_window_3, clerk):
    called = call_next(window=at_window_3, staff=clerk, now=NOON)

    with pytest.raises(NoMessageNeeded):
        follow(ticket=called, subscription=a_browser(), language="en", now=NOON)


def test_called_before_anybody_looked_is_told_at_once(line, at_window_3, clerk):
    follow(ticket=line[0], subscription=a_browser(), language="en", now=NOON)
    call_next(window=at_window_3, staff=clerk, now=NOON)

    tell_browsers(now=NOON)
    send_due(now=NOON)

    assert "please come to window 3 now" in told()[0]


def test_five_browsers_at_most_and_those_that_ended_do_not_count(line):
    for n in range(MOST_BROWSERS):
        follow(ticket=line[0], subscription=a_browser(n), language="en", now=NOON)
    with pytest.raises(TooManyBrowsers):
        follow(ticket=line[0], subscription=a_browser(9), language="en", now=NOON)
    follow(ticket=line[0], subscription=a_browser(0), language="en", now=NOON)  # again

    unfollow(ticket=line[0], index=a_browser(0).index, now=NOON)
    follow(ticket=line[0], subscription=a_browser(9), language="en", now=NOON)

    assert PushBrowser.objects.count() == MOST_BROWSERS


def test_the_sweep_of_messages_tells_browsers_too(line, monkeypatch):
    monkeypatch.setattr("appointments.tasks.right_now", lambda: NOON)
    follow(ticket=line[0], subscription=a_browser(), language="en", now=NOON)

    send_due_task()

    assert len(told()) == 1


def test_subscriptions_are_sealed_and_forgotten(line):
    follow(ticket=line[0], subscription=a_browser(), language="en", now=NOON)
    assert b"googleapis" not in bytes(PushBrowser.objects.get().subscription_sealed)

    forget(now=NOON + timedelta(days=2))

    assert not PushBrowser.objects.exists()
