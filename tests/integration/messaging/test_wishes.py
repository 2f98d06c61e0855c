"""Messages come as the person chose, and another way where that one does not work. # C18

Mutants seen red: `readdress` without the state (what was sent is readdressed), without
`tried` (message_once_per_version breaks); `turn_to_sms` without the led ones; `proved` that
clears nothing; `tell` that tells each time.
"""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection

from appointments.arriving import check_in
from appointments.booking import hold
from appointments.confirming import confirm, find
from appointments.invariants import _as_text
from appointments.messaging import contacts
from appointments.messaging.wishes import change, correct_phone, email_of
from appointments.models import Booking, BookingGroup, Contact, InboxItem, Message
from appointments.providing import NotDelivered
from appointments.proving import WrongCode, prove, send_code
from appointments.resending import send_links
from appointments.sealing import blind_index, unseal
from appointments.sending import Counts, send_due
from config.refusals import NotFound
from tests.conftest import DAY, NOON, PHONE, a_person, make_session, slot_at
from tests.integration.appointments.test_sending import Scripted

SATURDAY = DAY + timedelta(days=2)
SOON = NOON + timedelta(minutes=1)
MAIL, OTHER_MAIL, OTHER_PHONE = "ning@example.com", "chen@example.org", "+8613900139000"
Kind, State = Message.Kind, Message.State
GONE = NotDelivered("no such mailbox", bounced=True)


@pytest.fixture
def saturday(hall, windows):
    return make_session(hall, windows, day=SATURDAY)


@pytest.fixture
def by_mail(book, saturday) -> Booking:
    return book(slot_at(saturday, 15), language="en", email=MAIL)


@pytest.fixture
def by_sms(book, saturday) -> Booking:
    return book(slot_at(saturday, 15), language="en")


def to_of(message: Message) -> str:
    return unseal(message.to_sealed, purpose="email" if message.channel == "email" else "phone")


def owed(booking: Booking, *states: str) -> list[tuple[str, str, str]]:
    """Kind, channel and address of what is in these states (ready unless said otherwise)."""
    rows = Message.objects.filter(booking=booking, state__in=states or [State.READY])
    return [(m.kind, m.channel, to_of(m)) for m in rows.order_by("kind", "channel")]


def wish(booking: Booking, **changes: object) -> BookingGroup:
    asked = {"channel": "sms", "language": "en", "only_needed": False} | changes
    return change(booking=booking, now=NOON, **asked)


ALL = ["confirmed", "reminder_day", "reminder_hours"]


class TestAtBooking:
    def test_messages_go_to_the_address_that_was_given(self, by_mail):
        assert owed(by_mail) == [(kind, "email", MAIL) for kind in ALL]
        assert email_of(by_mail.group) == MAIL

    def test_without_an_address_they_go_to_the_phone(self, by_sms):
        assert owed(by_sms) == [(kind, "sms", PHONE) for kind in ALL]
        assert (email_of(by_sms.group), by_sms.group.email_sealed) == ("", None)

    def test_codes_and_links_that_were_asked_for_go_to_the_phone_all_the_same(self, by_mail):
        send_code(phone=PHONE, language="en", now=NOON)
        send_links(phone=PHONE, address="192.0.2.1", language="en", now=NOON)
        wish(by_mail, channel="email", email=OTHER_MAIL)

        rows = Message.objects.filter(kind__in=[Kind.CODE, Kind.LINKS])
        assert {(m.kind, m.channel, to_of(m)) for m in rows} == {
            ("code", "sms", PHONE), ("links", "sms", PHONE)
        }  # fmt: skip


