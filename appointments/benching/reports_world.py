"""The city that reports are measured on: 33 halls, sixty days of journal, two years of figures."""

from datetime import date, datetime, time, timedelta

from django.db import connection, transaction

from appointments.simulating.city import build_city
from config import civil
from windows.models import Hall, HallSession, Slot

DAYS, YEARS, PEOPLE, WHO_BOOKED = 60, 730, 120, 60
OPENS, SLOTS, MINUTES = time(9), 16, 30

# Who came: every four minutes one, most of them served, some missed, some gone again.
JOURNAL = """
INSERT INTO queues_ticket (service_day, prefix, number, public_id, source, state, rank_at,
  issued_at, priority, priority_note, round, missed_times, called_at, started_at, finished_at,
  outcome, is_simulated, hall_id, matter_id, session_id, window_id, "then", needs_accessible)
SELECT s.service_day, 'A', n, md5(s.id || '-' || n), CASE WHEN n <= %(booked)s THEN 'booking'
    ELSE 'walk_in' END,
  CASE WHEN n %% 20 = 0 THEN 'void' WHEN n %% 12 = 0 THEN 'missed' ELSE 'finished' END,
  came.at, came.at, '', '', 1, 0,
  CASE WHEN n %% 20 > 0 THEN came.at + wait.long END,
  CASE WHEN n %% 20 > 0 AND n %% 12 > 0 THEN came.at + wait.long + interval '1 minute' END,
  came.at + wait.long + interval '1 minute' * (3 + n %% 17),
  CASE WHEN n %% 20 = 0 THEN 'left' ELSE '' END, true, s.hall_id,
  m.ids[1 + n %% array_length(m.ids, 1)], s.id,
  CASE WHEN n %% 20 > 0 AND n %% 12 > 0 THEN w.ids[1 + n %% array_length(w.ids, 1)] END,
  '{}', false
FROM windows_hallsession s
CROSS JOIN generate_series(1, %(people)s) n
CROSS JOIN LATERAL (SELECT s.starts_at + n * interval '4 minutes' AS at) came
CROSS JOIN LATERAL (SELECT interval '1 minute' * (2 + (n * 7 + s.id) %% 55) AS long) wait
JOIN (SELECT hall_id, array_agg(id ORDER BY number) ids FROM windows_window GROUP BY 1) w
  ON w.hall_id = s.hall_id
CROSS JOIN (SELECT array_agg(id ORDER BY id) ids FROM windows_matter) m;

INSERT INTO queues_call (round, called_at, jumped, why, hall_id, staff_id, window_id, ticket_id,
  picked)
SELECT 1, called_at, false, '{}', t.hall_id, (SELECT min(id) FROM windows_staff), w.id, t.id, ''
FROM queues_ticket t
JOIN LATERAL (SELECT min(id) id FROM windows_window WHERE hall_id = t.hall_id) first ON true
JOIN windows_window w ON w.id = coalesce(t.window_id, first.id)
WHERE called_at IS NOT NULL;

INSERT INTO queues_ticketevent (at, kind, from_state, to_state, facts, ticket_id, window_id)
SELECT at, kind, came, went, '{}', id, w FROM (
  SELECT id, 1 n, issued_at at, 'issued' kind, '' came, 'waiting' went, NULL::bigint w
    FROM queues_ticket
  UNION ALL SELECT ticket_id, 2, called_at, 'called', 'waiting', 'called', window_id
    FROM queues_call
  UNION ALL SELECT id, 3, started_at, 'started', 'called', 'serving', window_id
    FROM queues_ticket WHERE started_at IS NOT NULL
  UNION ALL SELECT id, 4, finished_at, state, CASE state WHEN 'finished' THEN 'serving'
    WHEN 'missed' THEN 'called' ELSE 'waiting' END, state, window_id FROM queues_ticket
) story ORDER BY id, n;

INSERT INTO queues_rating (level, reasons, comment, made_at, ticket_id)
SELECT 1 + (id * 7 %% 10) / 2, '[]', '', finished_at, id FROM queues_ticket
WHERE state = 'finished' AND id %% 3 > 0;

INSERT INTO appointments_bookinggroup (language, made_at, is_simulated, channel)
SELECT 'zh-hans', starts_at - interval '3 days', true, 'sms' FROM windows_hallsession;

INSERT INTO appointments_booking (reference, service_day, starts_at, channel, minutes, state,
  version, name_sealed, id_sealed, id_index, born_on, made_at, confirmed_at, was_late, hall_id,
  matter_id, slot_id, ticket_id, group_id, position)
SELECT upper(substr(md5(t.id::text), 1, 12)), t.service_day, o.starts_at, 'online', 10, 'served',
  1, '', '',
  decode(md5(t.id::text), 'hex'), date '1990-01-01', t.issued_at - interval '1 day' * (t.id %% 40),
  t.issued_at - interval '1 day' * (t.id %% 40), false, t.hall_id, t.matter_id, o.id, t.id, g.id, 0
FROM queues_ticket t
JOIN windows_slot o ON o.session_id = t.session_id
  AND o.starts_at = date_bin('30 minutes', t.issued_at, o.starts_at)
CROSS JOIN (SELECT min(id) id FROM appointments_bookinggroup) g
WHERE t.source = 'booking';

INSERT INTO windows_shift (service_day, period, is_paused, staff_id, window_id)
SELECT s.service_day, tstzrange(s.starts_at, s.ends_at), false, p.id, w.id
FROM windows_hallsession s
JOIN windows_window w ON w.hall_id = s.hall_id
JOIN (SELECT id, row_number() OVER (ORDER BY id) n FROM windows_staff) p
  ON p.n = (SELECT count(*) FROM windows_window o WHERE o.id <= w.id);
"""

