"""The statements of many asks at once (appointments/sharing.py): each is asked once for all.

They keep the order of locks and the conditions of `claiming.py`.
"""

from appointments.claiming import LOCK_PEOPLE
from windows.prepared import Prepared
from windows.served import WITHIN

LOCK_ASKING = Prepared("lock_asking", LOCK_PEOPLE)

# What decides about the asks (numbered as they came), and ids for as many groups:
# `slot`: those with room, and those that follow a party's slot; locked by id
# `key`: an answer that is kept already    `past`: a rule would have to look at it
DECIDE = Prepared(
    "decide_asks",
    f"""
WITH room AS MATERIALIZED (
  SELECT s.id, s.session_id, s.hall_id, s.service_day, s.starts_at, s.ends_at,
    s.online_quota - s.online_taken AS minutes, s.reserved_quota - s.reserved_taken AS reserved,
    ARRAY(SELECT m FROM windows_hallsession x, unnest(%(matters)s::bigint[]) AS wanted(m)
      WHERE x.id = s.session_id AND {WITHIN.format(matter="m")} AND EXISTS (
        SELECT 1 FROM windows_sessionwindow sw
        JOIN windows_window_matters wm ON wm.window_id = sw.window_id
        WHERE sw.session_id = x.id AND NOT sw.is_cancelled AND wm.matter_id = m)) AS matters
  FROM windows_slot s
  WHERE s.id = ANY(ARRAY(
      SELECT unnest(%(slots)s::bigint[])
      UNION SELECT later.id FROM windows_slot one JOIN windows_slot later
        ON later.session_id = one.session_id AND later.starts_at = one.ends_at
      WHERE one.id = ANY(%(of_parties)s::bigint[])))
    AND s.is_open AND s.starts_at > %(now)s::timestamptz
    AND s.booking_opens_at <= %(now)s::timestamptz
    AND s.service_day <= %(last_day)s::date AND (s.online_taken < s.online_quota
      OR %(linked)s::boolean AND s.reserved_taken < s.reserved_quota)
  ORDER BY s.id FOR NO KEY UPDATE OF s
), asked AS MATERIALIZED (
  SELECT a.n, k.id, k.body_hash, k.status, k.answer::text AS answer, a.phone_index
  FROM unnest(%(asks)s::int[], %(actors)s::text[], %(request_keys)s::text[], %(phones)s::bytea[])
    AS a(n, actor, key, phone_index)
  LEFT JOIN windows_requestkey k ON k.actor = a.actor AND k.route = 'POST bookings/'
    AND k.key = a.key
)
SELECT 'slot', id, NULL::bytea, NULL::int, NULL::text, session_id, hall_id, service_day,
  starts_at, ends_at, minutes, reserved, matters FROM room
UNION ALL
SELECT 'key', n, body_hash, status, answer, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM asked WHERE id IS NOT NULL
UNION ALL
SELECT 'past', n, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM asked WHERE EXISTS (SELECT 1 FROM appointments_bookinggroup g
  WHERE g.phone_index = asked.phone_index AND g.made_at > %(since)s::timestamptz)
UNION ALL
SELECT 'past', p.n, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM unnest(%(of_ask)s::int[], %(indexes)s::bytea[]) AS p(n, id_index)
WHERE EXISTS (SELECT 1 FROM appointments_booking b WHERE b.id_index = p.id_index
    AND (b.state IN ('held', 'confirmed', 'arrived') OR b.made_at > %(since)s::timestamptz
      OR b.ended_at > %(since)s::timestamptz))
  OR EXISTS (SELECT 1 FROM appointments_closure c WHERE c.id_index = p.id_index
    AND c.lifted_at IS NULL AND c.ends_at > %(now)s::timestamptz)
UNION ALL
SELECT 'group', nextval('appointments_bookinggroup_id_seq'),
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM asked
""",
)

