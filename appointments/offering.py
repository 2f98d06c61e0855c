"""What can be booked: days, halls and times from one computation.

A day that is shown free is bookable: `availability`, `slots_of` and the claim in
`claiming.py` share the same conditions. A party is a row of visits, person by person and
matter by matter, each with its window-minutes; it fits into one slot's free online
minutes, or in order into those of a slot and of the adjacent one of the same session,
exactly as `booking.hold` places it. Places that were given up stay counted as taken until
they return, so they are not on offer (returning.py).

`places` is a plain number: how many more people with the same matters the slot's own
minutes hold, at least 1 where the party fits, and 0 where it does not. It is exact also
when it is small, because asking for parties of one, two and three would tell as much.
Pages say only "few" below the rule `few_places` (saying.py), so that nobody is hurried by
a falling number.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from itertools import accumulate
from math import ceil
from typing import Any, NamedTuple, Self

from django.db import connection

from appointments.attending import minutes_for
from config import civil
from windows.models import Hall, Matter
from windows.rules import rule
from windows.served import WITHIN

AHEAD_DAYS = 31  # how far beyond the horizon the next release is looked for

# A party that does not fit into the slot alone: the visits that fit stay here, in order,
# and the rest goes into the following slot. `width_bucket` counts how many fit.
IN_TWO = """CASE
  WHEN s.online_quota - s.online_taken >= %(total)s
    THEN (s.online_quota - s.online_taken) / %(person)s
  WHEN s.online_quota - s.online_taken >= %(first_visit)s AND EXISTS (
    SELECT FROM windows_slot n WHERE n.session_id = s.session_id AND n.starts_at = s.ends_at
      AND n.is_open AND n.booking_opens_at <= %(now)s
      AND n.online_quota - n.online_taken >= %(total)s - (%(sums)s::int[])[
        width_bucket((s.online_quota - s.online_taken)::int, %(sums)s::int[])])
    THEN greatest((s.online_quota - s.online_taken) / %(person)s, 1)
  ELSE 0 END"""
ALONE = "(s.online_quota - s.online_taken) / %(person)s"

# OFFSET 0: the places of a slot are computed once, not once per use of them.
OFFERED = """
  SELECT s.id, s.session_id, s.service_day, s.starts_at, s.ends_at, s.booking_opens_at,
    s.online_quota, s.online_quota + s.reserved_quota AS booked_quota,
    CASE WHEN s.booking_opens_at > %(now)s THEN 0 ELSE {places} END AS places
  FROM windows_slot s
  WHERE s.service_day BETWEEN %(first)s AND %(last)s AND s.is_open AND s.starts_at > %(now)s
    AND (%(hall)s::bigint IS NULL OR s.hall_id = %(hall)s)
  OFFSET 0"""

SESSIONS = """
  SELECT x.id, x.hall_id, h.code, x.service_day, x.kind, x.release
  FROM windows_hallsession x JOIN windows_hall h ON h.id = x.hall_id AND h.is_open
  WHERE x.service_day BETWEEN %(first)s AND %(last)s
    AND (%(hall)s::bigint IS NULL OR x.hall_id = %(hall)s)"""

SERVING = (
    """
    AND EXISTS (SELECT FROM windows_sessionwindow sw
      JOIN windows_window_matters wm ON wm.window_id = sw.window_id
      WHERE sw.session_id = x.id AND NOT sw.is_cancelled AND wm.matter_id = {matter})
    AND """
    + WITHIN
)

BY_SESSION = """
SELECT x.hall_id, x.code, x.service_day, d.places, d.first_at,
  (SELECT f.id FROM windows_slot f WHERE f.session_id = x.id AND f.starts_at = d.first_at),
  ARRAY[x.kind], d.online, d.opens_at, x.release, x.id
