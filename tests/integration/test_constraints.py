"""Every named constraint is broken once and answers with its name.

`rows` are made valid first; each case then does what no command would do.
"""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from appointments.arriving import check_in
from appointments.models import (
    Appeal,
    Booking,
    BookingEvent,
    BookingGroup,
    Closure,
    Displaced,
    Draw,
    DrawEntry,
    DrawPerson,
    InboxItem,
    Message,
    MissedVisit,
    PhoneProof,
    QuotaMove,
    RebalanceRun,
    ReturningPlace,
    RoomPlace,
    Tally,
    TurnAlert,
    UnmetDemand,
    UsedChallenge,
    VainSearch,
    WaitEntry,
    WaitingRoom,
    WaitOffer,
    WaitPerson,
)
from config.refusals import constraint_of
from queues.calling import call_next
from queues.issuing import issue_walk_in
from queues.models import (
    Call,
    NumberBlock,
    NumberCounter,
    Paper,
    Prediction,
    Rating,
    Ticket,
    TicketEvent,
    WaitFit,
)
from tests.conftest import DAY, NOON, make_session, slot_at
from tests.integration.supervisors_rows import rows_of_supervisors, supervisors_cases
from windows.models import (
    Break,
    DeviceToken,
    Hall,
    HallSession,
    HelpRequest,
    Material,
    Matter,
    OvertimeEntry,
    PeriodicRun,
    PlannedBreak,
    RequestKey,
    Rule,
    SessionWindow,
    Shift,
    Slot,
    StaffRole,
    Swap,
    Window,
)

LATER = NOON + timedelta(minutes=30)


@pytest.fixture
def rows(hall, windows, session, renewal, book, at_window_3, clerk):
    """One valid row of everything."""
    arrived = book(slot_at(session, 12, 30), person=1)
    check_in(hall=hall, reference=arrived.reference, now=NOON)
    issue_walk_in(hall=hall, matter=renewal, now=NOON)
    call_next(window=at_window_3, staff=clerk, now=LATER)
    booking = book(slot_at(session, 14), person=2)
    StaffRole.objects.create(staff=clerk, hall=None, role="auditor")
    Material.objects.create(matter=renewal, position=1, name_zh="旧证", name_en="Old card")
    Rule.objects.create(name="horizon_days", hall=hall, value=14, effective_on=DAY)
    Rule.objects.create(name="horizon_days", hall=None, value=14, effective_on=DAY)
    DeviceToken.objects.create(hall=hall, kind="kiosk", token_hash=b"a", name="a")
    RequestKey.objects.create(actor="a", route="r", key="k", body_hash=b"", made_at=NOON)
    PeriodicRun.objects.create(job="a", period_start=NOON, started_at=NOON)
    Rating.objects.create(ticket=Ticket.objects.first(), level=5, made_at=NOON)
    InboxItem.objects.create(
        provider_reference=uuid4(), to="1", channel="sms", kind="code", at=NOON
    )
    UnmetDemand.objects.create(hall=hall, matter=renewal, service_day=DAY, asked_on=DAY)
    run = RebalanceRun.objects.create(demand_day=DAY, ran_at=NOON)
    QuotaMove.objects.create(
        run=run, slot=slot_at(session, 14), from_channel="online", to_channel="walkin",
        minutes=3, facts={}, moved_at=NOON,
    )  # fmt: skip
    PhoneProof.objects.create(
        phone_sealed=b"", phone_index=b"", code_hash=b"", made_at=NOON, expires_at=NOON
    )
    fair_rows(booking, session, renewal, clerk)
    day_rows(hall, session)
    rows_of_supervisors(hall, session, renewal, clerk, booking)
    return booking


def day_rows(hall, session):
    """What the hall keeps about its day: breaks, overtime, blocks, paper, predictions."""
    shift, ticket = Shift.objects.get(), Ticket.objects.order_by("pk").first()
    device = DeviceToken.objects.get()
    Break.objects.create(shift=shift, began_at=NOON)
    PlannedBreak.objects.create(window=shift.window, period=DateTimeTZRange(NOON, LATER))
    OvertimeEntry.objects.create(
        staff=shift.staff, shift=shift, session=session, service_day=DAY, minutes=5, made_at=LATER
    )
    NumberBlock.objects.create(
        hall=hall, service_day=DAY, prefix="A", device=device, first=900, last=909,
        public_ids=[], made_at=NOON,
    )  # fmt: skip
    Paper.objects.create(ticket=ticket, device=device, wanted_at=NOON, useless_after=LATER)
    Prediction.objects.create(ticket=ticket, made_at=NOON, half=3, most=9)
    WaitFit.objects.create(hall=hall, learned_on=DAY, tickets=100)
    TurnAlert.objects.create(
        ticket=ticket, phone_sealed=b"", phone_index=b"", place=3, made_at=NOON
    )


