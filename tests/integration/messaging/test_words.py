"""What messages say: in both languages, by the city's words or the product's. C18 C24.

Meant to notice: variables looked up as attributes (str.format), words of the city with an
unknown variable raising instead of falling back, a family told link by link, the address
said although it costs a part more.
"""

from datetime import timedelta

import pytest
from django.utils import translation

from appointments.arriving import check_in
from appointments.messaging.parts import size
from appointments.messaging.template_checks import parts_most, wrong_with
from appointments.messaging.template_texts import ALL, TEXTS
from appointments.messaging.templating import fill, say, title_words
from appointments.messaging.wording import words_of
from appointments.models import Booking, Message, MessageTemplate
from appointments.providing import Inbox
from appointments.sealing import seal
from appointments.sending import send_due
from appointments.texting import booking_words
from tests.conftest import NOON, make_session, slot_at
from tests.integration.messaging.conftest import SATURDAY
from windows.models import Material

Kind, Channel = Message.Kind, Message.Channel
pytestmark = pytest.mark.django_db
FACTS = {"code": "583016", "minutes": "10"}
EVERY = [
    (text.slug, channel, language)
    for text in ALL
    for channel in text.channels
    for language in ("zh-hans", "en")
]


def city_says(body: str, *, version: int = 1, **more):
    about = {"kind": "code", "channel": "sms", "language": "en", "made_at": NOON}
    return MessageTemplate.objects.create(**(about | more), body=body, version=version)


class TestProductsWords:
    def test_every_kind_has_some(self):
        assert {text.kind for text in ALL} == set(Message.Kind.values)

    @pytest.mark.parametrize(("slug", "channel", "language"), EVERY)
    def test_all_could_be_saved_by_a_city(self, slug, channel, language):
        """They hold what they must, and fit with the longest names."""
        text = next(one for one in ALL if one.slug == slug)
        with translation.override(language):
            title, body = title_words(text, channel), text.words(channel)

        most = parts_most(language, NOON)
        wrong = wrong_with(text, channel, language, title=title, body=body, most=most)

        assert wrong == []
        assert bool(title) == (channel != Channel.SMS)


class TestCitysWords:
    def test_the_newest_version_is_said(self):
        city_says("Code {code}.")
        city_says("The code: {code}", version=2)

        with translation.override("en"):
            assert say(Kind.CODE, facts=FACTS).text == "The code: 583016"

    def test_another_language_keeps_the_products(self):
        city_says("Code {code}.")

        with translation.override("zh-hans"):
            assert "验证码583016" in say(Kind.CODE, facts=FACTS).text

    def test_going_back_says_the_products_again(self):
        city_says("Code {code}.")
        city_says("", version=2, is_default=True)

        assert say(Kind.CODE, facts=FACTS).text.startswith("Dengta: your code is 583016")

    def test_words_that_cannot_be_filled_do_not_keep_a_message(self):
        city_says("Code {code} {secret}")

        assert say(Kind.CODE, facts=FACTS).text.startswith("Dengta: your code is 583016")

    def test_they_are_what_leaves(self, book, saturday):
        city_says("Come on {when}: {link}", kind="confirmed")
        city_says("", kind="reminder_day", is_default=True)
        booking = book(slot_at(saturday, 15), language="en")

        send_due(now=NOON, by=Inbox())

        message = Message.objects.get(booking=booking, kind=Kind.CONFIRMED)
        assert words_of(message, [booking]).text.startswith("Come on Sat 6 Mar, 15:00: http")


class TestFilling:
    @pytest.mark.parametrize("name", ["{code}", "{who.__class__}", "%(code)s", "{0}", "{{code}}"])
    def test_a_name_is_never_read_as_a_variable(self, name):
        assert fill("For {who}.", {"who": name, "code": "583016"}) == f"For {name}."

    @pytest.mark.parametrize("words", ["{who.__class__}", "{who!r}", "{0}", "{}", "{Who}"])
    def test_nothing_but_a_plain_name_is_one(self, words):
        assert fill(words, {"who": "x"}) == words

    def test_what_is_empty_leaves_no_gap(self):
        assert fill("One. {bring} Two.\n\n{bring}\n\nThree.", {"bring": ""}) == (
            "One. Two.\n\nThree."
        )


