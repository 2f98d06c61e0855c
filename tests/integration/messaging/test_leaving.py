"""Who gets messages is nobody else's business, and can leave by a link. # C18, C30."""

import pytest
from django.apps import apps
from django.db import connection

from appointments.invariants import _as_text
from appointments.messaging import contacts
from appointments.messaging.wishes import correct_phone
from appointments.models import Message
from appointments.sealing import blind_index
from appointments.sending import send_due
from config.refusals import NotFound
from tests.conftest import NOON, PHONE
from tests.integration.appointments.scripted import Scripted
from tests.integration.messaging.wished import GONE, MAIL, OTHER_MAIL, OTHER_PHONE, SOON, Kind, wish


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
