"""Messages come as the person chose. # C18

Mutants seen red: `readdress` without the state (what was sent is readdressed), without
`tried` (message_once_per_version breaks).
"""

from datetime import timedelta

import pytest

from appointments.messaging.wishes import email_of
from appointments.models import Contact, InboxItem, Message
from appointments.proving import send_code
from appointments.resending import send_links
from appointments.sending import send_due
from tests.conftest import NOON, PHONE, slot_at
from tests.integration.messaging.wished import (
    ALL,
    MAIL,
    OTHER_MAIL,
    Kind,
    State,
    owed,
    to_of,
    wish,
)


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


@pytest.fixture(autouse=True)
def _database(transactional_db):
    """Senders commit."""
