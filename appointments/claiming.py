"""Claiming places in PostgreSQL: locks, limits, then one guarded statement.

One written order everywhere: people and phone (advisory locks, sorted), then slots by id,
then bookings. Never ask for an advisory lock while holding a slot.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from appointments.attending import Visit
from windows.models import Slot
from windows.prepared import Prepared

LOCK_PEOPLE = """
SELECT pg_advisory_xact_lock(key)
FROM (SELECT unnest(%(keys)s::bigint[]) AS key ORDER BY key) AS sorted
"""

# What stands against these people or this phone booking online; one row each, and the
# people that the phone has booked for before (`known`). What they hold counts as a visit,
# unless choosing again would end it or be refused: the same matter, or the same day.
LIMITS = """
WITH of_person AS (
  SELECT id_index, group_id, state, made_at, confirmed_at, ended_at,
    state = 'held' AND hold_expires_at > %(now)s AND matter_id <> ALL(%(matters)s::bigint[])
      AND service_day IS DISTINCT FROM
        (SELECT service_day FROM windows_slot WHERE id = %(slot)s::bigint) AS held_besides
  FROM appointments_booking WHERE id_index = ANY(%(indexes)s::bytea[])
), of_phone AS (
  SELECT b.id_index, b.group_id, b.state, b.made_at, b.confirmed_at
  FROM appointments_bookinggroup g JOIN appointments_booking b ON b.group_id = g.id
  WHERE g.phone_index = %(phone_index)s
)
SELECT 'online_closed' AS what, id_index, max(ends_at) AS until FROM appointments_closure
WHERE id_index = ANY(%(indexes)s::bytea[]) AND lifted_at IS NULL
  AND begins_at <= %(now)s AND ends_at > %(now)s
GROUP BY id_index
UNION ALL
SELECT 'too_many_visits', id_index, NULL FROM of_person
WHERE made_at > %(since)s AND (held_besides OR confirmed_at IS NOT NULL
  AND state IN ('confirmed', 'arrived', 'served', 'no_show'))
GROUP BY id_index HAVING count(DISTINCT group_id) >= %(visits_most)s
UNION ALL
SELECT 'too_many_cancelled', id_index, NULL FROM of_person
WHERE ended_at > %(since)s AND confirmed_at IS NOT NULL AND state = 'cancelled'
GROUP BY id_index HAVING count(DISTINCT group_id) >= %(cancels_most)s
UNION ALL
SELECT 'too_many_for_phone', NULL, NULL FROM (
  SELECT id_index FROM of_phone
  WHERE made_at > %(since)s AND state IN ('held', 'confirmed', 'arrived', 'served', 'no_show')
  UNION SELECT unnest(%(indexes)s::bytea[])) AS people
HAVING count(*) > %(people_most)s
UNION ALL
SELECT 'too_many_holds', NULL, NULL FROM of_phone
WHERE made_at > %(yesterday)s AND confirmed_at IS NULL AND state IN ('expired', 'cancelled')
HAVING count(DISTINCT group_id) >= %(holds_most)s
UNION ALL
SELECT DISTINCT 'known', id_index, NULL::timestamptz FROM of_phone
WHERE id_index = ANY(%(indexes)s::bytea[]) AND (confirmed_at IS NOT NULL OR state = 'held')
"""


@dataclass(frozen=True)
class Found:
    """One row of LIMITS."""

    what: str
    id_index: bytes | None
    until: datetime | None


def lock_people(indexes: Iterable[bytes], phone_index: bytes | None) -> None:
    """Nobody else books for these people or from this phone until the transaction ends."""
    keys = lock_keys([*indexes, *([phone_index] if phone_index else [])])
    with connection.cursor() as cursor:
        cursor.execute(LOCK_PEOPLE, {"keys": keys})


def lock_keys(indexes: Iterable[bytes]) -> list[int]:
    """Advisory keys of blind indexes: their first 64 bits, each once, sorted."""
    return sorted({int.from_bytes(bytes(one)[:8], "big", signed=True) for one in indexes})


def lock_slots(slot_ids: Iterable[int]) -> None:
    """The slots are locked, by id; a mere reference to one of them does not wait."""
    slots = Slot.objects.filter(pk__in=set(slot_ids)).order_by("pk")
    list(slots.select_for_update(no_key=True).values_list("pk"))


def limits_of(facts: dict[str, Any]) -> list[Found]:
    """Everything that stands in the way; to be asked after `lock_people`."""
    with connection.cursor() as cursor:
        cursor.execute(LIMITS, facts)
        return [
            Found(what, bytes(index) if index is not None else None, until)
            for what, index, until in cursor.fetchall()
        ]


def claim_statement(channel: str) -> str:
    """The one statement of the claim: guarded counters, group, bookings, journal.

    No row comes back when a slot has not enough minutes; nothing is locked then.
    """
    return f"""
