"""Reading an answer as a test needs it."""

import csv
import html
import io
import re
from datetime import datetime

import openpyxl
from django.core import signing
from django.test import Client

from appointments.kiosk_views import GIVEN_COOKIE


def text_of(response) -> str:
    return response.content.decode()


def words_of(response) -> str:
    """What a reader sees, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", text_of(response)).split())


def signed_in(staff, language: str = "en") -> Client:
    """A browser of that person's own."""
    client = Client()
    client.cookies["django_language"] = language
    client.force_login(staff)
    return client


def key_of(response) -> str:
    """The hidden key of the page's form."""
    found = re.search(r'name="key" value="(\w+)"', text_of(response))
    assert found is not None, "the page has no form with a key"
    return found[1]


def files_of(client: Client, page: str) -> dict[str, list[list[str]]]:
    """What each table of the page leaves with, by its name: the same in both kinds of file."""
    found = re.findall(r'href="([^"]*&amp;format=(\w+))"', text_of(client.get(page)))
    told: dict[str, dict[str, list[list[str]]]] = {}
    for address, kind in found:
        answer = client.get(page.partition("?")[0] + html.unescape(address))
        assert answer.status_code == 200, address
        name = re.search(rf'filename="([^"]+)\.{kind}"', answer["Content-Disposition"])
        assert name is not None, answer["Content-Disposition"]
        told.setdefault(name[1], {})[kind] = READ[kind](answer.content)
    for kinds in told.values():
        assert kinds["csv"] == kinds["xlsx"]
    return {name: kinds["csv"] for name, kinds in told.items()}


def _of_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def _of_xlsx(content: bytes) -> list[list[str]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    return [[_in_words(one) for one in row] for row in sheet.values]


def _in_words(cell) -> str:
    if isinstance(cell, datetime):
        return f"{cell.date()}"  # a day is a day there, to count with
    return "" if cell is None else f"{cell}"


READ = {"csv": _of_csv, "xlsx": _of_xlsx}


def shown_at_the_kiosk(client, public_id: str) -> None:
    """The kiosk has given the number just now: it shows it to this person only."""
    client.cookies[GIVEN_COOKIE] = signing.dumps(public_id, salt="given")