class TestFamily:
    def test_one_text_names_time_and_place_once_and_everybody(self, family):
        text = booking_words(Kind.REMINDER_DAY, family, Channel.SMS, "en").text

        assert text.count("Sat 6 Mar, 15:00") == 1
        assert text.count("Hetang Hall") == 1
        assert text.count("http") == 1
        assert f"/b/{family[0].reference}/" in text
        assert "陈*宁 (Renew); 李*英 (Renew); 陈*贝 (Renew)" in text

    def test_who_comes_later_is_told_the_time(self, family, saturday):
        later = slot_at(saturday, 15, 30)
        Booking.objects.filter(pk=family[2].pk).update(slot=later, starts_at=later.starts_at)

        text = booking_words(
            Kind.REMINDER_DAY, Booking.objects.order_by("-pk"), Channel.SMS, "en"
        ).text

        assert "Sat 6 Mar, 15:00" in text
        assert "陈*贝 (15:30, Renew)" in text

    def test_another_day_is_another_text(self, family, hall, windows):
        sunday = make_session(hall, windows, day=SATURDAY + timedelta(days=1))
        other = slot_at(sunday, 10)
        Booking.objects.filter(pk=family[2].pk).update(
            slot=other, starts_at=other.starts_at, service_day=other.service_day
        )

        text = booking_words(Kind.REMINDER_DAY, Booking.objects.all(), Channel.SMS, "en").text

        first, second = text.split("\n")
        assert "Sat 6 Mar" in first
        assert "Sun 7 Mar" in second
        assert f"/b/{family[2].reference}/" in second

    def test_several_matters_of_one_person_are_one_visit(self, family, pickup):
        Booking.objects.filter(pk=family[1].pk).update(
            id_index=family[0].id_index, name_sealed=family[0].name_sealed, matter=pickup
        )
        own = Booking.objects.filter(pk__in=[family[0].pk, family[1].pk])

        text = booking_words(Kind.CONFIRMED, own, Channel.SMS, "en").text

        assert text.startswith("Dengta: booked for 陈*宁: Renew, Pickup, Sat 6 Mar, 15:00, ")

    def test_it_leaves_as_one_message(self, family):
        send_due(now=NOON, by=Inbox())

        lead = Message.objects.get(kind=Kind.CONFIRMED, bundled_into=None)
        assert words_of(lead, []).text.count("http") == 1

    def test_about_nothing_there_is_nothing_to_say(self):
        with pytest.raises(ValueError, match="no booking"):
            booking_words(Kind.CONFIRMED, [], Channel.SMS, "en")


class TestPlaceAndMail:
    def test_an_sms_says_the_address_when_it_costs_no_part_more(self, book, saturday, hall):
        booking = book(slot_at(saturday, 15), language="en")

        short = booking_words(Kind.CANCELLED, [booking], Channel.SMS, "en").text
        hall.address_en = "1 Lighthouse Road, " * 9
        hall.save()
        booking.refresh_from_db()
        booking.hall.refresh_from_db()
        long = booking_words(Kind.CANCELLED, [booking], Channel.SMS, "en").text

        assert "Hetang Hall (1 Lighthouse Road)" in short
        assert "Lighthouse" not in long
        assert size(long).parts <= size(short).parts

    @pytest.mark.parametrize(
        ("language", "title", "address"),
        [("en", "Booked: Sat 6 Mar, 15:00", "1 Lighthouse Road"),
         ("zh-hans", "3月6日（星期六）15:00", "灯塔路 1 号")],
    )  # fmt: skip
    def test_a_mail_has_a_title_the_address_and_all_materials(
        self, book, saturday, renewal, language, title, address
    ):
        for n in range(9):
            names = {"name_zh": f"材料原件及复印件{n}", "name_en": f"Original and copy {n}"}
            Material.objects.create(matter=renewal, position=n, **names)

        words = booking_words(Kind.CONFIRMED, [book(slot_at(saturday, 15))], "email", language)

        assert title in words.title
        assert address in words.text
        assert all(str(n) in words.text for n in range(9))
        assert "/b/" in words.text

    def test_a_text_made_before_gets_the_title_of_its_kind(self):
        text = seal("A place is kept.", purpose="message")
        message = Message(kind=Kind.OFFER, channel="email", language="en", text_sealed=text)

        words = words_of(message, [])

        assert (words.text, words.title) == ("A place is kept.", "A place is kept for you")

    def test_an_sms_has_no_title(self):
        message = Message(kind=Kind.OFFER, text_sealed=seal("x", purpose="message"))

        assert words_of(message, []).title == ""


def test_how_it_was_is_asked_with_the_page_where_one_rates(book, session, at_window_3, settings):
    """C24: the link is the visit's ticket, where the rating stands."""
    booking = book(slot_at(session, 12, 30), language="en")
    ticket = check_in(hall=booking.hall, reference=booking.reference, now=NOON)
    booking.refresh_from_db()

    text = booking_words(Kind.RATING, [booking], Channel.SMS, "en").text

    assert text.endswith(f"{settings.SITE_URL}/t/{ticket.public_id}/")
    assert TEXTS["rating", ""].needs == {"link"}