WITH asked AS (
  SELECT * FROM unnest(%(slots)s::bigint[], %(needs)s::int[]) AS t(slot_id, need)
), claimed AS (
  UPDATE windows_slot s SET {channel}_taken = s.{channel}_taken + asked.need FROM asked
  WHERE s.id = asked.slot_id AND s.is_open AND s.starts_at > %(now)s
    AND (s.booking_opens_at <= %(now)s AND s.service_day <= %(last_day)s OR %(early)s)
    AND s.{channel}_taken + asked.need <= s.{channel}_quota
    AND NOT EXISTS (SELECT 1 FROM unnest(%(matters)s::bigint[]) AS wanted(matter_id)
      WHERE NOT EXISTS (SELECT 1 FROM windows_sessionwindow sw
        JOIN windows_window_matters wm ON wm.window_id = sw.window_id
        WHERE sw.session_id = s.session_id AND NOT sw.is_cancelled
          AND wm.matter_id = wanted.matter_id))
  RETURNING s.id, s.hall_id, s.service_day, s.starts_at
), together AS (
  INSERT INTO appointments_bookinggroup
    (phone_sealed, phone_index, language, made_at, is_simulated)
  SELECT %(phone_sealed)s, %(phone_index)s, %(language)s, %(now)s, %(simulated)s
  WHERE (SELECT count(*) FROM claimed) = cardinality(%(slots)s::bigint[])
  RETURNING id
), made AS (
  INSERT INTO appointments_booking (group_id, reference, slot_id, hall_id, matter_id,
    service_day, starts_at, channel, minutes, state, version, name_sealed, id_sealed, id_index,
    born_on, guardian_sealed, needs_sealed, position, hold_expires_at, made_at, was_late)
  SELECT together.id, p.reference, claimed.id, claimed.hall_id, p.matter_id,
    claimed.service_day, claimed.starts_at, %(channel)s, p.minutes, 'held', 1, p.name_sealed,
    p.id_sealed, p.id_index, p.born_on, p.guardian_sealed, p.needs_sealed, p.position,
    %(expires)s, %(now)s, false
  FROM together, unnest(%(references)s::text[], %(of_slot)s::bigint[], %(of_matter)s::bigint[],
    %(minutes)s::int[], %(names)s::bytea[], %(ids)s::bytea[], %(indexes)s::bytea[],
    %(births)s::date[], %(guardians)s::bytea[], %(helps)s::bytea[])
    WITH ORDINALITY AS p(reference, slot_id, matter_id, minutes, name_sealed, id_sealed,
      id_index, born_on, guardian_sealed, needs_sealed, position)
  JOIN claimed ON claimed.id = p.slot_id
  ORDER BY p.id_index, p.matter_id
  RETURNING id, group_id, reference, starts_at
), journal AS (
  INSERT INTO appointments_bookingevent
    (booking_id, at, kind, from_state, to_state, by_id, facts)
  SELECT id, %(now)s, 'held', '', 'held', %(by)s, '{{}}'::jsonb FROM made
)
SELECT group_id, reference, starts_at FROM made
"""


CLAIM = {"online": claim_statement("online"), "assisted": claim_statement("assisted")}


def visit_facts(visits: list[Visit]) -> dict[str, list]:
    """The columns of the bookings to be, as the claim takes them."""
    return {
        "references": [visit.reference for visit in visits],
        "of_matter": [visit.matter_id for visit in visits],
        "matters": sorted({visit.matter_id for visit in visits}),
        "minutes": [visit.minutes for visit in visits],
        "names": [visit.name_sealed for visit in visits],
        "ids": [visit.id_sealed for visit in visits],
        "indexes": [visit.id_index for visit in visits],
        "births": [visit.born_on for visit in visits],
        "guardians": [visit.guardian_sealed for visit in visits],
        "helps": [visit.needs_sealed for visit in visits],
    }


def run_claim(facts: dict[str, Any], of_slot: list[int]) -> list[tuple]:
    """Claims the visits in their slots (`of_slot` per visit); (group, reference, start) rows.

    Empty when a slot has not enough minutes; when there are two slots and only one has
    them, the other one's minutes are taken: the caller must roll back.
    """
    needs: dict[int, int] = {}
    for slot_id, minutes in zip(of_slot, facts["minutes"], strict=True):
        needs[slot_id] = needs.get(slot_id, 0) + minutes
    asked = {**facts, "slots": list(needs), "needs": list(needs.values()), "of_slot": of_slot}
    with connection.cursor() as cursor:
        cursor.execute(CLAIM[facts["channel"]], asked)
        return cursor.fetchall()


# Many asks at once (appointments/sharing.py): each statement is asked once for all of them.

LOCK_ASKING = Prepared("lock_asking", LOCK_PEOPLE)

# What decides about the asks (numbered as they came), and ids for as many groups:
# `slot`: those with room, and those that follow a party's slot; locked by id
# `key`: an answer that is kept already    `past`: a rule would have to look at it
DECIDE = Prepared(
    "decide_asks",
    """
