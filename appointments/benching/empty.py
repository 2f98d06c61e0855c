"""A task that does nothing, for comparison with one that sends."""

import os

from celery import Celery

app = Celery("empty", broker=os.environ.get("REDIS_URL"))
app.conf.update(
    task_ignore_result=True, task_acks_late=True, worker_prefetch_multiplier=1,
    task_default_queue="empty",
)  # fmt: skip


@app.task(name="empty.nothing")
def nothing() -> None:
    """Nothing becomes true."""