def fair_rows(booking, session, renewal, clerk):
    """What keeps booking fair: places that return, missed visits, list, draw, room, counts."""
    who = {"name_sealed": b"", "id_sealed": b"", "id_index": b"i", "born_on": DAY}
    phone = {"phone_sealed": b"", "phone_index": b"", "matter": renewal, "minutes": 6}
    ReturningPlace.objects.create(
        slot=booking.slot,
        booking=booking,
        channel="online",
        minutes=6,
        left_at=NOON,
        returns_at=LATER,
    )
    missed = MissedVisit.objects.create(
        booking=booking, id_index=b"i", missed_at=NOON, counts_until=LATER, most=3, closed_days=9
    )
    Closure.objects.create(id_index=b"i", missed=missed, begins_at=NOON, ends_at=LATER)
    Appeal.objects.create(missed=missed, text_sealed=b"", made_at=NOON)
    entry = WaitEntry.objects.create(first_day=DAY, last_day=DAY, made_at=NOON, **phone)
    WaitPerson.objects.create(entry=entry, matter=renewal, **who)
    WaitOffer.objects.create(entry=entry, group=booking.group, made_at=NOON, expires_at=LATER)
    draw = Draw.objects.create(
        session=session,
        registers_from=NOON,
        registers_until=LATER,
        hold_until=LATER,
        commitment="c",
        seed_sealed=b"",
        made_at=NOON,
    )
    registered = DrawEntry.objects.create(draw=draw, rank=1, made_at=NOON, **phone)
    DrawPerson.objects.create(entry=registered, draw=draw, **who)
    room = WaitingRoom.objects.create(releases_at=NOON, admits_per_minute=9)
    RoomPlace.objects.create(room=room, came_at=NOON, lot=1, number=1)
    UsedChallenge.objects.create(digest=b"d", expires_at=NOON)
    Tally.objects.create(name=b"n", stretch_start=NOON, ends_at=LATER)
    VainSearch.objects.create(matter=renewal, first_day=DAY, last_day=DAY, asked_on=DAY)


def drawn(**changes):
    """Draws the first draw and then changes it, as nobody may."""

    def update():
        Draw.objects.update(drawn_at=LATER, seed="s", result={})
        Draw.objects.update(**changes)

    return update


def again(model, **changes):
    """Inserts a copy of the model's first row, with the changes."""

    def insert():
        row = model.objects.order_by("pk").first()
        row.pk, row._state.adding = None, True
        for name, value in changes.items():
            setattr(row, name, value)
        if model is PhoneProof:
            row.pk = uuid4()
        row.save(force_insert=True)

    return insert


def change(model, where=None, **changes):
    def update():
        first = model.objects.filter(**(where or {})).order_by("pk").first()
        assert first is not None
        model.objects.filter(pk=first.pk).update(**changes)

    return update


def remove(model):
    def delete():
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {model._meta.db_table}")

    return delete


def new_window(**changes):
    return again(SessionWindow, **changes)


