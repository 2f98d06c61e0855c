"""One valid row of what bookings bring with them, and what no command would do to it."""

from uuid import uuid4

from appointments.models import (
    Booking,
    BookingEvent,
    BookingGroup,
    InboxItem,
    Message,
    PhoneProof,
    QuotaMove,
    RebalanceRun,
    UnmetDemand,
)
from tests.conftest import DAY, NOON, slot_at
from tests.integration.breaking import again, change, remove
from windows.models import Matter


def rows_of_bookings(hall, session, matter) -> None:
    """The calling test has a booking that has arrived and a confirmed one."""
    InboxItem.objects.create(
        provider_reference=uuid4(), to="1", channel="sms", kind="code", at=NOON
    )
    UnmetDemand.objects.create(hall=hall, matter=matter, service_day=DAY, asked_on=DAY)
    run = RebalanceRun.objects.create(demand_day=DAY, ran_at=NOON)
    QuotaMove.objects.create(
        run=run, slot=slot_at(session, 14), from_channel="online", to_channel="walkin",
        minutes=3, facts={}, moved_at=NOON,
    )  # fmt: skip
    PhoneProof.objects.create(
        phone_sealed=b"", phone_index=b"", code_hash=b"", made_at=NOON, expires_at=NOON
    )


BOOKINGS = {
    "booking_reference_once": lambda: again(Booking, ticket=None, state="cancelled")(),
    "booking_person_once_per_matter": again(
        Booking, reference="OTHER222", state="confirmed", ticket=None
    ),
    "booking_hold_has_end": again(
        Booking,
        reference="OTHER222",
        state="held",
        ticket=None,
        hold_expires_at=None,
        id_index=b"other",
    ),
    "booking_arrived_has_ticket": change(Booking, {"state": "confirmed"}, state="arrived"),
    "booking_ticket_once_per_matter": lambda: Booking.objects.filter(state="confirmed").update(
        ticket=Booking.objects.get(state="arrived").ticket
    ),
    "booking_person_one_visit_a_day": lambda: again(
        Booking,
        reference="OTHER222",
        state="confirmed",
        ticket=None,
        matter=Matter.objects.exclude(code="RENEW").first(),
        group=BookingGroup.objects.create(made_at=NOON),
    )(),
    "group_phone_with_index": change(BookingGroup, phone_index=None),
    "booking_takes_minutes": change(Booking, minutes=0),
    "booking_moves_legally": change(Booking, {"state": "confirmed"}, state="served"),
    "booking_event_append_only": remove(BookingEvent),
}
MESSAGES = {
    "message_once_per_version": again(Message),
    "message_claim_has_lease": change(Message, state="claimed", lease_until=None),
    "inbox_item_once": again(InboxItem),
    "proof_tries_bounded": change(PhoneProof, tries=6),
}
QUOTAS = {
    "unmet_demand_counted_once": again(UnmetDemand),
    "quota_move_once_per_run": again(QuotaMove),
    "quota_move_changes_channel": change(QuotaMove, to_channel="online"),
    "quota_move_moves_minutes": change(QuotaMove, minutes=0),
}
BOOKINGS_CASES = [BOOKINGS, MESSAGES, QUOTAS]