class TestAnotherWish:
    def test_what_is_ready_goes_the_new_way_and_what_left_stays(self, by_sms):
        send_due(now=NOON)

        wish(by_sms, channel="email", email=MAIL, language="zh-hans")

        assert owed(by_sms) == [(kind, "email", MAIL) for kind in ALL[1:]]
        assert owed(by_sms, State.SENT) == [("confirmed", "sms", PHONE)]
        said = Message.objects.filter(booking=by_sms, state=State.READY)
        assert set(said.values_list("language", flat=True)) == {"zh-hans"}

    def test_back_and_forth_loses_and_doubles_nothing(self, by_sms):
        wish(by_sms, channel="email", email=MAIL)
        wish(by_sms, channel="sms")
        wish(by_sms, channel="email")

        assert owed(by_sms) == [(kind, "email", MAIL) for kind in ALL]
        assert Message.objects.filter(booking=by_sms).count() == 3

    def test_the_address_may_be_another_one(self, by_mail):
        wish(by_mail, channel="email", email=OTHER_MAIL)

        assert {to for _kind, _way, to in owed(by_mail)} == {OTHER_MAIL}

    def test_a_text_that_was_put_into_words_keeps_its_language(self, by_sms):
        ready = Message.objects.filter(booking=by_sms, kind=Kind.CONFIRMED)
        ready.update(text_sealed=b"in English")

        wish(by_sms, language="zh-hans")

        assert ready.get().language == "en"

    def test_only_what_is_needed(self, by_mail):
        wish(by_mail, channel="email", only_needed=True)

        send_due(now=NOON)
        send_due(now=by_mail.starts_at - timedelta(hours=1))

        assert list(InboxItem.objects.values_list("kind", flat=True)) == ["confirmed"]
        voided = Message.objects.filter(state=State.VOID).values_list("kind", "error")
        assert set(voided) == {("reminder_day", "not wanted"), ("reminder_hours", "not wanted")}

    def test_everything_again(self, by_mail):
        wish(by_mail, channel="email", only_needed=True)
        wish(by_mail, channel="email", only_needed=False)

        assert Contact.objects.get().opted_out_at is None

    def test_one_persons_wish_is_not_another_persons(self, book, saturday, by_mail):
        other = book(slot_at(saturday, 16), person=2, email=OTHER_MAIL)

        wish(by_mail, channel="email", email="new@example.com")

        assert {to for _kind, _way, to in owed(other)} == {OTHER_MAIL}


