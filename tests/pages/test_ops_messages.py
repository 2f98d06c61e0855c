"""The operations page of messages: what is late, in doubt, failed; deciding by one press. C18."""

from datetime import timedelta

import pytest

from appointments.models import Message, MessageDecision, MessageProvider, ProviderCall, Receipt
from appointments.providing import Inbox
from config import civil
from tests.conftest import DAY, NOON, PHONE, make_staff, slot_at
from tests.integration.messaging.test_resending_parked import fail, letter_of, park
from tests.pages.reading import key_of, signed_in, text_of, words_of
from windows.models import Rule, StaffRole

pytestmark = pytest.mark.django_db
PAGE, LIVE = "/ops/messages/", "/ops/messages/live/"
Kind, State = Message.Kind, Message.State


@pytest.fixture
def admin(hall, clock):
    return signed_in(make_staff("admin", None, "admin"))


@pytest.fixture
def auditor(hall, clock):
    return signed_in(make_staff("auditor", None, "auditor"))


@pytest.fixture
def confirmation(book, session) -> Message:
    booking = book(slot_at(session, 16))
    return Message.objects.get(booking=booking, kind=Kind.CONFIRMED)


@pytest.fixture
def provider(db) -> MessageProvider:
    return MessageProvider.objects.create(
        name="first-sms", channel="sms", daily_cap=1000, cost_mil=45, counted_on=DAY, taken=100
    )


def at_of(message: Message) -> str:
    return f"{PAGE}{message.pk}/"


def press(client, message: Message, action: str, reason: str = "nothing came", **said):
    page = client.get(at_of(message))
    asked = {"key": key_of(page), "action": action, "reason": reason}
    asked["seen"] = f"{message.state}.{message.attempt}"
    return client.post(at_of(message), asked | said)


def test_when_all_is_well_it_says_so(admin, confirmation):
    page = admin.get(PAGE)

    assert "Messages leave in time, and none asks for a decision." in words_of(page)
    assert "nothing leaves this machine" not in words_of(page)  # said by the demo only


@pytest.mark.parametrize(("minutes", "is_late"), [(4, False), (5, True)])
def test_old_work_is_an_alert_from_the_rules_minutes_on(
    admin, confirmation, clock, minutes, is_late
):
    clock.now = NOON + timedelta(minutes=minutes)

    words = words_of(admin.get(PAGE))

    assert ("1 message is late" in words) == is_late
    assert f"Oldest that should have left {minutes} min" in words


def test_the_rule_can_be_changed(admin, confirmation, clock):
    Rule.objects.create(name="alert_message_minutes", value=60, effective_on=DAY)
    clock.now = NOON + timedelta(minutes=30)

    assert "message is late" not in words_of(admin.get(PAGE))


def test_a_message_in_doubt_is_an_alert_and_leads_to_its_page(admin, confirmation):
    park(confirmation)

    page = admin.get(PAGE)

    assert "1 message is in doubt" in words_of(page)
    assert at_of(confirmation) in text_of(page)
    assert "****8000" in words_of(page)
    assert PHONE not in text_of(page)
    assert PHONE[-8:] not in text_of(page)


def test_many_failures_in_an_hour_are_an_alert(admin, confirmation, clock):
    fail(confirmation)
    assert "failed in the last hour." not in words_of(admin.get(PAGE))
    Rule.objects.create(name="alert_failed_messages", value=1, effective_on=DAY)

    assert "1 message failed in the last hour." in words_of(admin.get(PAGE))
    clock.now = NOON + timedelta(minutes=61)
    assert "1 message failed in the last hour." not in words_of(admin.get(PAGE))


def test_providers_are_shown_with_their_last_hour(admin, provider, confirmation):
    for took, ending in [(100, "accepted"), (200, "accepted"), (900, "refused"), (5000, "doubt")]:
        ProviderCall.objects.create(
            provider="first-sms", at=NOON - timedelta(minutes=5), took_ms=took, ending=ending
        )
    ProviderCall.objects.create(
        provider="first-sms", at=NOON - timedelta(minutes=61), took_ms=1, ending="accepted"
    )
    Message.objects.filter(pk=confirmation.pk).update(
        state=State.CLAIMED, lease_until=NOON, provider="first-sms"
    )
    Message.objects.filter(pk=confirmation.pk).update(
        state=State.SENT, sent_at=NOON, cost_mil=135, parts=3, lease_until=None
    )

    words = words_of(admin.get(PAGE))

    assert "first-sms SMS · rank 1 · 0.045 yuan a part On 4 1 1 200 5000 100 of 1000 0.14" in words


