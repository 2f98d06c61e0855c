"""A hall's day in figures, counted from its journal.

Every line comes from the tickets' journal, their calls and the shifts, so that it adds up:
who took a number was served, went on in another hall, ended void, or is still here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Avg, Count

from config import civil
from queues.models import Call, Rating, Ticket
from windows.models import Hall
from windows.models.hall import in_language

OPEN_STATES = ("waiting", "called", "serving", "parked", "missed")


@dataclass(frozen=True)
class Wait:
    """Minutes from the number to its first call, over the tickets that were called."""

    people: int
    half: float | None
    nine_in_ten: float | None
    longest: float | None


@dataclass(frozen=True)
class WindowDay:
    """What was done at one window; minutes are whole ones."""

    number: int
    calls: int
    served: int
    minutes_serving: int
    minutes_staffed: int
    minutes_resting: int


@dataclass(frozen=True)
class HourLine:
    """Numbers given, first calls and finished visits within one hour of the wall clock."""

    hour: int
    issued: int
    called: int
    finished: int


@dataclass(frozen=True)
class MatterLine:
    name_zh: str
    name_en: str
    issued: int
    finished: int
    half: float | None
    nine_in_ten: float | None

    @property
    def name(self) -> str:
        return in_language(self.name_zh, self.name_en)


@dataclass(frozen=True)
class DayReport:
    """One service day of a hall."""

    hall: Hall
    day: date
    issued: int
    booked: int
    walk_ins: int
    from_elsewhere: int
    finished: int
    went_on: int
    void: int
    still_here: int
    calls: int
    recalls: int
    jumped: int
    missed: int
    wait: Wait
    ratings: int
    stars: float | None
    hours: list[HourLine]
    matters: list[MatterLine]
    windows: list[WindowDay]

    @property
    def adds_up(self) -> bool:
        """Whether everybody who took a number is accounted for."""
        ended = self.finished + self.went_on + self.void + self.still_here
        return self.issued == ended == self.booked + self.walk_ins


HEAD = """
SELECT count(*) FILTER (WHERE e.kind = 'issued') AS issued,
  count(*) FILTER (WHERE e.kind = 'issued' AND t.source = 'booking') AS booked,
  count(*) FILTER (WHERE e.kind = 'issued' AND t.source = 'walk_in') AS walk_ins,
  count(*) FILTER (WHERE e.kind = 'issued' AND old.hall_id <> t.hall_id) AS from_elsewhere,
  count(*) FILTER (WHERE e.to_state = 'finished') AS finished,
  count(*) FILTER (WHERE e.to_state = 'void' AND t.outcome = 'elsewhere') AS went_on,
  count(*) FILTER (WHERE e.to_state = 'void' AND t.outcome <> 'elsewhere') AS void,
  count(*) FILTER (WHERE e.to_state = 'missed') AS missed
FROM queues_ticketevent e JOIN queues_ticket t ON t.id = e.ticket_id
  LEFT JOIN queues_ticket old ON old.id = t.came_from_id
WHERE t.hall_id = %(hall)s AND t.service_day = %(day)s
"""
WAIT = """
SELECT count(waited), percentile_cont(0.5) WITHIN GROUP (ORDER BY waited),
  percentile_cont(0.9) WITHIN GROUP (ORDER BY waited), max(waited)
FROM (SELECT extract(epoch FROM called_at - issued_at) / 60 AS waited FROM queues_ticket
  WHERE hall_id = %(hall)s AND service_day = %(day)s AND called_at IS NOT NULL) AS one
"""
HOURS = """
SELECT extract(hour FROM at AT TIME ZONE %(zone)s)::int AS hour,
  count(*) FILTER (WHERE kind = 'issued') AS issued,
  count(*) FILTER (WHERE first_call) AS called,
  count(*) FILTER (WHERE to_state = 'finished') AS finished
FROM (SELECT e.at, e.kind, e.to_state, e.to_state = 'called' AND row_number() OVER (
        PARTITION BY e.ticket_id, e.to_state ORDER BY e.id) = 1 AS first_call
  FROM queues_ticketevent e JOIN queues_ticket t ON t.id = e.ticket_id
  WHERE t.hall_id = %(hall)s AND t.service_day = %(day)s) AS line
