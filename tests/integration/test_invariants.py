"""`check_invariants` can fail: every question finds what breaks it.

The guard is taken away inside a transaction that is rolled back, the row is spoiled by
hand, and the question has to name it.
"""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from appointments.arriving import check_in
from appointments.invariants import QUESTIONS, ask, holds
from appointments.offering_back import offer_free
from appointments.waitlist import join
from queues.calling import call_next
from queues.issuing import issue_walk_in
from tests.conftest import DAY, NOON, PHONE, a_person, slot_at
from windows.once import once, takes_period

LATER = NOON + timedelta(minutes=30)
DROP = "ALTER TABLE {} DROP CONSTRAINT {}"

DRAW = (
    "INSERT INTO appointments_draw (session_id, registers_from, registers_until, hold_until,"
    " commitment, seed_sealed, seed, made_at) SELECT id, '2020-01-01', '{}', '2099-01-03', '', '',"
    " '', '2020-01-01' FROM windows_hallsession LIMIT 1"
)
MISSED = (
    "INSERT INTO appointments_missedvisit (booking_id, id_index, missed_at, counts_until, most,"
    " closed_days, excuse) SELECT id, id_index, now(), now(), 3, 30, '' FROM appointments_booking"
    " LIMIT 1"
)
DISPLACED = (
    "WITH one AS (INSERT INTO windows_sessionchange (session_id, kind, facts, made_at)"
    " SELECT id, 'cut', '{{}}', now() FROM windows_hallsession LIMIT 1 RETURNING id)"
    " INSERT INTO appointments_displaced (change_id, booking_id, old_slot_id, state, made_at)"
    " SELECT one.id, b.id, b.slot_id, '{}', now() FROM one, appointments_booking b"
    " WHERE b.state = 'confirmed' ORDER BY b.id LIMIT 1"
)
SPOILS: dict[str, list[str]] = {
    "a missed visit": [MISSED],
    "an accepted appeal": [
        MISSED,
        "INSERT INTO appointments_appeal (missed_id, text_sealed, made_at, state, decided_at,"
        " decided_by_id) SELECT m.id, '', now(), 'accepted', now(), s.id"
        " FROM appointments_missedvisit m, windows_staff s LIMIT 1",
    ],
    "a draw decides": [
        DRAW.format("2099-01-02"),
        "INSERT INTO appointments_drawentry (draw_id, public_id, matter_id, minutes, wishes,"
        " phone_sealed, phone_index, language, state, rank, made_at, is_simulated)"
        " SELECT d.id, 'x', m.id, 6, '{}', '', '', 'en', 'lost', 1, now(), false"
        " FROM appointments_draw d, windows_matter m LIMIT 1",
    ],
    "no draw is forgotten": [DRAW.format("2020-01-02")],
    "the numbers of a waiting room": [
        "INSERT INTO appointments_waitingroom (releases_at, admits_per_minute, last_number)"
        " VALUES (now(), 1, 3)"
    ],
    "who is offered": ["UPDATE appointments_waitentry SET state = 'waiting'"],
    "an open offer": [
        "WITH empty AS (INSERT INTO appointments_bookinggroup (language, made_at, is_simulated)"
        " VALUES ('en', now(), false) RETURNING id)"
        " UPDATE appointments_waitoffer SET group_id = empty.id FROM empty"
    ],
    "an entry and": ["UPDATE appointments_waitperson SET is_waiting = false"],
    "I1 every booking has": [
        "DROP TRIGGER booking_event_append_only ON appointments_bookingevent",
        "DELETE FROM appointments_bookingevent",
    ],
    "I1 every booking that": [
        """INSERT INTO windows_requestkey (actor, route, key, body_hash, made_at, status, answer)
        VALUES ('a', 'POST bookings/', 'x', '', now(), 201,
          '{"bookings":[{"reference":"GONE"}]}')"""
    ],
    "I2 online": ["UPDATE windows_slot SET online_taken = online_taken + 1"],
    "I2 assisted": [
        DROP.format("windows_slot", "slot_assisted_within_quota"),
        "UPDATE windows_slot SET assisted_taken = 1",
    ],
    "I2 reserved": [
        DROP.format("windows_slot", "slot_reserved_within_quota"),
        "UPDATE windows_slot SET reserved_taken = 1",
    ],
    "I20": [
        "DROP TRIGGER time_off_never_overdrawn ON windows_timeoffentry",
        'INSERT INTO windows_timeoffentry (staff_id, kind, minutes, "on", note, made_at)'
        " SELECT id, 'use', -1, '2027-01-01', '', now() FROM windows_staff LIMIT 1",
    ],
    "I21 who": [
        DISPLACED.format("moved"),
        "UPDATE windows_slot SET is_open = false, starts_at = '2099-01-01', ends_at = '2099-01-02'"
        " WHERE id = (SELECT slot_id FROM appointments_booking WHERE state = 'confirmed' LIMIT 1)",
    ],
    "I21 a kept": [
        DROP.format("appointments_displaced", "displaced_offer_has_end"),
        DISPLACED.format("offered"),
        "UPDATE appointments_displaced SET answer_by = '2020-01-01'",
    ],
    "I21 nobody whose": [
        DISPLACED.format("withdrawn"),
        "UPDATE appointments_displaced SET made_at = '2020-01-01'",
    ],
    "I21 nobody is": [
        DISPLACED.format("moved"),
        "INSERT INTO appointments_missedvisit (booking_id, id_index, missed_at, counts_until,"
        " most, closed_days, excuse) SELECT id, id_index, now(), now(), 3, 30, ''"
        " FROM appointments_booking WHERE state = 'confirmed' LIMIT 1",
    ],
    "I2 no place": [
        """INSERT INTO appointments_returningplace
          (slot_id, booking_id, channel, minutes, left_at, returns_at, "end")
        SELECT slot_id, id, 'online', 6, '2020-01-01', '2020-01-01', '' FROM appointments_booking
        WHERE state = 'confirmed'"""
    ],
    "I3 a person has one visit": [
        DROP.format("appointments_booking", "booking_person_one_visit_a_day"),
        "DROP INDEX booking_person_once_per_matter",
        "UPDATE appointments_booking SET id_index = ''",
    ],
    "I3 a person has one open": [
        DROP.format("appointments_booking", "booking_person_one_visit_a_day"),
        "DROP INDEX booking_person_once_per_matter",
        "UPDATE appointments_booking SET id_index = ''",
    ],
    "I4 a window": [
        DROP.format("windows_sessionwindow", "window_in_one_session_at_a_time"),
        DROP.format("windows_sessionwindow", "window_once_in_session"),
        "UPDATE windows_sessionwindow SET window_id = (SELECT min(id) FROM windows_window)",
    ],
    "I4 a clerk": [
        DROP.format("windows_shift", "shift_one_clerk_at_a_window"),
        DROP.format("windows_shift", "shift_clerk_in_one_place"),
        "INSERT INTO windows_shift (staff_id, window_id, service_day, period, is_paused)"
        " SELECT staff_id, window_id, service_day, period, false FROM windows_shift",
    ],
    "I5": ["UPDATE queues_ticket SET number = 7 WHERE source = 'walk_in'"],
    "I6 who": [
        """INSERT INTO windows_requestkey (actor, route, key, body_hash, made_at, status, answer)
        SELECT 'a', 'POST windows/3/call-next/', n::text, '', now(), 200,
          jsonb_build_object('public_id', t.public_id)
        FROM queues_ticket t, generate_series(1, 2) AS n WHERE t.round = 1"""
    ],
    "I6 a": ["UPDATE queues_ticket SET round = 5"],
    "I7": [
        "DROP INDEX window_serves_one",
        "DROP TRIGGER ticket_moves_legally ON queues_ticket",
        "UPDATE queues_ticket SET state = 'called',"
        " window_id = (SELECT min(id) FROM windows_window)",
    ],
    "I8": ["UPDATE windows_requestkey SET status = NULL"],
    "I9 tickets made": [
        "DROP TRIGGER ticket_event_append_only ON queues_ticketevent",
        "UPDATE queues_ticketevent SET from_state = 'finished' WHERE from_state <> ''",
    ],
    "I9 bookings made": [
        "DROP TRIGGER booking_event_append_only ON appointments_bookingevent",
        "UPDATE appointments_bookingevent SET from_state = 'served' WHERE from_state <> ''",
    ],
    "I9 tickets'": [
        "DROP TRIGGER ticket_event_append_only ON queues_ticketevent",
        "DELETE FROM queues_ticketevent WHERE from_state = ''",
    ],
    "I9 bookings'": [
        "DROP TRIGGER booking_event_append_only ON appointments_bookingevent",
        "DELETE FROM appointments_bookingevent WHERE from_state = ''",
    ],
    "I9 a ticket": ["UPDATE queues_ticket SET state = 'void' WHERE state = 'waiting'"],
    "I9 a booking": [
        "UPDATE appointments_booking SET state = 'cancelled' WHERE state = 'confirmed'"
    ],
    "I10": [
        DROP.format("appointments_message", "message_once_per_version"),
        "UPDATE appointments_message SET subject = 'x', kind = 'code', version = 1",
    ],
    "I11 no reminder": ["UPDATE appointments_booking SET version = 9"],
    "I11 nothing": [
        "UPDATE appointments_message SET state = 'claimed', lease_until = now()",
        "UPDATE appointments_message SET state = 'sent', sent_at = now(), provider = 'inbox'",
        "UPDATE appointments_booking SET state = 'cancelled', ended_at = now() - interval '1 day'"
        " WHERE state = 'confirmed'",
    ],
    "I12 a message in a bundle": [
        "UPDATE appointments_message m SET bundled_into_id = lead.id, state = 'claimed',"
        " lease_until = now() FROM appointments_message lead WHERE lead.id < m.id",
    ],
    "I12 a claimed": [
        DROP.format("appointments_message", "message_claim_has_lease"),
        "UPDATE appointments_message SET state = 'claimed'",
    ],
    "I13": ["UPDATE appointments_message SET due_at = '2020-01-01', useless_after = NULL"],
    "I14": [
        DROP.format("windows_slot", "slot_quotas_fill_the_slot"),
        "UPDATE windows_slot SET minutes = minutes + 1",
    ],
    "I15": [
        DROP.format("windows_periodicrun", "period_runs_once"),
        "INSERT INTO windows_periodicrun (job, period_start, started_at)"
        " SELECT job, period_start, started_at FROM windows_periodicrun",
    ],
    "I16 the green": [
        "INSERT INTO queues_call (ticket_id, round, hall_id, window_id, staff_id, called_at,"
        " jumped, picked, why) SELECT ticket_id, n, hall_id, window_id, staff_id, called_at, true,"
        " '', why FROM queues_call, generate_series(2, 3) AS n"
    ],
    "I18": ["UPDATE queues_ticket SET priority_note = '为 11010519491231002X 代办'"],
    "I16 a": ["UPDATE queues_ticket SET rank_at = '2020-01-01'"],
    "a break lasts": [
        "INSERT INTO windows_break (shift_id, reason, began_at)"
        " SELECT id, 'rest', now() FROM windows_shift"
    ],
    "who has a new number": [
        "UPDATE queues_ticket SET came_from_id = (SELECT max(id) FROM queues_ticket)"
        " WHERE id = (SELECT min(id) FROM queues_ticket)"
    ],
    "service days": ["UPDATE windows_slot SET service_day = '2020-01-01'"],
    "arrived": ["UPDATE queues_ticket SET source = 'walk_in'"],
}


