"""What people can serve: who has no matter listed can serve everything."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config.refusals import Refusal
from windows.models import HallSession, Matter, Staff, StaffSkill, Window


class NotAMatter(Refusal):
    code = "not_a_matter"
    message = _("One of these matters is not offered any more. Look again.")
    field = "matters"


def skills_of(people: Iterable[int]) -> dict[int, set[int]]:
    """The matters that each of these people has listed; who is missing can serve all."""
    listed: dict[int, set[int]] = {}
    rows = StaffSkill.objects.filter(staff__in=list(people)).values_list("staff_id", "matter_id")
    for staff_id, matter_id in rows:
        listed.setdefault(staff_id, set()).add(matter_id)
    return listed


def share_served(listed: Collection[int] | None, wanted: Collection[int]) -> float:
    """Which part of the wanted matters the person can serve: 1 is all of them."""
    if not listed or not wanted:
        return 1.0
    return len(set(wanted) & set(listed)) / len(set(wanted))


def matters_at(session: HallSession, window: Window | None) -> set[int]:
    """What a person at the window has to serve in the session; on the floor nothing special."""
    if window is None:
        return set()
    served = set(window.matters.filter(is_offered=True).values_list("pk", flat=True))
    return served & set(session.matter_ids) if session.matter_ids else served


@transaction.atomic
def list_skills(*, staff: Staff, matters: Collection[int], now: datetime) -> set[int]:
    """The person can serve exactly these matters; none or all of them: everything.

    Refuses: NotAMatter.
    """
    list(Staff.objects.select_for_update(no_key=True).filter(pk=staff.pk).values_list("pk"))
    offered = set(Matter.objects.filter(is_offered=True).values_list("pk", flat=True))
    wanted = set(matters)
    if not wanted <= offered:
        raise NotAMatter
    if wanted == offered:
        wanted = set()
    mine = StaffSkill.objects.filter(staff=staff)
    mine.exclude(matter__in=wanted).delete()
    known = set(mine.values_list("matter_id", flat=True))
    StaffSkill.objects.bulk_create(
        StaffSkill(staff=staff, matter_id=pk) for pk in sorted(wanted - known)
    )
    return wanted
