"""Who is next at a window: one prepared statement decides, calls, journals and tells.

It never waits for a lock, so that what it reads is not older than what it locks: a shift
or a ticket that somebody else holds is stepped over, and the answer says so. Whatever has
to be waited for is locked by a statement of its own before it is asked again.

Order of locks: the shift, the ticket, the hall's green channel (an advisory lock).
"""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection

from config.refusals import constraint_of
from queues.models import Ticket
from queues.ranking import CALLS_BETWEEN_JUMPS
from windows.models import Staff, Window
from windows.prepared import Prepared
from windows.rules import RULES

COLUMNS = [field.column for field in Ticket._meta.concrete_fields]
TICKET_FIELDS = [field.attname for field in Ticket._meta.concrete_fields]

# In line `t` and for this window: it serves the matter; who needs an accessible window is
# left to one that is open for the matter; who was sent to a window is left to it, accessible
# or not, while somebody is there who serves the matter. The same as
# TicketQuerySet.servable_at.
SERVABLE = """
    t.hall_id = %(hall)s::bigint AND t.state = 'waiting'
    AND t.matter_id = ANY(ARRAY(
      SELECT matter_id FROM windows_window_matters WHERE window_id = %(window)s::bigint))
    AND (NOT t.needs_accessible OR t.only_window_id = %(window)s::bigint
      OR (SELECT is_accessible FROM windows_window WHERE id = %(window)s::bigint)
      OR t.matter_id <> ALL(ARRAY(
        SELECT wm.matter_id FROM windows_window w
        JOIN windows_shift s ON s.window_id = w.id AND upper_inf(s.period) AND NOT s.is_paused
        JOIN windows_window_matters wm ON wm.window_id = w.id
        WHERE w.hall_id = %(hall)s::bigint AND w.is_accessible)))
    AND (t.only_window_id IS NULL OR t.only_window_id = %(window)s::bigint
      OR NOT EXISTS (SELECT FROM windows_shift s
        JOIN windows_window_matters wm ON wm.window_id = s.window_id
        WHERE s.window_id = t.only_window_id AND wm.matter_id = t.matter_id
          AND upper_inf(s.period)))"""

# Who asked for more minutes does not go first before they have passed.
STEPPED_BACK = f"%(now)s::timestamptz - interval '{RULES['postpone_minutes'][0]} minutes'"

GUARD = "FOR NO KEY UPDATE OF t SKIP LOCKED"  # one window takes a ticket, the next looks on

# A ticket that got another place between reading and locking is not taken for its old one:
# a locked row is looked at again as it is by then, `seen` is the row as it was read.
WHERE_IT_WAS_SEEN = "AND t.rank_at = (SELECT rank_at FROM queues_ticket seen WHERE seen.id = t.id)"


# Whether the window may call: its shift, and nobody at it.
GATE = """
WITH shift AS MATERIALIZED (
  SELECT is_paused FROM windows_shift
  WHERE window_id = %(window)s::bigint AND staff_id = %(staff)s::bigint AND upper_inf(period)
  FOR NO KEY UPDATE SKIP LOCKED
), gate AS MATERIALIZED (
  SELECT CASE
    WHEN NOT EXISTS (SELECT FROM shift) THEN
      CASE WHEN EXISTS (SELECT FROM windows_shift WHERE window_id = %(window)s::bigint
        AND staff_id = %(staff)s::bigint AND upper_inf(period)) THEN 'busy' ELSE 'away' END
    WHEN (SELECT is_paused FROM shift) THEN 'paused'
    WHEN EXISTS (SELECT FROM queues_ticket WHERE window_id = %(window)s::bigint
      AND state IN ('called', 'serving')) THEN 'serving' END AS shut
"""


def statement(guard: str = GUARD) -> str:
    """The row that comes back begins with what happened; see `choose`."""
    return GATE + _choice(guard) + _call()


def _choice(guard: str) -> str:
    """The head of the line, or who goes first by the green channel: one ticket, locked."""
    return f"""), urgent AS MATERIALIZED (
  SELECT t.id, t.rank_at FROM queues_ticket t
  WHERE t.priority <> '' AND {SERVABLE} AND (SELECT shut IS NULL FROM gate)
    AND (t.postponed_at IS NULL OR t.postponed_at <= {STEPPED_BACK})
  ORDER BY t.rank_at, t.id LIMIT 1
), jump AS MATERIALIZED (
  SELECT id FROM urgent
  WHERE EXISTS (SELECT FROM queues_ticket t
      WHERE t.priority = '' AND (t.rank_at, t.id) < (urgent.rank_at, urgent.id) AND {SERVABLE})
    AND NOT EXISTS (SELECT FROM (SELECT jumped FROM queues_call
      WHERE hall_id = %(hall)s::bigint AND NOT jsonb_exists(why, 'recall')
      ORDER BY id DESC LIMIT {CALLS_BETWEEN_JUMPS}) AS last WHERE jumped)
), leap AS MATERIALIZED (
  SELECT t.id FROM queues_ticket t
  WHERE %(may_jump)s::boolean AND t.id = (SELECT id FROM jump) AND t.state = 'waiting'
    {WHERE_IT_WAS_SEEN}
  {guard}
), head AS MATERIALIZED (
  SELECT t.id FROM queues_ticket t
  WHERE {SERVABLE} AND (SELECT shut IS NULL FROM gate)
    {WHERE_IT_WAS_SEEN}
    AND (%(may_jump)s::boolean OR NOT EXISTS (SELECT FROM jump))
    AND NOT EXISTS (SELECT FROM leap)
  ORDER BY t.rank_at, t.id LIMIT 1 {guard}
), picked AS MATERIALIZED (
  SELECT id, true AS jumped FROM leap UNION ALL SELECT id, false FROM head
"""


