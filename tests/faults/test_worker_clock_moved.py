"""The clock of a Celery worker is an hour or a day off: nothing leaves early, late or twice. # C18

The database's clock is everybody's (config/clock.py). Mutant: with `right_now` reading the
machine's clock alone, a worker an hour or a day ahead sends what is due in half an hour.
"""

from datetime import timedelta

import pytest

from appointments import tasks
from appointments.models import InboxItem, Message
from appointments.sealing import seal
from config import celery, civil  # noqa: F401  tasks belong to this app
from tests.conftest import PHONE
from tests.faults.shifted import on_a_wrong_machine
from tests.faults.test_redis_away import run  # noqa: F401  a fixture
from tests.faults.web import until

pytestmark = pytest.mark.django_db(transaction=True)
AN_HOUR, A_DAY = 3600, 86400


def owed(subject: str, due: timedelta) -> Message:
    now = civil.now()
    return Message.objects.create(
        subject=subject, kind="code", to_sealed=seal(PHONE, purpose="phone"),
        text_sealed=seal(subject, purpose="message"), due_at=now + due, made_at=now,
    )  # fmt: skip


@pytest.mark.parametrize("shift", [AN_HOUR, -AN_HOUR, A_DAY, -A_DAY])
def test_a_worker_goes_by_the_databases_clock(run, shift):  # noqa: F811
    due, later = owed("due", timedelta(minutes=-1)), owed("later", timedelta(minutes=30))
    wrong = on_a_wrong_machine(shift)[1:]  # without the interpreter
    run(*wrong, "celery", "-A", "config", "worker", "-Q", "messages", "-c", "1", "-l", "warning")
    for _ in range(10):
        tasks.send_due.delay()

    until(lambda: Message.objects.get(pk=due.pk).state == "sent")
    again = owed("the last ring was heard", timedelta(0))
    tasks.send_due.delay()
    until(lambda: Message.objects.get(pk=again.pk).state == "sent")

    assert Message.objects.get(pk=later.pk).state == "ready"
    assert [item.text for item in InboxItem.objects.order_by("pk")] == ["due", again.subject]