# The figures and facts of sixty days again and again, for the days before them.
AGAIN = """
INSERT INTO appointments_dayfigure (hall_id, service_day, name, matter_id, window_id, hour,
  bucket, count, seconds, recorded_at, reason)
SELECT hall_id, service_day - n * %(days)s, name, matter_id, window_id, hour, bucket, count,
  seconds, recorded_at, '' FROM appointments_dayfigure, generate_series(1, %(times)s) n
ORDER BY n DESC, service_day, hall_id, id;

INSERT INTO appointments_demandfact (hall_id, service_day, matter_id, hour, kind, channel, what,
  people, minutes, is_spread, recorded_at, reason)
SELECT hall_id, service_day - n * %(days)s, matter_id, hour, kind, channel, what, people, minutes,
  is_spread, recorded_at, '' FROM appointments_demandfact, generate_series(1, %(times)s) n
ORDER BY n DESC, service_day, hall_id, id;

INSERT INTO appointments_dayclosing (hall_id, service_day, written_at, was_open)
SELECT hall_id, service_day - n * %(days)s, written_at, was_open
FROM appointments_dayclosing, generate_series(1, %(times)s) n;
"""


def make_journal(now: datetime) -> list[Hall]:
    """Sixty days that are over and not written."""
    halls, today = build_city(), civil.city_date(now)
    sessions = [
        _session(hall, today - timedelta(days=n), now) for hall in halls for n in range(1, DAYS + 1)
    ]
    HallSession.objects.bulk_create(sessions)
    Slot.objects.bulk_create(
        (slot for session in sessions for slot in _slots(session)), batch_size=5000
    )
    _run(JOURNAL, {"people": PEOPLE, "booked": WHO_BOOKED})
    return halls


def make_years() -> int:
    """Two years of figures before this day; how many rows."""
    _run(AGAIN, {"days": DAYS, "times": YEARS // DAYS})
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM appointments_dayfigure")
        return int(cursor.fetchone()[0])


def _run(statements: str, facts: dict[str, int]) -> None:
    """On a scratch database only: its triggers and foreign keys are not asked."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statements, facts)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE")


def _session(hall: Hall, day: date, now: datetime) -> HallSession:
    starts_at = civil.city_instant(day, OPENS)
    return HallSession(
        hall=hall, kind="regular", service_day=day, starts_at=starts_at,
        ends_at=starts_at + SLOTS * timedelta(minutes=MINUTES), booking_opens_at=starts_at,
        opened_at=starts_at, is_simulated=True,
    )  # fmt: skip


def _slots(session: HallSession) -> list[Slot]:
    length = timedelta(minutes=MINUTES)
    return [
        Slot(
            session=session, hall=session.hall, service_day=session.service_day,
            starts_at=session.starts_at + n * length,
            ends_at=session.starts_at + (n + 1) * length,
            booking_opens_at=session.booking_opens_at, minutes=90, online_quota=60,
            online_taken=(n * 7 + session.pk) % 7 * 10, walkin_quota=30,
        )
        for n in range(SLOTS)
    ]  # fmt: skip
