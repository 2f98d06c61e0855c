"""Appealing against a missed visit: the person says why, a person decides.

What is written may tell about an illness: reason, text and answer are kept sealed and are
shown to the hall's supervisors and to the holder of the booking's link alone.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from appointments import missed_words, missing, reminding
from appointments.journal import record
from appointments.models import Appeal, Booking, Message, MissedVisit
from appointments.sealing import seal, unseal
from config.refusals import NotFound, Refusal, refusing
from windows.access import ADMIN, SUPERVISOR, halls_of, has_role
from windows.models import Staff

State = Appeal.State
WHO = (SUPERVISOR, ADMIN)
TEXT_MOST, ANSWER_MOST = 1000, 500
REASONS = {
    "ill": _("I was ill, or somebody in the family was"),
    "transport": _("I was on the way and could not get there"),
    "hall": _("The hall was closed, or sent me away"),
    "there": _("I was there"),
    "other": _("Another reason"),
}


class NothingMissed(Refusal):
    code = "nothing_missed"
    message = _("For this booking no missed visit is noted.")


class AlreadyExcused(Refusal):
    code = "already_excused"
    message = _("This visit is excused already. Nothing needs to be done.")


class AppealTooLate(Refusal):
    code = "appeal_too_late"
    message = _("Objecting was possible until %(day)s. In the hall people still listen to you.")


class AlreadyAppealed(Refusal):
    code = "already_appealed"
    message = _("What you wrote is here already. The hall answers by a message.")


class TextMissing(Refusal):
    code = "text_missing"
    message = _("Say in a sentence what happened.")
    field = "text"


class AnswerMissing(Refusal):
    code = "answer_missing"
    message = _("Tell the person why: write an answer.")
    field = "answer"


class AlreadyDecided(Refusal):
    code = "already_decided"
    message = _("%(who)s has decided this already.")


@dataclass(frozen=True)
class Said:
    """What the person chose and wrote."""

    reason: str
    text: str


def missed_visit(booking: Booking) -> MissedVisit | None:
    """The missed visit that the booking belongs to; matters of one chain share it."""
    return (
        MissedVisit.objects.filter(
            booking__group_id=booking.group_id, booking__id_index=booking.id_index
        )
        .select_related("booking__group", "booking__hall", "booking__matter")
        .first()
    )


def appeal_of(visit: MissedVisit) -> Appeal | None:
    return Appeal.objects.filter(missed=visit).select_related("decided_by").first()


def check_can_appeal(visit: MissedVisit | None, *, now: datetime) -> MissedVisit:
    """Refuses: NothingMissed, AlreadyAppealed, AlreadyExcused, AppealTooLate."""
    if visit is None:
        raise NothingMissed
    if Appeal.objects.filter(missed=visit).exists():
        raise AlreadyAppealed
    if visit.excused_at is not None:
        raise AlreadyExcused
    until = missing.appeal_until(visit)
    if now >= until:
        raise AppealTooLate(day=missed_words.last_day(until))
    return visit


@transaction.atomic
def appeal(*, booking: Booking, reason: str, text: str, now: datetime) -> Appeal:
    """The hall's supervisors have the person's words to decide on; once per missed visit.

    Refuses: NothingMissed, AlreadyAppealed, AlreadyExcused, AppealTooLate, TextMissing.
    """
    visit = check_can_appeal(missed_visit(booking), now=now)
    said = Said(reason if reason in REASONS else "other", text.strip()[:TEXT_MOST])
    if said.reason == "other" and not said.text:
        raise TextMissing
    with refusing({"appeal_once_per_missed": AlreadyAppealed}):
        made = Appeal.objects.create(
            missed=visit,
            text_sealed=seal(json.dumps(vars(said), ensure_ascii=False), purpose="appeal"),
            made_at=now,
        )
    record(visit.booking, "appealed", now=now, was=visit.booking.state)
    return made


def said_in(appeal: Appeal) -> Said:
    return Said(**json.loads(unseal(appeal.text_sealed, purpose="appeal")))


def answer_of(appeal: Appeal) -> str:
    return unseal(appeal.answer_sealed, purpose="answer") if appeal.answer_sealed else ""


def appeals_for(staff: Staff) -> QuerySet[Appeal]:
    """The appeals of the halls that the person supervises, the oldest first."""
    mine = Appeal.objects.filter(missed__booking__hall__in=halls_of(staff, *WHO))
    facts = ("missed__booking__hall", "missed__booking__matter", "missed__booking__group")
    return mine.select_related(*facts, "decided_by").order_by("made_at", "pk")


@transaction.atomic
def decide(*, appeal: Appeal, accept: bool, answer: str, by: Staff, now: datetime) -> Appeal:
    """The visit is excused, or stays as it is noted with the reason why; the person is told.

    The first decision stands. Refuses: AlreadyDecided, AnswerMissing. Raises NotFound for
    an appeal of another hall.
    """
    locked = Appeal.objects.select_for_update(of=("self",)).get(pk=appeal.pk)
    visit = MissedVisit.objects.select_related("booking__group").get(pk=locked.missed_id)
    if not has_role(by, visit.booking.hall_id, *WHO):
        raise NotFound
    if locked.state != State.OPEN:
        raise AlreadyDecided(who=locked.decided_by)
    answer = answer.strip()[:ANSWER_MOST]
    if not accept and not answer:
        raise AnswerMissing
    locked.state = State.ACCEPTED if accept else State.DECLINED
    locked.decided_at, locked.decided_by = now, by
    locked.answer_sealed = seal(answer, purpose="answer") if answer else None
    locked.save(update_fields=["state", "decided_at", "decided_by", "answer_sealed"])
    opened = accept and missing.excuse(visit=visit, why=f"appeal {locked.pk}", by=by, now=now)
    locked.missed = visit
    record(visit.booking, f"appeal_{locked.state}", now=now, was=visit.booking.state, by=by)
    _tell(locked, opened=opened, now=now)
    return locked


def _tell(appeal: Appeal, *, opened: bool, now: datetime) -> None:
    booking = appeal.missed.booking
    reminding.owe(
        subject=f"appeal:{appeal.pk}",
        kind=Message.Kind.ANSWERED,
        to_sealed=booking.group.phone_sealed,
        text=missed_words.answered_text(appeal, opened=opened),
        now=now,
        due=reminding.after_quiet_hours(now),
        booking=booking,
    )
