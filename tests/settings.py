"""The settings, on a PostgreSQL and a Valkey of this run's own unless named outside.

Nothing falls back to SQLite, an in-memory broker or eager tasks.
"""

import atexit
import os

from config import servers

if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
    run = servers.scratch()
    atexit.register(run.stop)
    os.environ.setdefault("DATABASE_URL", run.database_url)
    os.environ.setdefault("REDIS_URL", run.redis_url)

from config.settings import *  # noqa: E402, F403

STATIC_ROOT = BASE_DIR / "config" / "static"  # noqa: F405  a folder that is there; nothing is collected
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast
# A crowd waits for one row in turn; on a slow machine that is no fault.
DATABASES["default"]["OPTIONS"]["options"] += " -c lock_timeout=60s"  # noqa: F405