FROM ({sessions}) x JOIN (
  SELECT o.session_id, sum(o.places)::int AS places,
    min(o.starts_at) FILTER (WHERE o.places > 0) AS first_at,
    max(o.booked_quota) > 0 AS online,
    min(o.booking_opens_at) FILTER (
      WHERE o.booking_opens_at > %(now)s AND o.online_quota > 0) AS opens_at
  FROM ({offered}) o GROUP BY o.session_id
) d ON d.session_id = x.id
ORDER BY x.code, x.service_day, d.first_at, x.id
"""

BY_SLOT = """
SELECT o.id, o.starts_at, o.ends_at, o.places, x.kind, o.session_id, o.service_day,
  o.booking_opens_at, x.release, o.booking_opens_at > %(now)s AND o.online_quota > 0
FROM ({offered}) o JOIN ({sessions}) x ON x.id = o.session_id
ORDER BY o.starts_at, o.id
"""


# Per service day the first release that is still to come, or that waits for the horizon.
TO_COME = """
SELECT DISTINCT ON (s.service_day) s.booking_opens_at, s.service_day, x.release, x.id
FROM windows_slot s JOIN ({sessions}) x ON x.id = s.session_id
WHERE s.service_day BETWEEN %(first)s AND %(last)s AND s.is_open AND s.starts_at > %(now)s
  AND s.online_quota > 0 AND (cardinality(%(halls)s::bigint[]) = 0 OR s.hall_id = ANY(%(halls)s))
  AND (s.booking_opens_at > %(now)s OR s.service_day > %(bookable)s)
ORDER BY s.service_day, s.booking_opens_at, x.id
"""


class Release(NamedTuple):
    """From when places of a service day can be booked, how, and of which session."""

    opens_at: datetime
    service_day: date
    how: str
    session_id: int


class HallDay(NamedTuple):
    """A hall's service day: `places` 0 means full; `online` False means walk-in only.

    `opens_at` is the next release of that day's places, when one is still to come;
    `release` and `session_id` tell how and of which session.
    """

    hall_id: int
    hall_code: str
    service_day: date
    places: int
    first_slot_at: datetime | None
    first_slot_id: int | None
    kinds: list[str]
    online: bool
    opens_at: datetime | None
    release: str
    session_id: int


class OfferedSlot(NamedTuple):
    id: int
    starts_at: datetime
    ends_at: datetime
    places: int
    kind: str
    session_id: int
    service_day: date
    booking_opens_at: datetime
    release: str
    is_later: bool


class Party(NamedTuple):
    """What is looked for: the ids of all matters, and the minutes of every visit in order."""

    people: int
    matters: tuple[int, ...]
    visits: tuple[int, ...]
    channel: str = "online"

    @classmethod
    def of(
        cls,
        matter: Matter,
        *,
        people: int = 1,
        matters: Sequence[Matter] = (),
        minutes: Sequence[int] | None = None,
        channel: str = "online",
    ) -> Self:
        wanted = list(dict.fromkeys(matters or (matter,)))
        visits = minutes or [one.minutes for one in wanted] * people
        return cls(people, tuple(one.pk for one in wanted), tuple(visits), channel)


def last_day(now: datetime) -> date:
    """The last service day that can be booked at that instant."""
    today = civil.city_date(now)
    return today + timedelta(days=rule("horizon_days", hall=None, day=today))


def minutes_of(
    matters: Sequence[Matter], *, people: int, more_time: bool, now: datetime
) -> list[int]:
    """The window-minutes of every visit of a party, person by person and matter by matter."""
    percent = 0
    if more_time:
        percent = rule("needs_more_percent", hall=None, day=civil.city_date(now))
    needs = ("time",) if more_time else ()
    return [minutes_for(one, needs, percent) for one in matters] * people


def availability(
    *,
    matter: Matter,
    first: date,
    days: int,
    now: datetime,
    hall: Hall | None = None,
    people: int = 1,
    matters: Sequence[Matter] = (),
    minutes: Sequence[int] | None = None,
    channel: str = "online",
    kinds: Collection[str] | None = None,
    bookable: date | None = None,
) -> list[HallDay]:
    """Free places per hall and service day, from `first` for `days` days, in one query.

    Only days on which something is open for all the matters are listed. `matters` are all
    that each person comes for (empty: the matter); `minutes` those of every visit in order
    (`minutes_of`), when somebody needs more time than usual. Staff ask for the places of
    the channel "assisted"; `kinds` leaves out other sessions;
    `bookable` is the last day that can be booked, when it is known already.
    """
    party = Party.of(matter, people=people, matters=matters, minutes=minutes, channel=channel)
    rows = answer(*question(BY_SESSION, party, first, days, hall, bookable or last_day(now), now))
    found: list[HallDay] = []
    for session in map(HallDay._make, rows):
        if kinds and session.kinds[0] not in kinds:
            continue
        if found and found[-1][:3] == session[:3]:
            found[-1] = _together(found[-1], session)
        else:
            found.append(session)
    return found


def _together(day: HallDay, session: HallDay) -> HallDay:
    """The day with one more of its sessions; the one with an earlier free slot came first."""
    opens = min(day, session, key=lambda one: (one.opens_at is None, one.opens_at))
    return day._replace(
        places=day.places + session.places,
        kinds=sorted({*day.kinds, *session.kinds}),
        online=day.online or session.online,
        opens_at=opens.opens_at,
        release=opens.release,
        session_id=opens.session_id,
    )


def slots_of(
    *,
    hall: Hall,
    matter: Matter,
    day: date,
    now: datetime,
    people: int = 1,
    matters: Sequence[Matter] = (),
    minutes: Sequence[int] | None = None,
    days: int = 1,
    channel: str = "online",
    bookable: date | None = None,
) -> list[OfferedSlot]:
    """The slots of a hall's service day (or some days) with the places a party can have."""
    party = Party.of(matter, people=people, matters=matters, minutes=minutes, channel=channel)
    rows = answer(*question(BY_SLOT, party, day, days, hall, bookable or last_day(now), now))
    return [OfferedSlot._make(row) for row in rows]