NEW = {"public_id": "another", "number": 99}
CASES = {
    "hall_code_once": again(Hall),
    "window_number_once_in_hall": again(Window),
    "matter_code_once": again(Matter),
    "matter_minutes_sensible": change(Matter, minutes=0),
    "material_position_once": again(Material),
    "request_runs_once": again(RequestKey),
    "period_runs_once": again(PeriodicRun),
    "rule_once_a_day_in_hall": lambda: again(Rule)(),
    "rule_once_a_day_in_city": lambda: Rule.objects.create(
        name="horizon_days", value=3, effective_on=DAY
    ),
    "session_ends_after_start": change(HallSession, ends_at=NOON - timedelta(days=1)),
    "window_in_one_session_at_a_time": lambda: make_session(
        Hall.objects.get(code="H01"), list(Window.objects.all()), kind="night"
    ),
    "window_once_in_session": lambda: SessionWindow.objects.create(
        session=HallSession.objects.get(),
        window=Window.objects.first(),
        period=DateTimeTZRange(NOON + timedelta(days=9), NOON + timedelta(days=10)),
    ),
    "slot_online_within_quota": change(Slot, online_taken=91),
    "slot_assisted_within_quota": change(Slot, assisted_taken=1),
    "slot_walkin_not_negative": change(Slot, walkin_quota=-1, online_quota=91),
    "slot_quotas_fill_the_slot": change(Slot, walkin_quota=1),
    "slot_ends_after_start": change(Slot, ends_at=NOON - timedelta(days=1)),
    "slot_start_once": again(Slot),
    "role_once_in_hall": lambda: again(StaffRole)(),
    "role_once_in_city": lambda: StaffRole.objects.create(
        staff=StaffRole.objects.get(role="auditor").staff, role="auditor"
    ),
    "shift_one_clerk_at_a_window": lambda: Shift.objects.create(
        staff=StaffRole.objects.create(
            staff=type(Shift.objects.get().staff).objects.create_user("other"), role="clerk"
        ).staff,
        window=Shift.objects.get().window,
        service_day=DAY,
        period=DateTimeTZRange(LATER, None),
    ),
    "shift_clerk_in_one_place": lambda: Shift.objects.create(
        staff=Shift.objects.get().staff,
        window=Window.objects.get(number=1),
        service_day=DAY,
        period=DateTimeTZRange(LATER, None),
    ),
    "break_one_at_a_time": again(Break),
    "break_ends_after_start": change(Break, ended_at=NOON - timedelta(minutes=1)),
    "planned_break_one_at_a_time": again(PlannedBreak),
    "overtime_once_per_shift": again(OvertimeEntry),
    "overtime_has_minutes": lambda: again(OvertimeEntry, shift=Shift.objects.create(
        staff=Shift.objects.get().staff, window=Window.objects.get(number=1), service_day=DAY,
        period=DateTimeTZRange(NOON - timedelta(days=2), NOON - timedelta(days=1)),
    ), minutes=0)(),
    "overtime_entry_append_only": change(OvertimeEntry, minutes=60),
    "device_token_once": again(DeviceToken),
    "ticket_number_once": again(Ticket, state="waiting", window=None, public_id="another"),
    "window_serves_one": lambda: again(
        Ticket, **NEW, state="called", window=Window.objects.get(number=3)
    )(),
    "ticket_called_has_window": again(Ticket, **NEW, state="called", window=None),
    "ticket_public_id_once": again(Ticket, number=99, state="waiting", window=None),
    "ticket_moves_legally": change(Ticket, {"state": "waiting"}, state="finished"),
    "ticket_event_append_only": change(TicketEvent, kind="x"),
    "ticket_number_of_its_block": again(
        Ticket, public_id="another", number=905, state="waiting", window=None
    ),
    "ticket_goes_on_once": lambda: [
        again(
            Ticket, public_id=f"on-{n}", number=n, state="waiting", window=None,
            came_from=Ticket.objects.order_by("pk").first(),
        )()
        for n in (98, 99)
    ],
    "number_counter_once": again(NumberCounter),
    "number_block_in_range": change(NumberBlock, first=899),
    "number_blocks_apart": again(NumberBlock, first=909, last=919),
    "paper_once_per_copy": again(Paper),
    "prediction_once_per_ticket": again(Prediction),
    "prediction_in_order": change(Prediction, half=10),
    "wait_fit_once_a_day": again(WaitFit),
    "wait_fit_positive": change(WaitFit, most_factor=0),
    "turn_alert_once_per_ticket": again(TurnAlert),
    "turn_alert_place_sensible": change(TurnAlert, place=0),
    "ticket_called_once_per_round": again(Call),
    "rating_once_per_ticket": again(Rating),
    "rating_level_one_to_five": change(Rating, level=6),
    "booking_reference_once": lambda: again(Booking, ticket=None, state="cancelled")(),
    "booking_person_once_per_matter": again(
        Booking, reference="OTHER222", state="confirmed", ticket=None
    ),
    "booking_hold_has_end": again(
        Booking, reference="OTHER222", state="held", ticket=None, hold_expires_at=None,
        id_index=b"other",
    ),
    "booking_arrived_has_ticket": change(Booking, {"state": "confirmed"}, state="arrived"),
    "booking_ticket_once_per_matter": lambda: Booking.objects.filter(state="confirmed").update(
        ticket=Booking.objects.get(state="arrived").ticket
    ),
    "booking_person_one_visit_a_day": lambda: again(
        Booking, reference="OTHER222", state="confirmed", ticket=None,
        matter=Matter.objects.exclude(code="RENEW").first(),
        group=BookingGroup.objects.create(made_at=NOON),
    )(),
    "group_phone_with_index": change(BookingGroup, phone_index=None),
    "place_returns_after_it_was_left": change(ReturningPlace, left_at=LATER + timedelta(days=1)),
    "place_left_once": again(ReturningPlace),
    "place_has_minutes": change(ReturningPlace, minutes=0),
    "missed_once_per_booking": again(MissedVisit),
    "missed_excused_for_a_reason": change(MissedVisit, excused_at=LATER, excuse=""),
    "closure_ends": change(Closure, ends_at=NOON - timedelta(days=1)),
    "closure_one_at_a_time": again(Closure, ends_at=LATER + timedelta(days=1)),
    "appeal_once_per_missed": again(Appeal),
    "appeal_decided_by_somebody": change(Appeal, state="accepted"),
    "wait_public_id_once": again(WaitEntry),
    "wait_days_in_order": change(WaitEntry, last_day=DAY - timedelta(days=1)),
    "wait_person_once_per_matter": again(WaitPerson),
    "wait_one_open_offer": lambda: again(
        WaitOffer, group=BookingGroup.objects.create(made_at=NOON)
    )(),
    "wait_offer_of_group_once": again(WaitOffer, ended_at=LATER),
    "draw_once_per_session": again(Draw),
    "draw_registration_ends": change(Draw, registers_until=NOON - timedelta(days=1)),
    "draw_revealed_when_drawn": change(Draw, seed="s"),
    "draw_is_final": drawn(result={"won": "me"}),
    "draw_entry_public_id_once": again(DrawEntry, rank=2),
    "draw_rank_once": again(DrawEntry, public_id="another"),
    "draw_person_once": again(DrawPerson),
    "room_once_per_release": again(WaitingRoom),
    "room_admits_somebody": change(WaitingRoom, admits_per_minute=0),
    "room_token_once": again(RoomPlace, number=2),
    "room_number_once": again(RoomPlace, token="another"),
    "challenge_used_once": again(UsedChallenge),
    "tally_once_per_stretch": again(Tally),
    "tally_counts": change(Tally, count=0),
    "vain_search_counted_once": again(VainSearch),
    "vain_search_days_in_order": change(VainSearch, last_day=DAY - timedelta(days=1)),
    "booking_takes_minutes": change(Booking, minutes=0),
    "booking_moves_legally": change(Booking, {"state": "confirmed"}, state="served"),
    "booking_event_append_only": remove(BookingEvent),
    "message_once_per_version": again(Message),
    "message_claim_has_lease": change(Message, state="claimed", lease_until=None),
    "inbox_item_once": again(InboxItem),
    "proof_tries_bounded": change(PhoneProof, tries=6),
    "unmet_demand_counted_once": again(UnmetDemand),
    "quota_move_once_per_run": again(QuotaMove),
    "quota_move_changes_channel": change(QuotaMove, to_channel="online"),
    "quota_move_moves_minutes": change(QuotaMove, minutes=0),
    **supervisors_cases(again, change),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_database_refuses(name, rows):
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        CASES[name]()

    assert constraint_of(error.value) == name


def named_constraints() -> set[str]:
    """The constraints and refusing triggers that this project named itself."""
    from django.apps import apps

    ours = [
        m
        for a in ("windows", "queues", "appointments")
        for m in apps.get_app_config(a).get_models()
    ]
    named = {constraint.name for model in ours for constraint in model._meta.constraints}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
        return named | {row[0] for row in cursor.fetchall()}


@pytest.mark.django_db
def test_no_constraint_is_without_its_case():
    assert named_constraints() == set(CASES)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (Ticket, "ticket"),
        (Booking, "booking"),
        (Swap, "swap"),
        (HelpRequest, "help"),
        (Displaced, "displaced"),
    ],
)
@pytest.mark.django_db
def test_the_trigger_knows_the_models_moves(model, name):
    import json

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = %s",
            [f"{name}_moves_legally"],
        )
        definition = cursor.fetchone()[0]

    table = json.loads(definition[definition.index("{") : definition.rindex("}") + 1])
    assert {state: set(to) for state, to in table.items()} == model.MOVES
    assert set(table) == set(model.State.values)