@pytest.fixture
def a_day(hall, session, renewal, book, at_window_3, clerk):
    """A little of everything, all of it right."""
    booking = book(slot_at(session, 12, 30), person=1)
    check_in(hall=hall, reference=booking.reference, now=NOON)
    issue_walk_in(hall=hall, matter=renewal, now=NOON)
    call_next(window=at_window_3, staff=clerk, now=LATER)
    book(slot_at(session, 16), person=2)
    join(
        matter=renewal, halls=[hall], first=DAY, last=DAY, people=[a_person(3)], phone=PHONE,
        now=NOON,
    )  # fmt: skip
    assert offer_free(now=NOON) == 1
    once(actor="a", route="r", key="k", body="", now=NOON, run=lambda: (200, 1))
    takes_period(job="j", period_start=NOON, now=NOON)


def test_a_day_as_it_should_be_holds(a_day):
    assert holds(NOON) == []


@pytest.mark.parametrize("start", SPOILS)
def test_a_spoiled_row_is_found(start, a_day):
    (name,) = [one for one in QUESTIONS if one.startswith(start)]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for statement in SPOILS[start]:
            cursor.execute(statement)

    broken = ask(name, NOON)

    assert broken is not None
    assert broken.rows >= 1


def test_every_question_is_spoiled_once():
    asked = [[name for name in QUESTIONS if name.startswith(start)] for start in SPOILS]

    assert sorted(name for names in asked for name in names) == sorted(QUESTIONS)


def test_the_command_says_what_is_broken_and_fails(a_day, capsys):
    call_command("check_invariants")
    assert "BROKEN" not in capsys.readouterr().out

    with connection.cursor() as cursor:
        cursor.execute("UPDATE queues_ticket SET round = 5")
    with pytest.raises(SystemExit):
        call_command("check_invariants")

    assert "BROKEN  I6" in capsys.readouterr().out