@pytest.mark.parametrize(
    ("change", "tag", "alarm"),
    [
        ({"is_on": False}, " Off ", None),
        ({"closed_again_at": NOON + timedelta(minutes=1)}, "Rests after failures", "asked nothing"),
        ({"closed_again_at": NOON}, " On ", None),
        ({"taken": 1000}, "Cap used up", "may take 0 messages more"),
        ({"taken": 901}, " On ", "may take 99 messages more"),
        ({"taken": 900}, " On ", None),
        ({"taken": 1000, "counted_on": DAY - timedelta(days=1)}, " On ", None),
        ({"taken": 1000, "is_on": False}, " Off ", None),
    ],
)
def test_a_providers_state_is_told(admin, provider, change, tag, alarm):
    MessageProvider.objects.update(**change)

    words = words_of(admin.get(PAGE))

    assert tag in words
    assert (alarm in words) if alarm else ("Provider first-sms" not in words)


def test_counts_of_today_and_the_week(admin, confirmation):
    old = NOON - timedelta(days=6)
    for kind, due_at in [(Kind.MOVED, old), (Kind.RATING, old - timedelta(days=1))]:
        confirmation.pk, confirmation.kind, confirmation.due_at = None, kind, due_at
        confirmation.state = State.VOID
        confirmation.save(force_insert=True)

    words = words_of(admin.get(LIVE))

    assert "Ready 1 1" in words
    assert "Void 0 1" in words
    assert "Confirmation 1 1 0 0 1 0 0 0 0" in words
    assert "Changed 0 1 0 0 0 0 0 0 1" in words
    assert "How was it?" not in words


def test_the_moving_part_is_the_same(admin, confirmation):
    park(confirmation)

    assert "1 message is in doubt" in words_of(admin.get(LIVE))
    assert "<html" not in text_of(admin.get(LIVE))


def test_a_messages_page_tells_what_happened(admin, confirmation, provider):
    park(confirmation, "first-sms")
    ProviderCall.objects.create(
        provider="first-sms", message=confirmation, at=NOON, took_ms=10000, ending="doubt",
        reason="ReadTimeout",
    )  # fmt: skip
    Receipt.objects.create(
        provider="first-sms", number="9", message=confirmation, status="delayed", at=NOON,
        received_at=NOON + timedelta(minutes=1),
    )  # fmt: skip

    words = words_of(admin.get(at_of(confirmation)))

    assert "the provider, asked for it, does not know it" in words
    assert "first-sms was handed it: No clear answer, ReadTimeout (10000 ms)" in words
    assert "Receipt from first-sms: delayed" in words
    assert "It may come twice: the first one may have arrived, and nobody can tell." in words
    assert "(not set up here any more)" in words
    assert "Ask the provider" not in words
    assert "138" not in words.replace("13800138", "")


def test_one_press_sends_it_once_more_and_the_twin_of_the_press_does_nothing(admin, confirmation):
    was = park(confirmation)
    page = admin.get(at_of(was))
    said = {"key": key_of(page), "action": "again", "reason": "nothing came"}
    said["seen"] = f"unknown.{was.attempt}"

    first = admin.post(at_of(was), said, follow=True)
    twin = admin.post(at_of(was), said, follow=True)

    assert "The message is ready and leaves in a moment." in words_of(first)
    assert twin.redirect_chain == first.redirect_chain
    assert Message.objects.get(pk=was.pk).state == State.READY
    assert MessageDecision.objects.get().by.username == "admin"


def test_without_a_reason_nothing_is_sent(admin, confirmation):
    was = park(confirmation)

    answer = press(admin, was, "again", reason="  ")

    assert answer.status_code == 400
    assert "Say in a few words why." in words_of(answer)
    assert Message.objects.get(pk=was.pk).state == State.UNKNOWN


def test_a_refusal_keeps_what_was_typed(admin, confirmation):
    was = park(confirmation)
    type(was.booking).objects.filter(pk=was.booking_id).update(version=2)

    answer = press(admin, was, "again", reason="nothing <came>")

    assert answer.status_code == 409
    assert "It is not sent again: the booking has changed since." in words_of(answer)
    assert "nothing &lt;came&gt;" in text_of(answer)


