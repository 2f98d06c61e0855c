"""One valid row of what bookings bring with them, and what no command would do to it."""

from uuid import uuid4

from django.db.models import F

from appointments.models import (
    Booking,
    BookingEvent,
    BookingGroup,
    Contact,
    InboxItem,
    Message,
    MessageDecision,
    MessageProvider,
    MessageTemplate,
    PhoneProof,
    PushBrowser,
    QuotaMove,
    RebalanceRun,
    Receipt,
    UnmetDemand,
)
from queues.models import Ticket
from tests.conftest import DAY, NOON, slot_at
from tests.integration.breaking import again, change, remove
from windows.models import Matter, Staff


def rows_of_bookings(hall, session, matter) -> None:
    """The calling test has a booking that has arrived and a confirmed one."""
    InboxItem.objects.create(
        provider_reference=uuid4(), to="1", channel="sms", kind="code", at=NOON
    )
    Contact.objects.create(address_index=b"a", channel="sms")
    words = {"kind": "reminder_day", "channel": "sms", "language": "en", "body": "x"}
    MessageTemplate.objects.create(version=1, made_at=NOON, **words)
    MessageProvider.objects.create(name="one", channel="sms")
    Receipt.objects.create(provider="one", number="1", status="sent", at=NOON, received_at=NOON)
    PushBrowser.objects.create(
        ticket=Ticket.objects.all()[0], endpoint_index=b"e", subscription_sealed=b"", made_at=NOON
    )
    first = Message.objects.order_by("-pk")[0]
    Message.objects.filter(pk=first.pk).update(state="claimed", lease_until=NOON)
    MessageDecision.objects.create(
        message_number=first.pk, what="leave", at=NOON, by=Staff.objects.all()[0], reason="x",
        was_state="unknown", was_reference=first.provider_reference, was_attempt=1,
    )  # fmt: skip
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
    "message_sent_names_provider": change(Message, {"state": "claimed"}, state="sent"),
    "message_delivered_has_time": change(
        Message, {"state": "claimed"}, state="delivered", provider="inbox"
    ),
    "message_led_by_another": lambda: Message.objects.update(bundled_into=F("pk")),
    "message_moves_legally": change(Message, {"state": "ready"}, state="failed"),
    "message_decision_append_only": change(MessageDecision, reason="y"),
    "group_email_with_index": change(BookingGroup, email_index=b"i"),
    "group_channel_has_address": change(BookingGroup, channel="email"),
    "contact_once_per_address": again(Contact),
    "contact_bounce_has_reason": change(Contact, bounced_at=NOON),
    "template_version_once": again(MessageTemplate),
    "template_says_something": change(MessageTemplate, body=""),
    "provider_named_once": again(MessageProvider),
    "provider_within_daily_cap": change(MessageProvider, taken=2, daily_cap=1),
    "receipt_once": again(Receipt),
    "push_browser_once_per_ticket": again(PushBrowser),
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
