"""The questions that must always have an empty answer.

Each is one SQL query that returns the rows which break an invariant (numbers as in
docs/invariants.md). Most are held by constraints and can only break when those are
taken away; the others compare counters and journals with the rows behind them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import BinaryField, CharField, JSONField, TextField

from appointments.models import Booking
from queues.models import Ticket

HOLDING = "('held', 'confirmed', 'arrived', 'served', 'no_show')"


def legal_moves(moves: dict[str, set[str]]) -> str:
    """The pairs (from, to) of a MOVES table as an SQL list, birth included."""
    pairs = [(was, to) for was, goes in moves.items() for to in sorted(goes)]
    births = [("", next(iter(moves)))]
    return ", ".join(f"('{was}', '{to}')" for was, to in [*births, *pairs])


def quota_question(channel: str) -> str:
    return f"""
SELECT s.id, s.{channel}_taken AS counted, coalesce(sum(held.minutes), 0) AS held
FROM windows_slot s LEFT JOIN (
  SELECT slot_id, minutes FROM appointments_booking
  WHERE channel = '{channel}' AND state IN {HOLDING}
  UNION ALL
  SELECT slot_id, minutes FROM appointments_returningplace
  WHERE channel = '{channel}' AND ended_at IS NULL) AS held ON held.slot_id = s.id
GROUP BY s.id
HAVING s.{channel}_taken <> coalesce(sum(held.minutes), 0)
  OR s.{channel}_taken > s.{channel}_quota OR s.{channel}_taken < 0
"""


def chain_question(table: str, owner: str) -> str:
    """Lines of a journal that do not go on from the state of the line before."""
    return f"""
SELECT id FROM (
  SELECT id, from_state, coalesce(lag(to_state) OVER (PARTITION BY {owner} ORDER BY id), '') AS was
  FROM {table}) AS line
WHERE from_state <> was"""


ID_NUMBER = (
    "(^|[^0-9A-Za-z])[1-9][0-9]{5}(18|19|20)[0-9]{2}(0[1-9]|1[0-2])"
    "(0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]($|[^0-9A-Za-z])"
)


def clear_text_question() -> str:
    """Rows of any of our tables in which an ID number can be read."""
    asked = []
    for label in ("windows", "queues", "appointments"):
        for model in apps.get_app_config(label).get_models():
            columns = [_as_text(field) for field in model._meta.concrete_fields]
            texts = ", ".join(column for column in columns if column)
            if texts:
                table = model._meta.db_table
                asked.append(
                    f"SELECT '{table}', t.{model._meta.pk.column}::text FROM {table} t"
                    f" WHERE concat_ws(' ', {texts}) ~ '{ID_NUMBER}'"
                )
    return " UNION ALL ".join(asked)


def _as_text(field: Any) -> str:
    if isinstance(field, CharField | TextField | JSONField):
        return f'"{field.column}"::text'
    return f"encode(\"{field.column}\", 'escape')" if isinstance(field, BinaryField) else ""


QUESTIONS: dict[str, str] = {
    "I1 every booking has its birth in the journal": """
SELECT b.id FROM appointments_booking b WHERE NOT EXISTS (
  SELECT 1 FROM appointments_bookingevent e WHERE e.booking_id = b.id AND e.from_state = '')""",
    "I1 every booking that was answered is there": """
SELECT k.id FROM windows_requestkey k
CROSS JOIN LATERAL jsonb_array_elements(
  CASE jsonb_typeof(k.answer -> 'bookings') WHEN 'array' THEN k.answer -> 'bookings'
    ELSE '[]' END) AS told
WHERE k.status = 201 AND NOT EXISTS (
  SELECT 1 FROM appointments_booking b WHERE b.reference = told ->> 'reference')""",
    "I2 online places are never oversold": quota_question("online"),
    "I2 assisted places are never oversold": quota_question("assisted"),
    "I2 reserved places are never oversold": quota_question("reserved"),
    "I20 nobody has more time off than was earned": """
SELECT staff_id, sum(minutes) FROM windows_timeoffentry GROUP BY 1 HAVING sum(minutes) < 0""",
    "I21 who was displaced stands in a place that is offered": """
SELECT d.id, b.state FROM appointments_displaced d
JOIN appointments_booking b ON b.id = d.booking_id JOIN windows_slot s ON s.id = b.slot_id
WHERE d.state IN ('moved', 'offered') AND b.state IN ('held', 'confirmed')
  AND s.starts_at > %(now)s AND NOT s.is_open""",
    "I21 nobody is marked as missed for a time that the hall took": """