# Groups, counters, bookings, journal and kept answers.
TAKE = Prepared(
    "take_places",
    """
WITH party AS MATERIALIZED (
  SELECT * FROM unnest(%(groups)s::bigint[], %(sealed_phones)s::bytea[], %(phones)s::bytea[],
    %(languages)s::text[], %(links)s::bigint[], %(actors)s::text[], %(request_keys)s::text[],
    %(bodies)s::bytea[], %(answers)s::text[])
    AS p(id, phone_sealed, phone_index, language, link_id, actor, key, body_hash, bookings)
), together AS (
  INSERT INTO appointments_bookinggroup
    (id, phone_sealed, phone_index, language, link_id, made_at, is_simulated)
  SELECT id, phone_sealed, phone_index, language, link_id, %(now)s::timestamptz, false FROM party
), counted AS (
  UPDATE windows_slot s SET online_taken = s.online_taken + t.online,
    reserved_taken = s.reserved_taken + t.reserved
  FROM unnest(%(slots)s::bigint[], %(taken)s::int[], %(taken_reserved)s::int[])
    AS t(slot_id, online, reserved)
  WHERE s.id = t.slot_id
), made AS (
  INSERT INTO appointments_booking (group_id, reference, slot_id, hall_id, matter_id,
    service_day, starts_at, channel, minutes, state, version, name_sealed, id_sealed, id_index,
    born_on, guardian_sealed, needs_sealed, position, hold_expires_at, made_at, was_late)
  SELECT v.group_id, v.reference, v.slot_id, v.hall_id, v.matter_id, v.service_day, v.starts_at,
    v.channel, v.minutes, 'held', 1, v.name_sealed, v.id_sealed, v.id_index, v.born_on,
    v.guardian_sealed, v.needs_sealed, v.position, %(expires)s::timestamptz,
    %(now)s::timestamptz, false
  FROM unnest(%(of_group)s::bigint[], %(references)s::text[], %(of_slot)s::bigint[],
    %(of_hall)s::bigint[], %(of_matter)s::bigint[], %(days)s::date[],
    %(starts)s::timestamptz[], %(channels)s::text[], %(minutes)s::int[], %(names)s::bytea[],
    %(ids)s::bytea[], %(indexes)s::bytea[], %(births)s::date[], %(guardians)s::bytea[],
    %(helps)s::bytea[], %(positions)s::int[])
    AS v(group_id, reference, slot_id, hall_id, matter_id, service_day, starts_at, channel,
      minutes, name_sealed, id_sealed, id_index, born_on, guardian_sealed, needs_sealed, position)
  ORDER BY v.id_index, v.matter_id
  RETURNING id
), journal AS (
  INSERT INTO appointments_bookingevent
    (booking_id, at, kind, from_state, to_state, by_id, facts)
  SELECT id, %(now)s::timestamptz, 'held', '', 'held', NULL, '{}'::jsonb FROM made
)
INSERT INTO windows_requestkey (actor, route, key, body_hash, status, answer, made_at)
SELECT actor, 'POST bookings/', key, body_hash, 201,
  jsonb_build_object('group', id, 'bookings', bookings::jsonb), %(now)s::timestamptz
FROM party
""",
)

# A plain look that locks nothing: what bookable slots have left, keys that have an answer,
# and who of these people left a place there that only they can have back.
LOOK = Prepared(
    "look_at_slots",
    """
SELECT 'slot', s.id, NULL::bytea, NULL::smallint, NULL::text, s.online_quota - s.online_taken,
  s.reserved_quota - s.reserved_taken, s.session_id, s.booking_opens_at
FROM windows_slot s
WHERE s.id = ANY(%(slots)s::bigint[]) AND s.is_open AND s.starts_at > %(now)s::timestamptz
  AND s.service_day <= %(last_day)s::date
UNION ALL
SELECT 'key', a.n, k.body_hash, k.status, k.answer::text, NULL, NULL, NULL, NULL
FROM unnest(%(asks)s::int[], %(actors)s::text[], %(request_keys)s::text[]) AS a(n, actor, key)
JOIN windows_requestkey k ON k.actor = a.actor AND k.route = 'POST bookings/' AND k.key = a.key
UNION ALL
SELECT 'left', r.slot_id, b.id_index, NULL, NULL, NULL, NULL, NULL, NULL
FROM appointments_returningplace r JOIN appointments_booking b ON b.id = r.booking_id
WHERE r.slot_id = ANY(%(slots)s::bigint[]) AND r.ended_at IS NULL
  AND b.id_index = ANY(%(indexes)s::bytea[])
""",
)
