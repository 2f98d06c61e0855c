"""Numbers that a kiosk told and that nobody could take by itself: a person decides.

A row may be malformed, of a letter that its matter no longer has, or come from a kiosk that
was shut out meanwhile. Somebody may stand in the hall with it on paper, so it is kept as it
came until a supervisor lets it in or puts it aside.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from config.refusals import NotFound, Refusal
from queues.blocks import Fate, Given, take_looked_at
from queues.models import DoubtfulNumber
from queues.models.ticket import BLOCK_NUMBERS
from windows.access import ADMIN, SUPERVISOR, has_role
from windows.models import DeviceToken, Matter, Staff

WHO = (SUPERVISOR, ADMIN)
MOST_KEPT = 300  # of one kiosk, undecided: three full blocks
MOST_TOLD = 2000  # letters of a row
LETTER = re.compile(r"[A-Z]")
REFERENCE = re.compile(r"[A-Za-z0-9]{4,12}")


class MalformedRow(Refusal):
    code = "malformed"
    message = _("This row cannot be read as a number. A supervisor decides about it.")


class KioskShutOut(Refusal):
    code = "kiosk_shut_out"
    message = _("This kiosk was shut out. A supervisor decides about its numbers.")


class NobodyCanRead(Refusal):
    code = "nobody_can_read"
    message = _("Letter and number cannot be read. Give the person a new number instead.")


class DecidedAlready(Refusal):
    code = "already_decided"
    message = _("%(who)s has decided this already.")


@dataclass(frozen=True)
class Told:
    """What can be read of a row; empty or None is what cannot."""

    prefix: str
    number: int | None
    matter: str
    taken_at: datetime | None
    public_id: str
    reference: str

    @property
    def label(self) -> str:
        """As on paper, when letter and number can be read."""
        return f"{self.prefix}{self.number:03d}" if self.prefix and self.number else ""


def keep(*, device: DeviceToken, rows: Iterable[tuple[object, str]], now: datetime) -> None:
    """The rows wait for a decision, each with the code of why; told again they are there once.

    Of one kiosk no more than a few hundred wait: what is beyond stays with the kiosk.
    """
    told = [_kept(device, row, why, now) for row, why in rows]
    if not told:
        return
    here = DoubtfulNumber.objects.filter(
        hall=device.hall_id, digest__in=[one.digest for one in told]
    )
    before = {bytes(digest) for digest in here.values_list("digest", flat=True)}
    new = [one for one in told if one.digest not in before]
    room = MOST_KEPT - DoubtfulNumber.objects.filter(device=device, decided_at=None).count()
    DoubtfulNumber.objects.bulk_create(new[: max(room, 0)], ignore_conflicts=True)


def _kept(device: DeviceToken, row: object, why: str, now: datetime) -> DoubtfulNumber:
    told = json.dumps(row, sort_keys=True)
    return DoubtfulNumber(
        hall_id=device.hall_id,
        device=device,
        told=told[:MOST_TOLD],
        digest=hashlib.sha256(told.encode()).digest(),
        why=why,
        told_at=now,
    )


def waiting_at(hall_id: int) -> QuerySet[DoubtfulNumber]:
    """What nobody has decided about in the hall, the oldest first."""
    undecided = DoubtfulNumber.objects.filter(hall=hall_id, decided_at=None)
    return undecided.select_related("device").order_by("told_at", "pk")


def understood(row: object) -> Told:
    """What can be read of a row as it came, however spoiled the rest is."""
    fields: dict[str, Any] = row if isinstance(row, dict) else {}
    prefix, number = _text(fields, "prefix"), fields.get("number")
    is_number = type(number) is int and BLOCK_NUMBERS[0] <= number <= BLOCK_NUMBERS[1]
    reference = _text(fields, "reference")
    return Told(
        prefix=prefix if LETTER.fullmatch(prefix) else "",
        number=number if is_number else None,
        matter=_text(fields, "matter"),
        taken_at=_instant(_text(fields, "taken_at")),
        public_id=_text(fields, "public_id"),
        reference=reference if REFERENCE.fullmatch(reference) else "",
    )


def told_in(doubtful: DoubtfulNumber) -> Told:
    """What can be read of the row that was kept."""
    try:
        return understood(json.loads(doubtful.told))
    except ValueError:  # it was longer than what is kept
        return understood(None)


def _text(fields: dict[str, Any], name: str) -> str:
    said = fields.get(name)
    return said if isinstance(said, str) and said.isprintable() else ""


def _instant(said: str) -> datetime | None:
    try:
        instant = parse_datetime(said)
    except ValueError:
        return None
    return instant if instant is not None and instant.tzinfo is not None else None


@transaction.atomic
def let_in(
    *, doubtful: DoubtfulNumber, staff: Staff, now: datetime, matter: Matter | None = None
) -> Fate:
    """The number is a ticket with its place by when it was given; of `matter` when the row's
    own does not fit. Where no time can be read it was given when we heard of it.

    Refuses: DecidedAlready, NobodyCanRead, NotOfYourBlock, NotOfThisLetter, NoSessionThen.
    Raises NotFound for another hall's.
    """
    row = _undecided(doubtful, staff)
    told = told_in(row)
    if not told.label or told.number is None:
        raise NobodyCanRead
    given = Given(
        prefix=told.prefix,
        number=told.number,
        matter=matter.code if matter else told.matter,
        taken_at=told.taken_at or row.told_at,
        public_id=told.public_id,
    )
    fate = take_looked_at(device=row.device, one=given, by=staff, now=now)
    row.ticket = fate.ticket
    _decide(row, staff, now)
    return fate


@transaction.atomic
def put_aside(*, doubtful: DoubtfulNumber, staff: Staff, now: datetime) -> None:
    """Nobody waits with this number; the row stays, with who said so.

    Refuses: DecidedAlready. Raises NotFound for another hall's.
    """
    _decide(_undecided(doubtful, staff), staff, now)


def _undecided(doubtful: DoubtfulNumber, staff: Staff) -> DoubtfulNumber:
    rows = DoubtfulNumber.objects.select_related("device", "decided_by")
    row = rows.select_for_update(of=("self",)).filter(pk=doubtful.pk).first()
    if row is None or not has_role(staff, row.hall_id, *WHO):
        raise NotFound
    if row.decided_at is not None:
        raise DecidedAlready(who=row.decided_by)
    return row


def _decide(row: DoubtfulNumber, staff: Staff, now: datetime) -> None:
    row.decided_at, row.decided_by = now, staff
    row.save(update_fields=["decided_at", "decided_by", "ticket"])
