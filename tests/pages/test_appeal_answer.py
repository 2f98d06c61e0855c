"""What a supervisor is asked for when deciding about an appeal. Row C30."""

import pytest

from tests.pages.reading import text_of
from tests.pages.test_appeals import as_supervisor, missed, next_morning, written  # noqa: F401

pytestmark = pytest.mark.django_db


def test_the_answer_does_not_look_as_if_nobody_needed_it(as_supervisor, written):  # noqa: F811
    page = text_of(as_supervisor.get(f"/supervise/appeals/{written.pk}/"))

    assert '<label class="govuk-label" for="id_answer">Answer to the person</label>' in page
    assert "needs a reason" in page
    assert "(you may leave this empty)" not in page


def test_where_it_is_missing_that_is_said_at_the_field(as_supervisor, written):  # noqa: F811
    address = f"/supervise/appeals/{written.pk}/"

    page = text_of(as_supervisor.post(address, {"key": "k" * 32, "decision": "decline"}))

    assert 'id="id_answer_error"' in page
    assert 'aria-describedby="id_answer_helptext id_answer_error"' in page