SELECT m.id FROM appointments_missedvisit m
JOIN appointments_displaced d ON d.booking_id = m.booking_id
WHERE d.state IN ('moved', 'offered', 'expired') AND m.excused_at IS NULL""",
    "I21 a kept place is taken or given back in time": """
SELECT id FROM appointments_displaced
WHERE state = 'offered' AND answer_by < %(now)s - interval '1 hour'""",
    "I21 nobody whose place was taken is forgotten": """
SELECT d.id FROM appointments_displaced d JOIN windows_sessionchange c ON c.id = d.change_id
WHERE d.state IN ('withdrawn', 'expired', 'declined') AND d.ended_at IS NULL
  AND c.undone_at IS NULL AND coalesce(c.undo_until, d.made_at) < %(now)s - interval '1 hour'""",
    "I2 no place comes back long after its time": """
SELECT id FROM appointments_returningplace
WHERE ended_at IS NULL AND returns_at < %(now)s - interval '12 hours'""",
    "I3 a person has one visit a day": """
SELECT id_index, service_day, count(DISTINCT group_id) FROM appointments_booking
WHERE state IN ('held', 'confirmed', 'arrived') GROUP BY 1, 2
HAVING count(DISTINCT group_id) > 1""",
    "I3 a person has one open booking per matter": """
SELECT id_index, matter_id, count(*) FROM appointments_booking
WHERE state IN ('held', 'confirmed', 'arrived') GROUP BY 1, 2 HAVING count(*) > 1""",
    "I4 a window is in one session at a time": """
SELECT a.id, b.id FROM windows_sessionwindow a JOIN windows_sessionwindow b
  ON a.window_id = b.window_id AND a.id < b.id AND a.period && b.period
WHERE NOT a.is_cancelled AND NOT b.is_cancelled""",
    "I4 a clerk is at one window, a window has one clerk": """
SELECT a.id, b.id FROM windows_shift a JOIN windows_shift b
  ON (a.window_id = b.window_id OR a.staff_id = b.staff_id) AND a.id < b.id
  AND a.period && b.period""",
    "I5 numbers are given once and without gaps": """
SELECT t.hall_id, t.service_day, t.prefix, count(*), max(t.number), min(c.last)
FROM queues_ticket t LEFT JOIN queues_numbercounter c
  ON c.hall_id = t.hall_id AND c.service_day = t.service_day AND c.prefix = t.prefix
WHERE t.block_id IS NULL
GROUP BY 1, 2, 3  -- the counter steps over the numbers 900 to 999
HAVING count(*) <> max(t.number) - CASE WHEN max(t.number) > 999 THEN 100 ELSE 0 END
  OR count(DISTINCT t.number) <> count(*)
  OR max(t.number) IS DISTINCT FROM min(c.last)""",
    "I6 a ticket is called once per round": """
SELECT t.id, t.round, count(c.id) FROM queues_ticket t LEFT JOIN queues_call c
  ON c.ticket_id = t.id GROUP BY t.id
HAVING count(c.id) <> t.round OR count(DISTINCT c.round) <> count(c.id)""",
    "I6 who was told is who was called": """
SELECT told.public_id, told.times FROM (
  SELECT answer ->> 'public_id' AS public_id, count(*) AS times FROM windows_requestkey
  WHERE status = 200 AND route LIKE 'POST windows/%%/call-next/' GROUP BY 1) AS told
WHERE told.times > (SELECT count(*) FROM queues_call c JOIN queues_ticket t ON t.id = c.ticket_id
  WHERE t.public_id = told.public_id)""",
    "I7 a window serves one ticket at a time": """
SELECT window_id, count(*) FROM queues_ticket WHERE state IN ('called', 'serving')
GROUP BY 1 HAVING count(*) > 1""",
    "I8 a committed request has its answer": """
SELECT id FROM windows_requestkey WHERE status IS NULL""",
    "I9 tickets made legal moves only": f"""
SELECT e.id FROM queues_ticketevent e WHERE e.from_state <> e.to_state
  AND (e.from_state, e.to_state) NOT IN ({legal_moves(Ticket.MOVES)})""",
    "I9 bookings made legal moves only": f"""
SELECT e.id FROM appointments_bookingevent e WHERE e.from_state <> e.to_state
  AND (e.from_state, e.to_state) NOT IN ({legal_moves(Booking.MOVES)})""",
    "I9 tickets' journals have no gap": chain_question("queues_ticketevent", "ticket_id"),
    "I9 bookings' journals have no gap": chain_question("appointments_bookingevent", "booking_id"),
    "I9 a ticket's journal ends in its state": """