def _call() -> str:
    """What becomes of it: called, told to the screens, journaled; and what is answered."""
    columns = ", ".join(f't."{column}"' for column in COLUMNS)
    shown = ", ".join(f'called."{column}"' for column in COLUMNS)
    return f"""), called AS (
  UPDATE queues_ticket t SET state = 'called', window_id = %(window)s::bigint,
    round = t.round + 1, called_at = coalesce(t.called_at, %(now)s::timestamptz)
  FROM picked WHERE t.id = picked.id
  RETURNING {columns}, picked.jumped
), told AS (
  INSERT INTO queues_call
    (ticket_id, round, hall_id, window_id, staff_id, called_at, jumped, picked, why)
  SELECT id, round, hall_id, window_id, %(staff)s::bigint, %(now)s::timestamptz, jumped, '',
    jsonb_build_object('source', source, 'rank_at', rank_at, 'issued_at', issued_at,
      'booked_for', booked_for, 'priority', priority, 'jumped', jumped)
    || jsonb_strip_nulls(jsonb_build_object('missed', nullif(missed_times, 0),
      'sent_here', nullif(only_window_id = window_id, false),
      'postponed', nullif(postponed_at IS NOT NULL, false),
      'from_hall', (SELECT h.code FROM queues_ticket o JOIN windows_hall h ON h.id = o.hall_id
        WHERE o.id = called.came_from_id AND o.hall_id <> called.hall_id),
      'after', CASE WHEN round > 1 THEN (SELECT kind FROM queues_ticketevent e
        WHERE e.ticket_id = called.id AND kind IN ('returned', 'transferred', 'continued')
        ORDER BY e.id DESC LIMIT 1) END))
  FROM called
), journal AS (
  INSERT INTO queues_ticketevent
    (ticket_id, at, kind, from_state, to_state, window_id, by_id, facts)
  SELECT id, %(now)s::timestamptz, CASE round WHEN 1 THEN 'called' ELSE 'recalled' END,
    'waiting', 'called', window_id, %(staff)s::bigint, '{{}}'::jsonb
  FROM called
)
SELECT CASE
    WHEN called.id IS NOT NULL THEN 'called' || pg_notify('dengta_board', hall_id::text)::text
    WHEN gate.shut IS NOT NULL THEN gate.shut
    WHEN NOT %(may_jump)s::boolean AND EXISTS (SELECT FROM jump) THEN 'urgent'
    WHEN EXISTS (SELECT FROM queues_ticket t WHERE {SERVABLE}) THEN 'taken'
    ELSE 'nobody' END, {shown}
FROM gate LEFT JOIN called ON true
"""


CALL_NEXT = Prepared("call_next", statement())

# Waited for before the statement is asked again.
THE_SHIFT = """SELECT 1 FROM windows_shift WHERE window_id = %(window)s AND staff_id = %(staff)s
 AND upper_inf(period) FOR NO KEY UPDATE; """
THE_GREEN_CHANNEL = "SELECT pg_advisory_xact_lock(hashtext('green channel'), %(hall)s); "
UNDO = "call_next"
TRIES = 4


def choose(window: Window, staff: Staff, now: datetime) -> tuple[str, Ticket | None]:
    """Calls the next ticket to the window: ("called", it), or why not and None.

    `away`, `paused`, `serving`: the window cannot call; `nobody`: nobody waits for it.
    Inside it is asked again after `busy` (somebody changes the shift just now), `urgent`
    (a jump is decided one at a time in a hall, from what is true then) and `taken` (every
    ticket of the line was in other hands).
    """
    facts = {
        "window": window.pk, "hall": window.hall_id, "staff": staff.pk, "now": now,
        "may_jump": False,
    }  # fmt: skip
    locks = ""
    for _try in range(TRIES):
        outcome, values = _asked(facts, locks)
        if outcome == "busy":
            locks = THE_SHIFT + locks
        elif outcome == "urgent":
            locks += THE_GREEN_CHANNEL
            facts["may_jump"] = True
        elif outcome != "taken":
            break
    if outcome != "called":
        return {"busy": "away", "taken": "nobody"}.get(outcome, outcome), None
    ticket = Ticket.from_db(connection.alias, TICKET_FIELDS, values)
    ticket.window = window
    return outcome, ticket


def _asked(facts: dict[str, Any], locks: str) -> tuple[str, tuple[Any, ...]]:
    """What one run said. A twin that committed in between is found by its constraint.

    The statement before it travel in the same message: one transaction, a newer view.
    """
    within = connection.in_atomic_block
    try:
        rows = CALL_NEXT.run(facts, first=f"SAVEPOINT {UNDO}; {locks}" if within else locks)
    except IntegrityError as error:
        if constraint_of(error) != "window_serves_one":
            raise
        if within:
            with connection.cursor() as cursor:
                cursor.execute(f"ROLLBACK TO SAVEPOINT {UNDO}")
        return "serving", ()
    return rows[0][0], rows[0][1:]
