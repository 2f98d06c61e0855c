"""Who waits and waited today, hall by hall. Counts only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from config import civil
from windows.rules import RULES

# Today by hall, and all together (hall_id is null): served and waiting, the longest wait of
# those who wait, the wait that nine in ten stay below; both also a week ago by this hour;
# windows staffed; the rules from which a supervisor is alerted; ratings; last night's moves.
TODAY = """
WITH mine AS (SELECT unnest(%(halls)s) AS id),
line AS (
  SELECT t.hall_id,
    count(*) FILTER (WHERE t.state = 'finished' AND t.service_day = %(day)s) AS served,
    count(*) FILTER (WHERE t.state = 'waiting' AND t.service_day >= %(yesterday)s) AS waiting,
    max(extract(epoch FROM %(now)s - issued_at) / 60)
      FILTER (WHERE t.state = 'waiting' AND t.service_day >= %(yesterday)s) AS longest,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM called_at - issued_at) / 60)
      FILTER (WHERE called_at IS NOT NULL AND t.service_day = %(day)s) AS nine_in_ten,
    count(*) FILTER (WHERE finished_at <= %(week_ago)s AND t.service_day = %(last)s) AS then_served,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM called_at - issued_at) / 60)
      FILTER (WHERE called_at <= %(week_ago)s AND t.service_day = %(last)s) AS then_nine
  FROM queues_ticket t JOIN windows_hallsession s ON s.id = t.session_id
  WHERE t.hall_id IN (SELECT id FROM mine) AND (t.service_day IN (%(day)s, %(last)s)
    OR t.service_day = %(yesterday)s AND t.state = 'waiting' AND s.closed_at IS NULL)
  GROUP BY GROUPING SETS ((t.hall_id), ())),
at_windows AS (
  SELECT w.hall_id, count(*) AS staffed FROM windows_shift s
    JOIN windows_window w ON w.id = s.window_id
  WHERE upper_inf(s.period) AND w.hall_id IN (SELECT id FROM mine)
  GROUP BY GROUPING SETS ((w.hall_id), ())),
alert AS (
  SELECT DISTINCT ON (mine.id, name) mine.id AS hall_id, name, value
  FROM mine JOIN windows_rule r ON r.hall_id = mine.id OR r.hall_id IS NULL
  WHERE name IN ('alert_waiting', 'alert_longest_minutes') AND effective_on <= %(day)s
  ORDER BY mine.id, name, r.hall_id NULLS LAST, effective_on DESC)
SELECT h.id, served, waiting, longest, nine_in_ten, then_served, then_nine, staffed,
  (SELECT value FROM alert WHERE hall_id = h.id AND name = 'alert_waiting'),
  (SELECT value FROM alert WHERE hall_id = h.id AND name = 'alert_longest_minutes'),
  (SELECT count(*) FROM queues_rating r JOIN queues_ticket t ON t.id = r.ticket_id
    WHERE h.id IS NULL AND t.service_day = %(day)s AND t.hall_id IN (SELECT id FROM mine)),
  (SELECT count(*) FROM queues_rating r JOIN queues_ticket t ON t.id = r.ticket_id
    WHERE h.id IS NULL AND t.service_day = %(day)s AND t.hall_id IN (SELECT id FROM mine)
      AND r.level >= 4),
  (SELECT count(*) FROM appointments_quotamove q JOIN windows_slot s ON s.id = q.slot_id
    WHERE h.id IS NULL AND q.moved_at IS NOT NULL AND q.undone_at IS NULL
      AND s.hall_id IN (SELECT id FROM mine)
      AND q.run_id = (SELECT max(id) FROM appointments_rebalancerun WHERE kind = 'night'))
FROM (SELECT id FROM mine UNION ALL SELECT NULL) AS h
  LEFT JOIN line ON line.hall_id IS NOT DISTINCT FROM h.id
  LEFT JOIN at_windows ON at_windows.hall_id IS NOT DISTINCT FROM h.id
"""


def level_of(percent: float) -> str:
    """The ending of the class of its colour: a fifth each."""
    return str(min(int(percent) // 20, 4))


@dataclass(frozen=True)
class Line:
    """Who waits and waited today, in one hall or in all together; waits are whole minutes."""

    served: int = 0
    waiting: int = 0
    longest: int | None = None
    nine_in_ten: int | None = None
    served_before: int = 0
    nine_in_ten_before: int | None = None
    staffed: int = 0
    alert_waiting: int = RULES["alert_waiting"][0]
    alert_longest: int = RULES["alert_longest_minutes"][0]
    rated: int = 0
    rated_good: int = 0
    moved: int = 0

    @property
    def is_many(self) -> bool:
        return self.waiting >= self.alert_waiting

    @property
    def waits_too_long(self) -> bool:
        """Somebody who waits now has waited as long as a supervisor is alerted at."""
        return (self.longest or 0) >= self.alert_longest

    @property
    def is_long(self) -> bool:
        """The same, or one in ten of today's people waited so long."""
        return self.waits_too_long or (self.nine_in_ten or 0) >= self.alert_longest

    @property
    def level(self) -> str:
        """Of the minutes that nine in ten stayed below, against the alert."""
        if self.is_long:
            return "over"
        if self.nine_in_ten is None:
            return "none"
        return level_of(100 * self.nine_in_ten / self.alert_longest)

    @property
    def served_change(self) -> int | None:
        """Percent more or fewer than a week ago by this hour."""
        if not self.served_before:
            return None
        return round(100 * (self.served - self.served_before) / self.served_before)

    @property
    def wait_change(self) -> int | None:
        if self.nine_in_ten is None or self.nine_in_ten_before is None:
            return None
        return self.nine_in_ten - self.nine_in_ten_before

    @property
    def good(self) -> int | None:
        return round(100 * self.rated_good / self.rated) if self.rated else None


def lines_today(halls: list[int], *, now: datetime) -> dict[int | None, Line]:
    """The line of each hall, and under None of all together; one query."""
    today = civil.city_date(now)
    asked: dict[str, Any] = {
        "halls": halls,
        "day": today,
        "yesterday": today - timedelta(days=1),
        "last": today - timedelta(days=7),
        "now": now,
        "week_ago": now - timedelta(days=7),
    }
    with connection.cursor() as cursor:
        cursor.execute(TODAY, asked)
        return {row[0]: _line(*row[1:]) for row in cursor.fetchall()}


def _line(*row: Any) -> Line:
    served, waiting, longest, nine, then_served, then_nine, staffed, many, long, *rest = row
    rated, rated_good, moved = rest
    return Line(
        served=served or 0,
        waiting=waiting or 0,
        longest=_whole(longest),
        nine_in_ten=_whole(nine),
        served_before=then_served or 0,
        nine_in_ten_before=_whole(then_nine),
        staffed=staffed or 0,
        alert_waiting=RULES["alert_waiting"][0] if many is None else many,
        alert_longest=RULES["alert_longest_minutes"][0] if long is None else long,
        rated=rated,
        rated_good=rated_good,
        moved=moved,
    )


def _whole(minutes: float | None) -> int | None:
    return None if minutes is None else round(minutes)