SELECT t.id, t.state, e.to_state FROM queues_ticket t LEFT JOIN LATERAL (
  SELECT to_state FROM queues_ticketevent WHERE ticket_id = t.id ORDER BY id DESC LIMIT 1
) e ON true WHERE e.to_state IS DISTINCT FROM t.state""",
    "I9 a booking's journal ends in its state": """
SELECT b.id, b.state, e.to_state FROM appointments_booking b LEFT JOIN LATERAL (
  SELECT to_state FROM appointments_bookingevent WHERE booking_id = b.id
  ORDER BY id DESC LIMIT 1
) e ON true WHERE e.to_state IS DISTINCT FROM b.state""",
    "I10 a message is owed once per version": """
SELECT subject, kind, version, channel, count(*) FROM appointments_message
GROUP BY 1, 2, 3, 4 HAVING count(*) > 1""",
    "I11 no reminder waits for a booking that ended or moved": """
SELECT m.id FROM appointments_message m JOIN appointments_booking b ON b.id = m.booking_id
WHERE m.state = 'ready' AND m.kind IN ('confirmed', 'reminder_day', 'reminder_hours', 'moved')
  AND (m.version <> b.version OR b.state IN ('cancelled', 'withdrawn', 'expired'))""",
    "I11 nothing was sent for a booking that had ended": """
SELECT m.id FROM appointments_message m JOIN appointments_booking b ON b.id = m.booking_id
WHERE m.state IN ('sent', 'delivered')
  AND m.kind IN ('confirmed', 'reminder_day', 'reminder_hours', 'moved')
  AND b.state IN ('cancelled', 'withdrawn', 'expired')
  AND m.sent_at > b.ended_at + interval '1 minute'""",
    "I12 a claimed message has a lease": """
SELECT id FROM appointments_message WHERE state = 'claimed' AND lease_until IS NULL""",
    "I12 a message in a bundle leaves and ends with its lead": """
SELECT m.id FROM appointments_message m JOIN appointments_message lead
  ON lead.id = m.bundled_into_id
WHERE m.state <> lead.state AND NOT (m.state = 'delivered' OR lead.state = 'delivered')""",
    "I13 no message is forgotten": """
SELECT id FROM appointments_message
WHERE state IN ('ready', 'claimed') AND due_at < %(now)s - interval '1 hour'
  AND (useless_after IS NULL OR useless_after > %(now)s)""",
    "I14 quotas fill their slot": """
SELECT id FROM windows_slot WHERE walkin_quota < 0
OR minutes <> online_quota + assisted_quota + reserved_quota + walkin_quota""",
    "I15 a period of a job ran once": """
SELECT job, period_start FROM windows_periodicrun GROUP BY 1, 2 HAVING count(*) > 1""",
    "I16 a ticket ranks by the one rule": """
SELECT t.id FROM queues_ticket t
WHERE t.missed_times = 0 AND t.postponed_at IS NULL AND t.came_from_id IS NULL AND (
  (t.source = 'walk_in' AND t.rank_at < t.issued_at)
  OR (t.source = 'booking' AND t.rank_at NOT IN (t.booked_for, t.issued_at)))""",
    "I16 the green channel goes first at most once in three calls": """
SELECT id FROM (
  SELECT id, jumped, coalesce(lag(jumped) OVER line, false) AS before,
    coalesce(lag(jumped, 2) OVER line, false) AS before_that
  FROM queues_call WHERE NOT jsonb_exists(why, 'recall')
  WINDOW line AS (PARTITION BY hall_id ORDER BY id)) AS call
WHERE jumped AND (before OR before_that)""",
    "a break lasts while its window is paused": """
SELECT b.id FROM windows_break b JOIN windows_shift s ON s.id = b.shift_id
WHERE b.ended_at IS NULL AND (NOT s.is_paused OR NOT upper_inf(s.period))""",
    "who has a new number has no old one": """
SELECT t.id FROM queues_ticket t JOIN queues_ticket before ON before.id = t.came_from_id
WHERE before.state <> 'void'""",
    "I18 no ID number can be read anywhere": clear_text_question(),
    "service days: slots, tickets and bookings share their session's": """