class TestBounced:
    def test_mail_that_comes_back_goes_by_sms_from_now_on(self, by_mail):
        send_due(now=NOON, by=Scripted(GONE))

        assert owed(by_mail, State.FAILED) == [("confirmed", "email", MAIL)]
        assert owed(by_mail) == [(kind, "sms", PHONE) for kind in ALL]
        by_mail.group.refresh_from_db()
        assert by_mail.group.channel == "sms"
        contact = Contact.objects.get()
        assert (contact.channel, contact.bounced_at, contact.bounce_reason) == (
            "email", contact.bounced_at, "no such mailbox"
        )  # fmt: skip
        assert contact.bounced_at is not None

    def test_it_arrives_once(self, by_mail):
        send_due(now=NOON, by=Scripted(GONE))
        failed = Message.objects.get(state=State.FAILED)
        contacts.bounced(failed, reason="again", now=NOON)

        assert send_due(now=SOON) == Counts(sent=1)
        assert [(i.to, i.kind) for i in InboxItem.objects.all()] == [(PHONE, "confirmed")]

    def test_a_familys_bundle_goes_over_as_a_whole(self, renewal, saturday):
        held = hold(
            slot_id=slot_at(saturday, 15).pk, matter=renewal, people=[a_person(1), a_person(2)],
            phone=PHONE, now=NOON, email=MAIL, language="en",
        ).bookings[0]  # fmt: skip
        confirm(booking=find(held.reference, held.secret), now=NOON)

        send_due(now=NOON, by=Scripted(GONE))

        due = Message.objects.filter(kind=Kind.CONFIRMED, state=State.READY, channel="sms")
        assert due.count() == 2
        assert send_due(now=SOON).sent == 1
        assert InboxItem.objects.get().to == PHONE

    def test_another_group_of_that_address_turns_over_too_and_a_third_does_not(
        self, book, saturday, by_mail
    ):
        same = book(slot_at(saturday, 16), person=2, email=MAIL.upper())
        third = book(slot_at(saturday, 16), person=3, email=OTHER_MAIL)

        first = Message.objects.get(booking=by_mail, kind=Kind.CONFIRMED)
        contacts.bounced(first, reason="no such mailbox", now=NOON)

        assert {way for _kind, way, _to in owed(same)} == {"sms"}
        assert {way for _kind, way, _to in owed(third)} == {"email"}

    def test_who_has_another_address_by_now_keeps_it(self, by_mail):
        send_due(now=NOON)
        sent = Message.objects.get(state=State.SENT)
        wish(by_mail, channel="email", email=OTHER_MAIL)

        contacts.bounced(sent, reason="no such mailbox", now=NOON)

        by_mail.group.refresh_from_db()
        assert by_mail.group.channel == "email"
        assert owed(by_mail) == [
            ("confirmed", "sms", PHONE),
            ("reminder_day", "email", OTHER_MAIL),
            ("reminder_hours", "email", OTHER_MAIL),
        ]

    def test_who_wants_mail_again_keeps_what_failed_there_as_sms(self, by_mail):
        send_due(now=NOON, by=Scripted(GONE))

        wish(by_mail, channel="email", email=OTHER_MAIL)

        assert owed(by_mail) == [
            ("confirmed", "sms", PHONE),
            ("reminder_day", "email", OTHER_MAIL),
            ("reminder_hours", "email", OTHER_MAIL),
        ]

    def test_what_came_too_late_is_not_owed_again(self, by_mail):
        late = by_mail.starts_at + timedelta(minutes=1)
        contacts.bounced(Message.objects.get(kind=Kind.CONFIRMED), reason="gone", now=late)

        assert Message.objects.filter(kind=Kind.CONFIRMED).count() == 1

    def test_without_a_phone_it_is_marked_and_nothing_else(self, by_mail):
        group = BookingGroup.objects.filter(pk=by_mail.group_id)
        group.update(phone_sealed=None, phone_index=None)

        send_due(now=NOON, by=Scripted(GONE))

        assert owed(by_mail) == [(kind, "email", MAIL) for kind in ALL[1:]]
        assert Contact.objects.get().bounced_at is not None

    def test_a_phone_is_only_marked(self, by_sms):
        send_due(now=NOON, by=Scripted(GONE))

        assert owed(by_sms) == [(kind, "sms", PHONE) for kind in ALL[1:]]
        assert Contact.objects.get().channel == "sms"

    def test_a_code_that_was_read_there_clears_the_mark(self, by_sms):
        send_due(now=NOON, by=Scripted(GONE))
        proof = send_code(phone=PHONE, language="en", now=NOON)
        text = unseal(Message.objects.get(kind=Kind.CODE).text_sealed, purpose="message")
        code = next(word.strip(",.") for word in text.split() if word.strip(",.").isdigit())

        with pytest.raises(WrongCode):
            prove(proof_id=proof.pk, code="x", now=NOON)
        assert Contact.objects.get().bounced_at is not None
        prove(proof_id=proof.pk, code=code, now=NOON)

        contact = Contact.objects.get()
        assert (contact.bounced_at, contact.bounce_reason) == (None, "")


class TestTold:
    @pytest.fixture
    def today(self, book, session) -> Booking:
        return book(slot_at(session, 12, 30))

    def test_who_checks_in_is_told_once(self, today, book, session, hall, pickup):
        send_due(now=NOON, by=Scripted(GONE))
        other = book(slot_at(session, 12, 30), person=2)

        ticket = check_in(hall=hall, reference=today.reference, now=NOON)
        a_moment_later = NOON + timedelta(minutes=1)
        second = check_in(hall=hall, reference=other.reference, now=a_moment_later)

        assert contacts.unreached_at(ticket) == contacts.Unreached("00", False)
        assert contacts.unreached_at(second) is None

    def test_nobody_is_told_whose_phone_works(self, today, hall):
        send_due(now=NOON)

        ticket = check_in(hall=hall, reference=today.reference, now=NOON)

        assert contacts.unreached_at(ticket) is None
        assert not Contact.objects.exists()

    def test_who_bounces_anew_is_told_anew(self, today, hall):
        message = Message.objects.get(booking=today, kind=Kind.CONFIRMED)
        contacts.bounced(message, reason="gone", now=NOON)
        check_in(hall=hall, reference=today.reference, now=NOON)
        contacts.bounced(message, reason="gone", now=NOON)
        assert Contact.objects.get().told_at == NOON

        contacts.proved(today.group.phone_index)
        contacts.bounced(message, reason="gone", now=NOON)

        assert Contact.objects.get().told_at is None