def answer(statement: str, asked: dict[str, Any]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        return list(cursor.fetchall())


def question(
    form: str,
    party: Party,
    first: date,
    days: int,
    hall: Hall | None,
    bookable: date,
    now: datetime,
) -> tuple[str, dict[str, Any]]:
    """The statement for such a party and its values."""
    yesterday = civil.city_date(now) - timedelta(days=1)  # its session may run past midnight
    asked = {
        "total": sum(party.visits),
        "person": ceil(sum(party.visits) / party.people),
        "first_visit": party.visits[0],
        "sums": list(accumulate(party.visits)),
        "first": max(first, yesterday),
        "last": min(first + timedelta(days=max(days, 1) - 1), bookable),
        "hall": hall.pk if hall else None,
        "now": now,
    }
    sessions = _sessions(party.matters, asked)
    offered = OFFERED.format(places=ALONE if len(party.visits) == 1 else IN_TWO)
    statement = form.format(offered=offered, sessions=sessions)
    return statement.replace("online_", f"{party.channel}_"), asked  # the channel's own counters


def next_releases(
    *, matters: Sequence[Matter], halls: Sequence[Hall], bookable: date, now: datetime
) -> list[Release]:
    """The releases to come in these halls (none: in the city), one a service day, soonest
    first; a day beyond the horizon opens at midnight when it comes within it."""
    ahead = bookable - civil.city_date(now)
    asked = {
        "first": civil.city_date(now),
        "last": bookable + timedelta(days=AHEAD_DAYS),
        "bookable": bookable,
        "halls": [hall.pk for hall in halls],
        "hall": None,
        "now": now,
    }
    rows = answer(TO_COME.format(sessions=_sessions([one.pk for one in matters], asked)), asked)
    found = [
        Release(max(opens_at, civil.city_day(day - ahead)[0]), day, how, session)
        for opens_at, day, how, session in rows
    ]
    return sorted(found)


def _sessions(matters: Sequence[int], asked: dict[str, Any]) -> str:
    """The open sessions that serve all of the matters; their ids go into `asked`."""
    asked |= {f"matter_{n}": matter for n, matter in enumerate(matters)}
    serving = [SERVING.format(matter=f"%(matter_{n})s") for n in range(len(matters))]
    return "".join([SESSIONS, *serving])
