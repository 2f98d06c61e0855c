"""Two presses about one request for help: one answer stands. # C26"""

from functools import partial
from threading import Barrier

import pytest
from django.db import DatabaseError

from tests.conftest import NOON, make_staff, race
from windows import helping
from windows.models import HelpRequest, RosterEntry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(session, other_hall, supervisor) -> HelpRequest:
    return helping.ask(session=session, of_hall=other_hall, people=1, by=supervisor, now=NOON)


def contradict(asked, other_hall):
    """The neighbour grants twice and refuses, all at once: what each was told."""
    boss = make_staff("boss", other_hall, "supervisor")
    wang = make_staff("wang", other_hall, "clerk")
    commands = [
        lambda: helping.grant(request=asked, staff=[wang], by=boss, now=NOON),
        lambda: helping.refuse(request=asked, answer="No", by=boss, now=NOON),
        lambda: helping.grant(request=asked, staff=[wang], by=boss, now=NOON),
    ]
    return race(*(partial(told, command) for command in commands))


def told(command):
    try:
        return command().state
    except DatabaseError as error:
        return type(error)


def test_one_answer_stands(asked, other_hall):
    answers = contradict(asked, other_hall)

    assert answers.count(helping.AnsweredAlready) == 2
    asked.refresh_from_db()
    planned = RosterEntry.objects.filter(is_cancelled=False).count()
    assert (asked.state, planned) in [("granted", 1), ("refused", 0)]


def test_without_its_lock_others_are_not_told_that_it_was_answered(asked, other_hall, monkeypatch):
    all_have_looked = Barrier(3)

    def unlocked(request, *_states):
        row = HelpRequest.objects.select_related("session__hall", "hall", "of_hall").get(
            pk=request.pk
        )
        all_have_looked.wait(timeout=30)
        return row

    monkeypatch.setattr(helping, "_lock", unlocked)

    answers = contradict(asked, other_hall)

    assert answers.count(helping.AnsweredAlready) < 2
