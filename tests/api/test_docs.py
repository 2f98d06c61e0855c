"""The API describes itself: the file is current, the page needs nothing inline."""

import re
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from windows.api import describing

FILE = Path(__file__).parents[2] / "docs" / "openapi.yaml"


def test_the_kept_description_is_current(tmp_path):
    call_command("spectacular", file=str(tmp_path / "now.yaml"), validate=True, fail_on_warn=True)

    assert (tmp_path / "now.yaml").read_text() == FILE.read_text(), (
        "Run: manage.py spectacular --file docs/openapi.yaml"
    )


@pytest.fixture
def calls() -> dict[str, dict]:
    paths = yaml.safe_load(FILE.read_text())["paths"]
    return {
        f"{method} {path.removeprefix('/api/v1/')}": call
        for path, item in paths.items()
        for method, call in item.items()
    }


def test_every_call_of_the_contract_is_there(calls):
    promised = """
        get matters/, get halls/, get availability/, get halls/{code}/slots/,
        post phone-proofs/, post phone-proofs/{proof_id}/,
        post bookings/, get bookings/{reference}/, post bookings/{reference}/confirm/,
        post bookings/{reference}/cancel/, post bookings/{reference}/reschedule/,
        post halls/{code}/check-in/, post halls/{code}/tickets/, get tickets/{public_id}/,
        get halls/{code}/board/, get halls/{code}/windows/,
        post windows/{id}/sign-in/, post windows/{id}/sign-out/, post windows/{id}/call-next/,
        post tickets/{ticket_id}/recall/, post tickets/{ticket_id}/start/,
        post tickets/{ticket_id}/finish/, post tickets/{ticket_id}/no-show/,
        post tickets/{ticket_id}/park/, post tickets/{ticket_id}/transfer/,
        post tickets/{ticket_id}/return/, post tickets/{public_id}/rating/
    """

    missing = {" ".join(call.split()) for call in promised.split(",")} - set(calls)

    assert not missing


def test_every_unsafe_call_asks_for_a_key_and_names_its_refusals(calls):
    for name, call in calls.items():
        if name.startswith("get"):
            continue
        headers = [p["name"] for p in call["parameters"] if p["in"] == "header"]
        assert describing.KEY.name in headers, name
        assert {"400", "409", "415", "422"} <= set(call["responses"]), name


def test_the_reference_page_has_nothing_inline(db):
    page = Client().get("/api/docs/", headers={"Accept-Language": "en"})

    html = page.content.decode()
    assert page.status_code == 200
    assert "unsafe" not in page["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", html)


def test_the_schema_is_served(db):
    answer = Client().get("/api/schema/?format=json")

    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.1")
