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
from appointments.sealing import blind_index, seal
from windows.models import Slot
from windows.served import WITHIN

LOCK_PEOPLE = """
SELECT pg_advisory_xact_lock(key)
FROM (SELECT unnest(%(keys)s::bigint[]) AS key ORDER BY key) AS sorted
"""

# What stands against these people or this phone booking online; one row each, and the
# people that the phone has booked for before (`known`). What they hold counts as a visit,
# unless choosing again would end it or be refused: the same matter, or the same day.
LIMITS = """
WITH of_person AS (
  SELECT id, id_index, group_id, state, made_at, confirmed_at, ended_at,
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
  AND NOT EXISTS (SELECT 1 FROM appointments_displaced d
    WHERE d.booking_id = of_person.id AND d.state = 'declined')
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


# The one statement of the claim: guarded counters, group, bookings, journal. No row comes back
# when a slot has not enough minutes; nothing is locked then.
CLAIMED = """
WITH asked AS (
  SELECT * FROM unnest(%(slots)s::bigint[], %(needs)s::int[]) AS t(slot_id, need)
), claimed AS (
  UPDATE windows_slot s SET {channel}_taken = s.{channel}_taken + asked.need FROM asked
  WHERE s.id = asked.slot_id AND s.is_open AND s.starts_at > %(now)s
    AND (s.booking_opens_at <= %(now)s AND s.service_day <= %(last_day)s OR %(early)s)
    AND s.{channel}_taken + asked.need <= s.{channel}_quota
    AND NOT EXISTS (SELECT 1 FROM unnest(%(matters)s::bigint[]) AS wanted(matter_id)
      WHERE NOT EXISTS (SELECT 1 FROM windows_hallsession x
        JOIN windows_sessionwindow sw ON sw.session_id = x.id AND NOT sw.is_cancelled
        JOIN windows_window_matters wm ON wm.window_id = sw.window_id
        WHERE x.id = s.session_id AND wm.matter_id = wanted.matter_id AND {within}))
  RETURNING s.id, s.hall_id, s.service_day, s.starts_at
)"""
PLACED = """, together AS (
  INSERT INTO appointments_bookinggroup
    (phone_sealed, phone_index, language, link_id, made_at, is_simulated)
  SELECT %(phone_sealed)s, %(phone_index)s, %(language)s, %(link)s, %(now)s, %(simulated)s
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
  SELECT id, %(now)s, 'held', '', 'held', %(by)s, '{}'::jsonb FROM made
)
SELECT group_id, reference, starts_at FROM made
"""


def claim_statement(channel: str) -> str:
    """The claim of minutes of that channel, within the session's own matters."""
    within = WITHIN.format(matter="wm.matter_id")
    return CLAIMED.format(channel=channel, within=within) + PLACED


CLAIM = {channel: claim_statement(channel) for channel in ("online", "assisted", "reserved")}


def phone_facts(phone: str | None) -> dict[str, bytes | None]:
    """The phone sealed, and the index under which it is found."""
    if not phone:
        return {"phone_sealed": None, "phone_index": None}
    return {
        "phone_sealed": seal(phone, purpose="phone"),
        "phone_index": blind_index(phone, purpose="phone"),
    }


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
