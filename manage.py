#!/usr/bin/env python
"""Django's command line. With no DATABASE_URL or REDIS_URL the embedded servers are started."""

import os
import sys

NEEDS_NO_SERVER = {
    "collectstatic",
    "compilemessages",
    "makemessages",
    "help",
    "version",
    "spectacular",
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if len(sys.argv) > 1 and sys.argv[1] not in NEEDS_NO_SERVER:
        from config import servers

        servers.ensure(os.environ)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
