"""Doing a pressed request once, and a period of a job once."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from config.refusals import Refusal, TooMany
from windows.models import RequestKey

Answer = tuple[int, Any]


class MissingKey(Refusal):
    code = "idempotency_key_missing"
    message = _("The request has no Idempotency-Key.")


class KeyReused(Refusal):
    code = "idempotency_key_reused"
    message = _("This Idempotency-Key was used for another request.")


def once(
    *,
    actor: str,
    route: str,
    key: str,
    body: bytes | str,
    now: datetime,
    run: Callable[[], Answer],
) -> tuple[int, Any, bool]:
    """Runs `run` in one transaction with its key; the same key and body get the first answer.

    `run` returns (status, JSON answer). A twin that comes meanwhile waits for the first
    and then gets its answer. A refusal is an answer too (409) and is kept, unless it says
    otherwise (`is_kept`); any other error rolls back and leaves the key free.
    Returns (status, answer, replayed). Refuses: MissingKey, KeyReused.
    """
    if not key or len(key) > 255 or "\x00" in key:
        raise MissingKey
    digest = body_digest(body)
    with transaction.atomic():
        made = _take_key(actor[:64], route[:80], key, digest, now)
        if made is None:
            kept = RequestKey.objects.get(actor=actor[:64], route=route[:80], key=key)
            return _first_answer(kept, digest)
        status, answer = _run_or_refuse(run)
        # Stored as the client gets it, so that a replay is equal to the letter.
        answer = json.loads(json.dumps(answer, cls=DjangoJSONEncoder))
        RequestKey.objects.filter(pk=made).update(status=status, answer=answer)
    return status, answer, False


def body_digest(body: bytes | str) -> bytes:
    """What is kept of a body, to tell the same request from another one."""
    return hashlib.sha256(body.encode() if isinstance(body, str) else body).digest()


def _take_key(actor: str, route: str, key: str, digest: bytes, now: datetime) -> int | None:
    """The new row's id, or None when the key is there already; waits for a twin's commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO windows_requestkey (actor, route, key, body_hash, made_at)"
            " VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT ON CONSTRAINT request_runs_once DO NOTHING RETURNING id",
            [actor, route, key, digest, now],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _first_answer(kept: RequestKey, digest: bytes) -> tuple[int, Any, bool]:
    if bytes(kept.body_hash) != digest:
        raise KeyReused
    assert kept.status is not None  # noqa: S101  a committed key has its answer
    return kept.status, kept.answer, True


def _run_or_refuse(run: Callable[[], Answer]) -> Answer:
    try:
        with transaction.atomic():
            try:
                return run()
            except Refusal as refusal:
                if not refusal.keeps_work:
                    raise
                return 409, refusal.body()
    except Refusal as refusal:
        if isinstance(refusal, TooMany) or not refusal.is_kept:
            raise  # nothing happened, and the same key may be tried later
        return 409, refusal.body()


def takes_period(*, job: str, period_start: datetime, now: datetime) -> bool:
    """True for the one runner that takes this period of the job (period_runs_once)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO windows_periodicrun (job, period_start, started_at) VALUES (%s, %s, %s)"
            " ON CONFLICT ON CONSTRAINT period_runs_once DO NOTHING",
            [job, period_start, now],
        )
        return cursor.rowcount == 1