WITH room AS MATERIALIZED (
  SELECT s.id, s.session_id, s.hall_id, s.service_day, s.starts_at, s.ends_at,
    s.online_quota - s.online_taken AS minutes,
    ARRAY(SELECT m FROM unnest(%(matters)s::bigint[]) AS wanted(m) WHERE EXISTS (
      SELECT 1 FROM windows_sessionwindow sw
      JOIN windows_window_matters wm ON wm.window_id = sw.window_id
      WHERE sw.session_id = s.session_id AND NOT sw.is_cancelled AND wm.matter_id = m)) AS matters
  FROM windows_slot s
  WHERE s.id = ANY(ARRAY(
      SELECT unnest(%(slots)s::bigint[])
      UNION SELECT later.id FROM windows_slot one JOIN windows_slot later
        ON later.session_id = one.session_id AND later.starts_at = one.ends_at
      WHERE one.id = ANY(%(of_parties)s::bigint[])))
    AND s.is_open AND s.starts_at > %(now)s::timestamptz
    AND s.booking_opens_at <= %(now)s::timestamptz
    AND s.service_day <= %(last_day)s::date AND s.online_taken < s.online_quota
  ORDER BY s.id FOR NO KEY UPDATE OF s
), asked AS MATERIALIZED (
  SELECT a.n, k.id, k.body_hash, k.status, k.answer::text AS answer, a.phone_index
  FROM unnest(%(asks)s::int[], %(actors)s::text[], %(request_keys)s::text[], %(phones)s::bytea[])
    AS a(n, actor, key, phone_index)
  LEFT JOIN windows_requestkey k ON k.actor = a.actor AND k.route = 'POST bookings/'
    AND k.key = a.key
)
SELECT 'slot', id, NULL::bytea, NULL::int, NULL::text, session_id, hall_id, service_day,
  starts_at, ends_at, minutes, matters FROM room
UNION ALL
SELECT 'key', n, body_hash, status, answer, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM asked WHERE id IS NOT NULL
UNION ALL
SELECT 'past', n, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM asked WHERE EXISTS (SELECT 1 FROM appointments_bookinggroup g
  WHERE g.phone_index = asked.phone_index AND g.made_at > %(since)s::timestamptz)
