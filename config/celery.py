"""Celery: messages, demand, rebalancing. A doorbell: the truth is in PostgreSQL.

Every task is named here with its route; a test holds the list complete. UTC only,
no ETA, no countdown, no result backend: due times are columns, sweeps find them.
"""

import os
import sys

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("dengta")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["appointments", "queues", "windows"])

app.conf.task_routes = {
    "appointments.send_due": {"queue": "messages"},
    "appointments.rebalance": {"queue": "demand"},
    "appointments.rebalance_step": {"queue": "demand"},
}
app.conf.beat_schedule = {
    "send what is due": {"task": "appointments.send_due", "schedule": 5.0},
    # 17:40 UTC is 01:40 in the city: after every night session has closed its doors.
    "rebalance after the day": {
        "task": "appointments.rebalance",
        "schedule": crontab(hour="17", minute="40"),
    },
    # 00:10 to 11:10 UTC is 08:10 to 19:10 in the city.
    "rebalance by day": {
        "task": "appointments.rebalance_step",
        "schedule": crontab(hour="0-11", minute="10"),
    },
}

if "celery" in os.path.basename(sys.argv[0]):
    from config import servers

    servers.ensure(os.environ)
