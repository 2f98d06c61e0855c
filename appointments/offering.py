"""What can be booked: days, halls and times from one computation.

A day that is shown free is bookable: `availability`, `slots_of` and the claim in
`booking.py` share the same conditions. A place is a matter's minutes free in the online
quota; a party fits into one slot, or into two adjacent slots of one session.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from config import civil
from windows.models import Hall, Matter
from windows.rules import rule

OFFERED = """
WITH served AS (
  SELECT DISTINCT sw.session_id FROM windows_sessionwindow sw
  JOIN windows_window_matters wm ON wm.window_id = sw.window_id
  WHERE wm.matter_id = %(matter)s AND NOT sw.is_cancelled AND upper(sw.period) > %(now)s
), free AS (
  SELECT s.id, s.hall_id, s.session_id, s.service_day, s.starts_at, s.ends_at,
    CASE WHEN s.booking_opens_at <= %(now)s
      THEN (s.online_quota - s.online_taken) / %(minutes)s ELSE 0 END AS places,
    s.online_quota
  FROM windows_slot s
  WHERE s.service_day BETWEEN %(first)s AND %(last)s AND s.is_open AND s.starts_at > %(now)s
    AND (%(hall)s::bigint IS NULL OR s.hall_id = %(hall)s)
    AND s.session_id IN (SELECT session_id FROM served)
), paired AS (
  SELECT free.*,
    CASE WHEN LEAD(starts_at) OVER later = ends_at
      THEN LEAD(places) OVER later ELSE 0 END AS next_places
  FROM free WINDOW later AS (PARTITION BY session_id ORDER BY starts_at)
), fitting AS (
  SELECT paired.*,
    CASE WHEN places >= %(people)s OR (places >= 1 AND places + next_places >= %(people)s)
      THEN places ELSE 0 END AS offered
  FROM paired
)
"""

BY_DAY = (
    OFFERED
    + """
SELECT f.hall_id, h.code, f.service_day, sum(f.offered)::int,
  min(f.starts_at) FILTER (WHERE f.offered > 0),
  (array_agg(f.id ORDER BY f.starts_at, f.id) FILTER (WHERE f.offered > 0))[1],
  array_agg(DISTINCT x.kind), sum(f.online_quota) > 0
FROM fitting f JOIN windows_hall h ON h.id = f.hall_id AND h.is_open
JOIN windows_hallsession x ON x.id = f.session_id
GROUP BY f.hall_id, h.code, f.service_day ORDER BY h.code, f.service_day
"""
)

BY_SLOT = (
    OFFERED
    + """
SELECT f.id, f.starts_at, f.ends_at, f.offered, x.kind, f.session_id, f.service_day,
  x.booking_opens_at
FROM fitting f JOIN windows_hallsession x ON x.id = f.session_id
JOIN windows_hall h ON h.id = f.hall_id AND h.is_open
ORDER BY f.starts_at, f.id
"""
)


@dataclass(frozen=True)
class HallDay:
    """A hall's service day: `places` 0 means full; `online` False means walk-in only."""

    hall_id: int
    hall_code: str
    service_day: date
    places: int
    first_slot_at: datetime | None
    first_slot_id: int | None
    kinds: list[str]
    online: bool


@dataclass(frozen=True)
class OfferedSlot:
    id: int
    starts_at: datetime
    ends_at: datetime
    places: int
    kind: str
    session_id: int
    service_day: date
    booking_opens_at: datetime


def last_day(now: datetime) -> date:
    """The last service day that can be booked at that instant."""
    today = civil.city_date(now)
    return today + timedelta(days=rule("horizon_days", hall=None, day=today))


def _asked(
    matter: Matter, first: date, days: int, hall: Hall | None, people: int, now: datetime
) -> dict[str, Any]:
    yesterday = civil.city_date(now) - timedelta(days=1)  # its session may run past midnight
    return {
        "matter": matter.pk,
        "minutes": matter.minutes,
        "first": max(first, yesterday),
        "last": min(first + timedelta(days=max(days, 1) - 1), last_day(now)),
        "hall": hall.pk if hall else None,
        "people": people,
        "now": now,
    }


def availability(
    *,
    matter: Matter,
    first: date,
    days: int,
    now: datetime,
    hall: Hall | None = None,
    people: int = 1,
) -> list[HallDay]:
    """Free places per hall and service day, from `first` for `days` days, in one query.

    Only days on which something is open are listed.
    """
    with connection.cursor() as cursor:
        cursor.execute(BY_DAY, _asked(matter, first, days, hall, people, now))
        return [HallDay(*row) for row in cursor.fetchall()]


def slots_of(
    *, hall: Hall, matter: Matter, day: date, now: datetime, people: int = 1
) -> list[OfferedSlot]:
    """The slots of a hall's service day with the places a party of `people` can have."""
    with connection.cursor() as cursor:
        cursor.execute(BY_SLOT, _asked(matter, day, 1, hall, people, now))
        return [OfferedSlot(*row) for row in cursor.fetchall()]


def record_unmet(*, hall: Hall, matter: Matter, day: date, now: datetime) -> None:
    """Counts that somebody looked for a place on that day in vain; nothing personal."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO appointments_unmetdemand"
            " (hall_id, matter_id, service_day, asked_on, count) VALUES (%s, %s, %s, %s, 1)"
            " ON CONFLICT ON CONSTRAINT unmet_demand_counted_once"
            " DO UPDATE SET count = appointments_unmetdemand.count + 1",
            [hall.pk, matter.pk, day, civil.city_date(now)],
        )
