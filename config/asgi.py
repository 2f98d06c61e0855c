"""Live streams only: /live/..., see queues/live.py."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from queues.live import application  # noqa: E402

__all__ = ["application"]
