"""The settings, on a PostgreSQL and a Valkey of this run's own unless named outside.

Nothing falls back to SQLite, an in-memory broker or eager tasks.
"""

import atexit
import os

from config import servers

# What is not named outside is ours. A worker of a run on several cores inherits what the run
# told itself, with the names of it, and begins servers of its own.
OURS = "DENGTA_SCRATCH"
NAMES = ("DATABASE_URL", "REDIS_URL")
ours = os.environ.get(OURS, ",".join(name for name in NAMES if not os.environ.get(name)))
if ours:
    run = servers.scratch()
    atexit.register(run.stop)
    begun = {"DATABASE_URL": run.database_url, "REDIS_URL": run.redis_url}
    os.environ |= {OURS: ours, **{name: begun[name] for name in ours.split(",")}}

from config.settings import *  # noqa: E402, F403

STATIC_ROOT = BASE_DIR / "config" / "static"  # noqa: F405  a folder that is there; nothing is collected
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast
# On a slow machine it is no fault that a crowd waits for one row in turn, nor that a test,
# which is one transaction, does nothing for a while.
DATABASES["default"]["OPTIONS"]["options"] += (  # noqa: F405
    " -c lock_timeout=60s -c statement_timeout=60s -c idle_in_transaction_session_timeout=0"
)
# Each client builds the middleware anew; files are looked for when they are asked for.
WHITENOISE_AUTOREFRESH = True
