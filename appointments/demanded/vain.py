"""Who asked for a hall's day in vain: searches, and the waiting list.

A search over several halls and days is one person: it is shared out among the days of those
halls that are open to booking, as their online quota was, so that over all of them it counts
once. Who looks at a hall that is full on all its days is counted for the day and for the
search; the search is then left out. Who waited and got a place has not searched in vain.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from django.db.models import Count, Q, QuerySet, Sum

from appointments.demanded.sharing import shared, start_of
from appointments.models import UnmetDemand, VainSearch, WaitEntry
from windows.models import Hall, HallSession, Slot

Cell = tuple[int, date]  # a hall's service day
ONLINE = VainSearch.Channel.ONLINE
IN_VAIN = [
    WaitEntry.State.WAITING,
    WaitEntry.State.OFFERED,
    WaitEntry.State.LEFT,
    WaitEntry.State.ENDED,
]


def unmet_of_day(hall: Hall, day: date) -> Iterator[tuple[int, str, int]]:
    """(matter, channel, people) of each count."""
    looked = UnmetDemand.objects.filter(hall=hall, service_day=day).values_list("matter_id")
    for matter_id, people in looked.annotate(n=Sum("count")).order_by("matter_id"):
        yield matter_id, ONLINE.value, people
    for search, people in shares_of_day(hall, day):
        if people:
            yield search.matter_id, search.channel, people


def searches_over(hall: Hall, day: date) -> QuerySet[VainSearch]:
    """Searches that might have ended on that day in that hall."""
    here = VainSearch.objects.filter(first_day__lte=day, last_day__gte=day)
    ours = here.filter(Q(halls="") | Q(halls__contains=hall.code))
    return ours.select_related("matter").order_by("pk")


def shares_of_day(hall: Hall, day: date) -> list[tuple[VainSearch, int]]:
    """Each search over that day, and how many of its people count here."""
    searches = [one for one in searches_over(hall, day) if _is_over(one, hall)]
    if not searches:
        return []
    offered = _offered([(one.first_day, one.last_day) for one in searches])
    looked = _looked_at_days(searches)
    found = []
    for one in searches:
        people = max(one.count - looked.get(one.pk, 0), 0)
        codes = set(one.halls.split(",")) if one.halls else None
        cells = _cells(offered, one.first_day, one.last_day, codes)
        if (one.halls, one.first_day) == (hall.code, one.last_day):
            found.append((one, people))  # nothing else was wanted, open or not
        else:
            found.append((one, _share(people, one.pk, cells, (hall.pk, day))))
    return found


def _is_over(search: VainSearch, hall: Hall) -> bool:
    return not search.halls or hall.code in search.halls.split(",")


def _offered(periods: Iterable[tuple[date, date]]) -> dict[tuple[str, int, date], int]:
    """Minutes online of each open day of all halls (code, hall, day) around the periods."""
    both = list(periods)
    around = (min(first for first, _last in both), max(last for _first, last in both))
    slots = Slot.objects.filter(service_day__range=around, session__state=HallSession.State.OPEN)
    rows = slots.values_list("hall__code", "hall_id", "service_day").annotate(n=Sum("online_quota"))
    return {(code, pk, day): minutes for code, pk, day, minutes in rows.order_by()}


def _cells(
    offered: dict[tuple[str, int, date], int], first: date, last: date, codes: set[str] | None
) -> dict[Cell, int]:
    """The open days of these halls (None: of all) within the days, with what each offered."""
    return {
        (hall_id, day): minutes
        for (code, hall_id, day), minutes in offered.items()
        if first <= day <= last and (codes is None or code in codes)
    }


def _share(people: int, number: int, cells: dict[Cell, int], here: Cell) -> int:
    """What falls to the hall's day; nothing where it was closed."""
    if here not in cells:
        return 0
    there = sorted(cells, key=lambda one: (one[1], one[0]))
    parts = shared(people, [cells[one] for one in there], start=start_of(number))
    return parts[there.index(here)]


def _looked_at_days(searches: Iterable[VainSearch]) -> dict[int, int]:
    """Of the searches in one hall, how many are counted by the day that was looked at."""
    own = [one for one in searches if one.channel == ONLINE and one.halls and "," not in one.halls]
    if not own:
        return {}
    counts: dict[tuple[str, int, date], int] = defaultdict(int)
    rows = UnmetDemand.objects.filter(
        hall__code__in={one.halls for one in own}, asked_on__in={one.asked_on for one in own}
    ).values_list("hall__code", "matter_id", "asked_on")
    for code, matter_id, asked_on, people in rows.annotate(n=Sum("count")).order_by():
        counts[code, matter_id, asked_on] = people
    return {one.pk: counts[one.halls, one.matter_id, one.asked_on] for one in own}


def waited(hall: Hall, day: date, states: Sequence[str]) -> dict[int, int]:
    """People of each matter whose entry waited for this day, or for others as well."""
    found: dict[int, int] = defaultdict(int)
    for entry, people in waiting_of_day(hall, day, states):
        found[entry.matter_id] += people
    return found


def waiting_of_day(
    hall: Hall, day: date, states: Sequence[str] = IN_VAIN
) -> list[tuple[WaitEntry, int]]:
    """Each entry over that day, and how many of its people count here: as searches do."""
    around = WaitEntry.objects.filter(first_day__lte=day, last_day__gte=day, state__in=states)
    here = around.filter(
        pk__in=WaitEntry.halls.through.objects.filter(hall=hall).values("waitentry")
    )
    named = here.select_related("matter").annotate(size=Count("people"))
    entries = list(named.prefetch_related("halls").order_by("pk"))
    if not entries:
        return []
    offered = _offered([(one.first_day, one.last_day) for one in entries])
    found: list[tuple[WaitEntry, int]] = []
    for entry in entries:
        codes = {one.code for one in entry.halls.all()}
        cells = _cells(offered, entry.first_day, entry.last_day, codes)
        found.append((entry, _share(entry.size, entry.pk, cells, (hall.pk, day))))
    return found
