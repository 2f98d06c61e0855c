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


{"no keys": no_keys}[os.environ["MISTAKE"]]()
