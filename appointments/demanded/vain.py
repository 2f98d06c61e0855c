"""Who asked for a hall's day in vain: searches, and the waiting list.

A search over several halls and days is one person: it is shared out among the days of those
halls that are open to booking, as their online quota was, so that over all of them it counts
once. Who looks at a hall that is full on all its days is counted for the day and for the
search; the search is then left out. Who waited and got a place has not searched in vain.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from django.db.models import Count, Q, QuerySet, Sum

from appointments.demanded.sharing import shared, start_of
from appointments.models import UnmetDemand, VainSearch, WaitEntry
from windows.models import Hall, HallSession, Slot

Cell = tuple[int, date]  # a hall's service day
AROUND = timedelta(days=30)  # read beyond what is asked, for what is asked next
ONLINE = VainSearch.Channel.ONLINE
IN_VAIN = [
    WaitEntry.State.WAITING,
    WaitEntry.State.OFFERED,
    WaitEntry.State.LEFT,
    WaitEntry.State.ENDED,
]


def unmet_of_day(hall: Hall, day: date, offers: "Offers") -> Iterator[tuple[int, str, int]]:
    """(matter, channel, people) of each count."""
    looked = UnmetDemand.objects.filter(hall=hall, service_day=day).values_list("matter_id")
    for matter_id, people in looked.annotate(n=Sum("count")).order_by("matter_id"):
        yield matter_id, ONLINE.value, people
    for search, people in shares_of_day(hall, day, offers):
        if people:
            yield search.matter_id, search.channel, people


def searches_over(hall: Hall, day: date) -> QuerySet[VainSearch]:
    """Searches that might have ended on that day in that hall."""
    here = VainSearch.objects.filter(first_day__lte=day, last_day__gte=day)
    ours = here.filter(Q(halls="") | Q(halls__contains=hall.code))
    return ours.select_related("matter").order_by("pk")


def shares_of_day(hall: Hall, day: date, offers: "Offers") -> list[tuple[VainSearch, int]]:
    """Each search over that day, and how many of its people count here."""
    searches = [one for one in searches_over(hall, day) if _is_over(one, hall)]
    if not searches:
        return []
    looked = _looked_at_days(searches)
    found = []
    for one in searches:
        people = one.count - looked.get(one.pk, 0)
        codes = set(one.halls.split(",")) if one.halls else None
        cells = offers.cells(one.first_day, one.last_day, codes)
        if (one.halls, one.first_day) == (hall.code, one.last_day):
            found.append((one, people))  # nothing else was wanted, open or not
        else:
            found.append((one, _share(people, one.pk, cells, (hall.pk, day))))
    return found


def _is_over(search: VainSearch, hall: Hall) -> bool:
    return not search.halls or hall.code in search.halls.split(",")


class Offers:
    """What the open days of halls offer online; read once for all that is shared out."""

    def __init__(self) -> None:
        self._read: tuple[date, date] | None = None
        self._days: dict[date, list[tuple[str, int, int]]] = {}

    def cells(self, first: date, last: date, codes: set[str] | None) -> dict[Cell, int]:
        """The open days of these halls (None: of all) within the days, in order."""
        self._read_around(first, last)
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        return {
            (hall_id, day): minutes
            for day in days
            for code, hall_id, minutes in self._days.get(day, [])
            if codes is None or code in codes
        }

    def _read_around(self, first: date, last: date) -> None:
        if self._read and self._read[0] <= first and last <= self._read[1]:
            return
        known = self._read or (first, last)
        around = (min(first, known[0]) - AROUND, max(last, known[1]) + AROUND)
        slots = Slot.objects.filter(
            service_day__range=around, session__state=HallSession.State.OPEN
        )
        sums = slots.values_list("service_day", "hall_id", "hall__code")
        self._read, self._days = around, defaultdict(list)
        for day, hall_id, code, minutes in sums.annotate(n=Sum("online_quota")).order_by("hall_id"):
            self._days[day].append((code, hall_id, minutes))


def _share(people: int, number: int, cells: dict[Cell, int], here: Cell) -> int:
    """What falls to the hall's day; nothing where it was closed."""
    if here not in cells:
        return 0
    parts = shared(people, list(cells.values()), start=start_of(number))
    return parts[list(cells).index(here)]


def _looked_at_days(searches: Iterable[VainSearch]) -> dict[int, int]:
    """Of the searches in one hall, how many are counted by the day that was looked at.

    Who looked is taken off once, from all searches of that day of asking together: first
    from those that begin with it, as the page of times searches.
    """
    own = [one for one in searches if one.channel == ONLINE and one.halls and "," not in one.halls]
    if not own:
        return {}
    codes, asked = {one.halls for one in own}, {one.asked_on for one in own}
    left: dict[tuple[str, int, date], int] = defaultdict(int)
    looked = UnmetDemand.objects.filter(hall__code__in=codes, asked_on__in=asked)
    rows = looked.values_list("hall__code", "matter_id", "asked_on").annotate(n=Sum("count"))
    for code, matter_id, asked_on, people in rows.order_by():
        left[code, matter_id, asked_on] = people
    together = VainSearch.objects.filter(channel=ONLINE, halls__in=codes, asked_on__in=asked)
    found: dict[int, int] = {}
    for one in sorted(together, key=lambda one: (one.first_day != one.asked_on, one.pk)):
        key = (one.halls, one.matter_id, one.asked_on)
        found[one.pk] = min(one.count, left[key])
        left[key] -= found[one.pk]
    return found


def waited(hall: Hall, day: date, states: Sequence[str], offers: Offers) -> dict[int, int]:
    """People of each matter whose entry waited for this day, or for others as well."""
    found: dict[int, int] = defaultdict(int)
    for entry, people in waiting_of_day(hall, day, states, offers):
        found[entry.matter_id] += people
    return found


def waiting_of_day(
    hall: Hall, day: date, states: Sequence[str], offers: Offers
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
    found: list[tuple[WaitEntry, int]] = []
    for entry in entries:
        codes = {one.code for one in entry.halls.all()}
        cells = offers.cells(entry.first_day, entry.last_day, codes)
        found.append((entry, _share(entry.size, entry.pk, cells, (hall.pk, day))))
    return found
