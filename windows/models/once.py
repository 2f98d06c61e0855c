"""What may happen only once: a pressed request, a period of a job."""

from django.db import models


class RequestKey(models.Model):
    """A request that a person may press twice, and the answer it got the first time.

    Invariants: a key is used once by an actor on a route (request_runs_once).
    """

    actor = models.CharField(max_length=64)
    route = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    body_hash = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["actor", "route", "key"], name="request_runs_once")
        ]
        indexes = [models.Index(fields=["made_at"], name="request_key_age")]


class PeriodicRun(models.Model):
    """A job's period that has been taken by one runner.

    Invariants: a period of a job runs once (period_runs_once).
    """

    job = models.CharField(max_length=60)
    period_start = models.DateTimeField()
    started_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "period_start"], name="period_runs_once")
        ]