def test_who_comes_second_hears_it(admin, confirmation):
    was = park(confirmation)
    page = admin.get(at_of(was))
    press(admin, was, "leave")
    said = {"key": key_of(page), "action": "again", "reason": "x", "seen": "unknown.2"}

    answer = admin.post(at_of(was), said)

    assert answer.status_code == 409
    assert "Something became of this message meanwhile." in words_of(answer)


def test_it_is_left_by_one_press(admin, confirmation):
    answer = press(admin, park(confirmation), "leave")

    assert answer.url == PAGE
    assert Message.objects.get(pk=confirmation.pk).state == State.FAILED
    words = words_of(admin.get(PAGE))
    assert "Nothing is sent." in words
    assert "Somebody decided to leave it." in words


def test_the_provider_can_be_asked_first(admin, confirmation):
    was = park(confirmation, "inbox")

    told = press(admin, was, "ask")

    assert told.url == at_of(was)
    words = words_of(admin.get(told.url))
    assert "The provider was asked: it does not know the message." in words
    Inbox().send(letter_of(was))
    assert press(admin, was, "ask").url == PAGE
    assert Message.objects.get(pk=was.pk).state == State.SENT


def test_the_warning_is_as_good_as_our_knowledge(admin, confirmation):
    park(confirmation, "inbox")
    assert "when another provider takes it" in words_of(admin.get(at_of(confirmation)))
    Message.objects.filter(pk=confirmation.pk).update(state=State.FAILED)
    assert "As far as is known it did not arrive." in words_of(admin.get(at_of(confirmation)))


def test_about_others_there_is_nothing_to_decide(admin, confirmation):
    page = admin.get(at_of(confirmation))

    assert "Nothing is to be decided about this message. Its state now: Ready." in words_of(page)
    assert admin.get(f"{PAGE}{10**20}/").status_code == 404
    said = {"key": "k", "action": "again", "reason": "x", "seen": "ready.0"}
    assert admin.post(at_of(confirmation), said).status_code == 409
    assert admin.post(at_of(confirmation), said | {"action": "?"}).status_code == 400


def test_an_auditor_of_the_city_looks_on(auditor, confirmation):
    was = park(confirmation)

    assert auditor.get(PAGE).status_code == 200
    assert auditor.get(LIVE).status_code == 200
    page = auditor.get(at_of(was))
    assert "Only an administrator of the city decides about it." in words_of(page)
    said = {"key": "k", "action": "again", "reason": "x", "seen": "unknown.2"}
    assert auditor.post(at_of(was), said).status_code == 403
    assert Message.objects.get(pk=was.pk).state == State.UNKNOWN


def test_the_cast_of_one_hall_or_district_does_not(clock, hall):
    of_hall = signed_in(make_staff("mine", hall, "admin"))
    of_district = signed_in(make_staff("ours", None, "auditor"))
    StaffRole.objects.filter(staff__username="ours").update(district=hall.district_zh)

    answers = [who.get(page).status_code for who in (of_hall, of_district) for page in (PAGE, LIVE)]

    assert answers == [403] * 4


def test_it_is_found_from_where_administrators_and_auditors_land(admin, auditor, hall, supervisor):
    root = make_staff("root", None, "admin")
    type(root).objects.filter(pk=root.pk).update(is_staff=True, is_superuser=True)

    assert PAGE in text_of(signed_in(root).get("/admin/"))
    assert PAGE in text_of(admin.get("/supervise/city/"))
    assert PAGE in text_of(auditor.get("/supervise/city/"))
    assert PAGE not in text_of(signed_in(supervisor).get("/supervise/city/"))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_both_languages(admin, confirmation, provider, language):
    park(confirmation)
    admin.cookies["django_language"] = language

    assert admin.get(PAGE).status_code == 200
    assert admin.get(at_of(confirmation)).status_code == 200


def test_the_page_asks_a_bounded_number_of_questions(
    admin, confirmation, django_assert_max_num_queries
):
    """However many messages are in trouble."""
    for version in range(2, 30):
        confirmation.pk, confirmation.version = None, version
        confirmation.save(force_insert=True)
        park(confirmation)

    with django_assert_max_num_queries(20):
        admin.get(PAGE)
    assert civil.now() == NOON
