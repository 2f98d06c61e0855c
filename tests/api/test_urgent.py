"""Who goes first for something urgent says what it is, at a machine as to a person. Row C13."""

import pytest

from queues.models import Ticket

pytestmark = pytest.mark.usefixtures("session")
ASKED = {"matter": "RENEW", "priority": "urgent"}


@pytest.mark.parametrize("who", ["kiosk", "as_guide"])
@pytest.mark.parametrize("reason", [{}, {"reason": ""}, {"reason": "  "}])
def test_without_a_reason_nobody_goes_first(request, who, reason):
    answer = request.getfixturevalue(who).post("halls/H01/tickets/", {**ASKED, **reason})

    assert answer.status_code == 409
    said = answer.json()
    assert (said["code"], said["field"]) == ("say_what_is_urgent", "reason")
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("who", ["kiosk", "as_guide"])
def test_the_reason_stays_with_the_number(request, who):
    asked = {**ASKED, "reason": "14:30 train"}

    answer = request.getfixturevalue(who).post("halls/H01/tickets/", asked)

    assert answer.status_code == 201
    ticket = Ticket.objects.get()
    assert (ticket.priority, ticket.priority_note) == ("urgent", "14:30 train")


def test_what_one_can_see_needs_no_words(kiosk):
    answer = kiosk.post("halls/H01/tickets/", {"matter": "RENEW", "priority": "elderly"})

    assert answer.status_code == 201
