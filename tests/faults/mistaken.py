"""The web application with one mistake planted in it, which the fault tests must see.

MISTAKE='no keys' granian ... tests.faults.mistaken:application
"""

import os

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()


def no_keys() -> None:
    """What is asked is done, however often it is asked; no answer is kept."""
    from appointments.api.hot_path import HotPath
    from windows.api import plumbing
    from windows.once import _run_or_refuse

    HotPath.answer = lambda *_asked: None  # on to the ordinary way
    plumbing.once = lambda *, run, **_known: (*_run_or_refuse(run), False)


def rings() -> None:
    """A message is announced over Redis within the request."""
    from appointments import tasks
    from appointments.api.hot_path import HotPath
    from config import celery  # noqa: F401  tasks belong to this app

    before = HotPath.answer

    def answer(self, *asked):
        tasks.send_due.delay()
        return before(self, *asked)

    HotPath.answer = answer


{"no keys": no_keys, "rings": rings}[os.environ["MISTAKE"]]()