UNION ALL
SELECT 'past', p.n, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM unnest(%(of_ask)s::int[], %(indexes)s::bytea[]) AS p(n, id_index)
WHERE EXISTS (SELECT 1 FROM appointments_booking b WHERE b.id_index = p.id_index
    AND (b.state IN ('held', 'confirmed', 'arrived') OR b.made_at > %(since)s::timestamptz
      OR b.ended_at > %(since)s::timestamptz))
  OR EXISTS (SELECT 1 FROM appointments_closure c WHERE c.id_index = p.id_index
    AND c.lifted_at IS NULL AND c.ends_at > %(now)s::timestamptz)
UNION ALL
SELECT 'group', nextval('appointments_bookinggroup_id_seq'),
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM asked
""",
)

# Groups, counters, bookings, journal and kept answers.
TAKE = Prepared(
    "take_places",
    """
WITH party AS MATERIALIZED (
  SELECT * FROM unnest(%(groups)s::bigint[], %(sealed_phones)s::bytea[], %(phones)s::bytea[],
    %(languages)s::text[], %(actors)s::text[], %(request_keys)s::text[], %(bodies)s::bytea[],
    %(answers)s::text[])
    AS p(id, phone_sealed, phone_index, language, actor, key, body_hash, bookings)
), together AS (
  INSERT INTO appointments_bookinggroup
    (id, phone_sealed, phone_index, language, made_at, is_simulated)
  SELECT id, phone_sealed, phone_index, language, %(now)s::timestamptz, false FROM party
), counted AS (
  UPDATE windows_slot s SET online_taken = s.online_taken + t.minutes
  FROM unnest(%(slots)s::bigint[], %(taken)s::int[]) AS t(slot_id, minutes)
  WHERE s.id = t.slot_id
), made AS (
  INSERT INTO appointments_booking (group_id, reference, slot_id, hall_id, matter_id,
    service_day, starts_at, channel, minutes, state, version, name_sealed, id_sealed, id_index,
    born_on, guardian_sealed, needs_sealed, position, hold_expires_at, made_at, was_late)
  SELECT v.group_id, v.reference, v.slot_id, v.hall_id, v.matter_id, v.service_day, v.starts_at,
    'online', v.minutes, 'held', 1, v.name_sealed, v.id_sealed, v.id_index, v.born_on,
    v.guardian_sealed, v.needs_sealed, v.position, %(expires)s::timestamptz,
    %(now)s::timestamptz, false
  FROM unnest(%(of_group)s::bigint[], %(references)s::text[], %(of_slot)s::bigint[],
    %(of_hall)s::bigint[], %(of_matter)s::bigint[], %(days)s::date[],
    %(starts)s::timestamptz[], %(minutes)s::int[], %(names)s::bytea[], %(ids)s::bytea[],
    %(indexes)s::bytea[], %(births)s::date[], %(guardians)s::bytea[], %(helps)s::bytea[],
    %(positions)s::int[])
    AS v(group_id, reference, slot_id, hall_id, matter_id, service_day, starts_at, minutes,
      name_sealed, id_sealed, id_index, born_on, guardian_sealed, needs_sealed, position)
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
SELECT 'slot', s.id, NULL::bytea, NULL::smallint, NULL::text,
  s.online_quota - s.online_taken, s.booking_opens_at
FROM windows_slot s
WHERE s.id = ANY(%(slots)s::bigint[]) AND s.is_open AND s.starts_at > %(now)s::timestamptz
  AND s.service_day <= %(last_day)s::date
UNION ALL
SELECT 'key', a.n, k.body_hash, k.status, k.answer::text, NULL, NULL
FROM unnest(%(asks)s::int[], %(actors)s::text[], %(request_keys)s::text[]) AS a(n, actor, key)
JOIN windows_requestkey k ON k.actor = a.actor AND k.route = 'POST bookings/' AND k.key = a.key
UNION ALL
SELECT 'left', r.slot_id, b.id_index, NULL, NULL, NULL, NULL
FROM appointments_returningplace r JOIN appointments_booking b ON b.id = r.booking_id
WHERE r.slot_id = ANY(%(slots)s::bigint[]) AND r.ended_at IS NULL
  AND b.id_index = ANY(%(indexes)s::bytea[])
""",
)