GROUP BY 1 ORDER BY min(at)
"""
MATTERS = """
SELECT m.name_zh, m.name_en, count(*) AS issued,
  count(*) FILTER (WHERE t.state = 'finished') AS finished,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM called_at - issued_at) / 60)
    FILTER (WHERE called_at IS NOT NULL),
  percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM called_at - issued_at) / 60)
    FILTER (WHERE called_at IS NOT NULL)
FROM queues_ticket t JOIN windows_matter m ON m.id = t.matter_id
WHERE t.hall_id = %(hall)s AND t.service_day = %(day)s
GROUP BY m.id ORDER BY count(*) DESC, m.position, m.id
"""
# A stretch of service goes from a start to whatever ends it at that window; a visit that was
# finished without a press for its start counts from its call, as the ticket itself says.
WINDOWS = """
WITH served AS (
  SELECT window_id, to_state, lag(to_state) OVER story AS was, extract(epoch FROM at
    - CASE to_state WHEN 'finished' THEN started_at ELSE lag(at) OVER story END) / 60 AS minutes
  FROM (SELECT e.*, t.started_at FROM queues_ticketevent e
    JOIN queues_ticket t ON t.id = e.ticket_id
    WHERE t.hall_id = %(hall)s AND t.service_day = %(day)s) AS line
  WINDOW story AS (PARTITION BY ticket_id ORDER BY id)),
shifts AS (
  SELECT s.id, s.window_id,
    extract(epoch FROM coalesce(upper(s.period), %(now)s) - lower(s.period)) / 60 AS minutes
  FROM windows_shift s JOIN windows_window w ON w.id = s.window_id
  WHERE w.hall_id = %(hall)s AND s.service_day = %(day)s)
SELECT w.number,
  (SELECT count(*) FROM queues_call c JOIN queues_ticket t ON t.id = c.ticket_id
    WHERE c.window_id = w.id AND t.service_day = %(day)s) AS calls,
  (SELECT count(*) FROM served WHERE window_id = w.id AND to_state = 'finished') AS served,
  (SELECT coalesce(sum(minutes), 0) FROM served
    WHERE window_id = w.id AND was = 'serving')::int AS serving,
  (SELECT coalesce(sum(minutes), 0) FROM shifts WHERE window_id = w.id)::int AS staffed,
  (SELECT coalesce(sum(extract(epoch FROM coalesce(b.ended_at, %(now)s) - b.began_at) / 60), 0)
    FROM windows_break b JOIN shifts s ON s.id = b.shift_id WHERE s.window_id = w.id)::int
FROM windows_window w WHERE w.hall_id = %(hall)s
  AND (w.is_in_use OR w.id IN (SELECT window_id FROM shifts)) ORDER BY w.number
"""


def report_of(hall: Hall, day: date, *, now: datetime) -> DayReport:
    """The service day as its journal tells it; seven queries. Minutes are from the wall."""
    asked = {"hall": hall.pk, "day": day, "now": now, "zone": str(civil.CITY)}
    (head,) = _rows(HEAD, asked)
    issued, booked, walk_ins, from_elsewhere, finished, went_on, void, missed = head
    (wait,) = _rows(WAIT, asked)
    calls = Call.objects.filter(ticket__hall=hall, ticket__service_day=day)
    rated = Rating.objects.filter(ticket__hall=hall, ticket__service_day=day)
    stars = rated.aggregate(n=Count("pk"), mean=Avg("level"))
    still_here = Ticket.objects.of_day(hall.pk, day).filter(state__in=OPEN_STATES)
    told = calls.values_list("jumped", "why")
    return DayReport(
        hall=hall,
        day=day,
        issued=issued,
        booked=booked,
        walk_ins=walk_ins,
        from_elsewhere=from_elsewhere,
        finished=finished,
        went_on=went_on,
        void=void,
        still_here=still_here.count(),
        calls=len(told),
        recalls=sum("recall" in why for _jumped, why in told),
        jumped=sum(jumped for jumped, _why in told),
        missed=missed,
        wait=Wait(*wait),
        ratings=stars["n"],
        stars=stars["mean"],
        hours=[HourLine(*row) for row in _rows(HOURS, asked)],
        matters=[MatterLine(*row) for row in _rows(MATTERS, asked)],
        windows=[WindowDay(*row) for row in _rows(WINDOWS, asked)],
    )


def _rows(question: str, asked: dict[str, Any]) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question, asked)
        return cursor.fetchall()
