"""What a roster has to tell: to somebody at work, and to who runs the hall. One query each."""

from collections import Counter
from datetime import datetime

from django.db.models import QuerySet, Value
from django.utils.translation import ngettext

from windows import asking_absence
from windows.models import AbsenceRequest, Hall, Staff, Swap

State = Swap.State
IN_PLAY = [State.ASKED, State.AGREED]


def news_for(staff: Staff, *, now: datetime) -> list[str]:
    """Whether a colleague asks something, and what was answered since the person looked."""
    coming = Swap.objects.filter(entry__period__startswith__gt=now)
    ended = Swap.objects.exclude(state__in=IN_PLAY)
    absences = AbsenceRequest.objects.filter(staff=staff, seen_at__isnull=True)
    agreed = ended.filter(to=staff, answered_at__isnull=False, other_saw_at__isnull=True)
    found = _count(
        asks=coming.filter(to=staff, state=State.ASKED, entry__is_cancelled=False),
        swaps=ended.filter(made_by=staff, asker_saw_at__isnull=True).exclude(decided_by=staff),
        agreed=agreed.exclude(state=State.REFUSED, decided_by=None),
        absences=absences.exclude(state=AbsenceRequest.State.ASKED),
    )
    said = []
    if asks := found["asks"]:
        words = ngettext(
            "A colleague asks you for a swap.", "%(n)s colleagues ask you for a swap.", asks
        )
        said.append(words % {"n": asks})
    if ended_ones := found["swaps"] + found["agreed"]:
        words = ngettext("A swap is decided.", "%(n)s swaps are decided.", ended_ones)
        said.append(words % {"n": ended_ones})
    if answered := found["absences"]:
        words = ngettext(
            "Your absence is answered.", "%(n)s of your absences are answered.", answered
        )
        said.append(words % {"n": answered})
    return said


def waiting_in(hall: Hall, *, now: datetime) -> list[str]:
    """What people of the hall ask for and nobody has decided."""
    swaps = Swap.objects.filter(
        entry__session__hall=hall, entry__period__startswith__gt=now, state=State.AGREED
    )
    found = _count(swaps=swaps, absences=asking_absence.open_in(hall, now=now).select_related(None))
    said = []
    if swapped := found["swaps"]:
        words = ngettext("A swap waits for your word.", "%(n)s swaps wait for your word.", swapped)
        said.append(words % {"n": swapped})
    if asked := found["absences"]:
        words = ngettext("An absence is asked for.", "%(n)s absences are asked for.", asked)
        said.append(words % {"n": asked})
    return said


def _count(**rows: QuerySet[Swap] | QuerySet[AbsenceRequest]) -> Counter[str]:
    """How many rows there are of each; one query."""
    named = [
        one.order_by().annotate(what=Value(name)).values_list("what", "pk")
        for name, one in rows.items()
    ]
    return Counter(what for what, _pk in named[0].union(*named[1:], all=True))
