"""What a citizen types on the way to a booking, and the code that is sent."""

import re

from django.test import Client
from django.urls import reverse

from appointments.models import InboxItem
from appointments.sending import send_due
from config import civil
from tests.conftest import an_id
from tests.pages.reading import key_of


def who_address(matter, slot) -> str:
    return reverse("appointments:book_who", args=[matter.code, slot.pk])


def answers(people: int = 1, **changes: str) -> dict[str, str]:
    typed = {"key": "a" * 32, "people": str(people), "phone": "138 0013 8000"}
    for number in range(1, people + 1):
        typed[f"name_{number}"] = "陈小宁"
        typed[f"id_number_{number}"] = an_id(number).number
    return typed | changes


def code_sent() -> str:
    send_due(now=civil.now())
    return re.search(r"\d{6}", InboxItem.objects.order_by("-pk").first().text)[0]


def type_code(citizen: Client, code: str | None = None):
    page = citizen.get("/book/phone/")
    given = {"key": key_of(page), "action": "check", "code": code or code_sent()}
    return citizen.post("/book/phone/", given)


def hold_places(citizen: Client, matter, slot, people: int = 1, **changes: str):
    citizen.post(who_address(matter, slot), answers(people, **changes))
    return type_code(citizen)