class TestCorrected:
    def test_what_is_owed_goes_to_the_number_that_staff_put_right(self, by_sms, guide):
        send_due(now=NOON)

        correct_phone(booking=by_sms, phone=OTHER_PHONE, by=guide, now=NOON)

        assert owed(by_sms) == [(kind, "sms", OTHER_PHONE) for kind in ALL[1:]]
        event = by_sms.events.get(kind="phone_corrected")
        assert (event.by, event.facts) == (guide, {})

    def test_a_group_without_a_phone_is_reminded_from_then_on(self, by_sms, guide):
        Message.objects.all().delete()
        BookingGroup.objects.update(phone_sealed=None, phone_index=None)

        correct_phone(booking=by_sms, phone=OTHER_PHONE, by=guide, now=NOON)

        assert owed(by_sms) == [(kind, "sms", OTHER_PHONE) for kind in ALL[1:]]


class TestNobodyCanReadIt:
    def test_no_table_shows_a_phone_or_an_address(self, by_mail, guide):
        """After everything that can happen to them; the demonstration's inbox is none of it."""
        wish(by_mail, channel="email", email=OTHER_MAIL, only_needed=True)
        send_due(now=NOON, by=Scripted(GONE))
        correct_phone(booking=by_mail, phone=OTHER_PHONE, by=guide, now=NOON)
        send_due(now=SOON, by=Scripted())

        wanted = [MAIL, OTHER_MAIL, "ning@", PHONE[3:], OTHER_PHONE[3:]]
        assert [one for one in wanted if read_anywhere(one)] == []

    def test_it_can_be_found_where_it_is_readable(self, by_sms):
        send_due(now=NOON)

        assert read_anywhere(PHONE[3:]) == ["appointments_inboxitem"]


def read_anywhere(text: str) -> list[str]:
    """The tables in which the text can be read."""
    found = []
    models = [m for label in ("windows", "queues", "appointments", "sessions")
              for m in apps.get_app_config(label).get_models()]  # fmt: skip
    with connection.cursor() as cursor:
        for model in models:
            columns = ", ".join(filter(None, map(_as_text, model._meta.concrete_fields)))
            if columns:
                table = model._meta.db_table
                asked = f"SELECT 1 FROM {table} WHERE position(%s IN concat_ws(' ', {columns})) > 0"  # noqa: S608
                cursor.execute(asked, [text])
                found += [table] if cursor.fetchone() else []
    return found


class TestTheLinkToLeave:
    def test_it_leads_to_the_address_of_the_message(self, by_mail, settings):
        settings.SITE_URL = "https://dengta.example"
        link = contacts.leave_link(Message.objects.get(kind=Kind.CONFIRMED))

        token = link.removeprefix("https://dengta.example/m/").rstrip("/")
        index = blind_index(MAIL, purpose="email")
        assert contacts.address_of_token(token) == contacts.Address("email", index)

    @pytest.mark.parametrize("at", [0, 1, 20, 44, -1])
    def test_another_letter_is_nobodys(self, by_mail, at):
        token = contacts.leave_token(contacts.addresses_of(by_mail.group)[1])
        other = "s" if token[at] != "s" else "t"
        at %= len(token)

        with pytest.raises(NotFound):
            contacts.address_of_token(token[:at] + other + token[at + 1 :])

    @pytest.mark.parametrize("token", ["", "e", "s" * 43, "e" * 68, "é" * 68, "x" * 4000])
    def test_nonsense_is_nobodys(self, token):
        with pytest.raises(NotFound):
            contacts.address_of_token(token)

    def test_a_message_without_an_address_has_none(self):
        assert contacts.leave_link(Message(to_index=None)) == ""


@pytest.fixture(autouse=True)
def _database(transactional_db):
    """Senders commit."""
