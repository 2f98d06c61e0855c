"""The settled things: settings, clock, refusals, faces, processes."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