SELECT s.id FROM windows_slot s JOIN windows_hallsession x ON x.id = s.session_id
WHERE s.service_day <> x.service_day OR s.hall_id <> x.hall_id
UNION ALL
SELECT t.id FROM queues_ticket t JOIN windows_hallsession x ON x.id = t.session_id
WHERE t.service_day <> x.service_day
UNION ALL
SELECT b.id FROM appointments_booking b JOIN windows_slot s ON s.id = b.slot_id
WHERE b.service_day <> s.service_day OR b.starts_at <> s.starts_at""",
    "a draw decides for everybody who registered, as it was published": """
SELECT e.id FROM appointments_drawentry e JOIN appointments_draw d ON d.id = e.draw_id
LEFT JOIN LATERAL (SELECT one FROM jsonb_array_elements(d.result -> 'outcome') AS one
  WHERE one ->> 'id' = e.public_id) told ON true
WHERE (e.state IN ('won', 'lost')) <> (told.one IS NOT NULL)
  OR (e.state = 'registered' AND d.drawn_at IS NOT NULL)
  OR e.rank IS DISTINCT FROM (told.one ->> 'rank')::int
  OR (e.state = 'won') <> (coalesce(told.one ->> 'outcome', '') = 'won')
  OR (e.state = 'won') <> (e.group_id IS NOT NULL)""",
    "no draw is forgotten": """
SELECT id FROM appointments_draw
WHERE drawn_at IS NULL AND registers_until < %(now)s - interval '1 hour'""",
    "the numbers of a waiting room have no gap": """
SELECT r.id FROM appointments_waitingroom r
LEFT JOIN appointments_roomplace p ON p.room_id = r.id AND p.number IS NOT NULL
GROUP BY r.id HAVING count(p.id) <> r.last_number OR coalesce(max(p.number), 0) <> r.last_number""",
    "who is offered a place has one open offer, and nobody else has": """
SELECT e.id FROM appointments_waitentry e
WHERE (e.state = 'offered')::int <> (SELECT count(*) FROM appointments_waitoffer o
  WHERE o.entry_id = e.id AND o.ended_at IS NULL)""",
    "an open offer has its places": f"""
SELECT o.id FROM appointments_waitoffer o
LEFT JOIN appointments_booking b ON b.group_id = o.group_id
WHERE o.ended_at IS NULL GROUP BY o.id
HAVING count(*) FILTER (WHERE b.state IN {HOLDING}) = 0
  AND coalesce(max(b.ended_at) < %(now)s - interval '5 minutes', true)""",
    "an entry and its people wait or have ended together": """
SELECT e.id FROM appointments_waitentry e
LEFT JOIN appointments_waitperson p ON p.entry_id = e.id
WHERE (e.state IN ('waiting', 'offered')) IS DISTINCT FROM p.is_waiting
  OR (e.state IN ('waiting', 'offered')) <> (e.ended_at IS NULL)""",
    "a missed visit is one to which nobody came": """
SELECT m.id FROM appointments_missedvisit m JOIN appointments_booking b ON b.id = m.booking_id
WHERE b.state <> 'no_show' OR b.arrived_at IS NOT NULL""",
    "an accepted appeal excuses its visit": """
SELECT a.id FROM appointments_appeal a JOIN appointments_missedvisit m ON m.id = a.missed_id
WHERE a.state = 'accepted' AND m.excused_at IS NULL""",
    "arrived bookings and their tickets agree": """
SELECT b.id FROM appointments_booking b LEFT JOIN queues_ticket t ON t.id = b.ticket_id
WHERE (b.state IN ('arrived', 'served') AND t.id IS NULL)
  OR (b.state = 'served' AND t.state <> 'finished' AND NOT EXISTS (
    SELECT 1 FROM queues_ticket n WHERE n.came_from_id = t.id) AND NOT EXISTS (
    SELECT 1 FROM queues_ticketevent e WHERE e.ticket_id = t.id AND e.kind = 'continued'
      AND e.facts ->> 'done' = b.matter_id::text))
  OR (t.id IS NOT NULL AND t.source <> 'booking')""",
}


@dataclass(frozen=True)
class Broken:
    """An invariant that does not hold, and how many rows break it."""

    name: str
    rows: int
    first: tuple


def ask(name: str, now: datetime) -> Broken | None:
    """The invariant's question; None when it holds."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({QUESTIONS[name]}) AS broken LIMIT 1000", {"now": now})
        rows = cursor.fetchall()
    return Broken(name, len(rows), rows[0]) if rows else None


def holds(now: datetime) -> list[Broken]:
    """Everything that is broken at that instant; an empty list is the good answer."""
    return [found for name in QUESTIONS if (found := ask(name, now))]
