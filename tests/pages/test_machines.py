"""Pairing kiosks and screens with a hall, and the supervisors' list of them. Row C15."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from appointments.pairing import CODE_LASTS, LETTERS, claim, permit, unpaired
from config import civil
from tests.conftest import NOON, make_staff
from windows.access import token_hash
from windows.models import DeviceToken

pytestmark = pytest.mark.django_db


class Clock:
    now = NOON


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    Clock.now = NOON
    monkeypatch.setattr(civil, "now", lambda: Clock.now)
    return Clock


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def english(user=None) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    if user is not None:
        client.force_login(user)
    return client


@pytest.fixture
def machine(hall, session) -> Client:
    return english()


@pytest.fixture
def boss(supervisor, session) -> Client:
    return english(supervisor)


def shown_by(machine: Client, page: str) -> str:
    shown = machine.get(page).content.decode()
    return re.search(r'pairing__code">([^<]+)<', shown)[1]


def type_code(boss: Client, code: str, **more):
    answers = {"hall": "H01", "code": code, "name": "Kiosk at the door", **more}
    return boss.post("/supervise/devices/pair/", answers, follow=True)


PAGES = {"kiosk": "/kiosk/H01/", "display": "/board/H01/pairing/"}


class TestByCode:
    @pytest.mark.parametrize("kind", ["kiosk", "display"])
    def test_the_screen_becomes_what_it_asked_to_be(self, machine, boss, supervisor, kind):
        code = shown_by(machine, PAGES[kind])
        assert len(code) == 9  # eight letters and a gap
        assert set(code) <= set(LETTERS + " ")

        said = type_code(boss, code.lower(), printer="192.168.1.50")
        paired = machine.get(PAGES[kind], follow=True)

        assert "is paired as soon as it asks" in text_of(said)
        assert paired.status_code == 200
        device = DeviceToken.objects.get()
        assert (device.kind, device.name) == (kind, "Kiosk at the door")
        assert (device.printer, device.paired_by) == ("192.168.1.50:9100", supervisor)
        assert device.paired_at == NOON

    def test_the_same_code_is_shown_until_it_is_too_old(self, machine, clock):
        first = shown_by(machine, "/kiosk/H01/")

        assert shown_by(machine, "/kiosk/H01/") == first
        clock.now = NOON + CODE_LASTS
        assert shown_by(machine, "/kiosk/H01/") != first

    def test_it_works_once(self, machine, boss, hall):
        code = shown_by(machine, "/kiosk/H01/")
        type_code(boss, code)
        again = type_code(boss, code)
        machine.get("/kiosk/H01/")
        thief = english()
        thief.cookies["pairing"] = "forged"

        assert "This code was used" in text_of(again)
        assert thief.get("/kiosk/H01/").status_code == 403
        assert DeviceToken.objects.count() == 1

    def test_only_the_machine_that_showed_it_can_claim_it_and_soon(self, hall, supervisor):
        shows, other = unpaired(hall, "kiosk", NOON), unpaired(hall, "kiosk", NOON)
        permit(hall=hall, code=shows.code, name="Door", by=supervisor, now=NOON)

        assert not claim(other, NOON)
        assert not claim(shows, NOON + CODE_LASTS)
        assert claim(shows, NOON)
        assert not claim(shows, NOON)
        assert bytes(DeviceToken.objects.get().token_hash) == token_hash(shows.token)

    def test_the_code_itself_is_no_token(self, machine, boss):
        code = shown_by(machine, "/kiosk/H01/").replace(" ", "")
        type_code(boss, code)

        answer = english().get("/kiosk/H01/", headers={"Authorization": f"Device {code}"})

        assert answer.status_code == 403

    @pytest.mark.parametrize("typed", ["", "   ", "A", "ACDEFGHJ", "ACDEFGHJK", "😀" * 8, "\x00"])
    def test_what_no_screen_shows_is_refused(self, boss, typed):
        response = type_code(boss, typed)

        assert response.status_code in (400, 409)
        assert not DeviceToken.objects.exists()
        assert "Kiosk at the door" in response.content.decode()  # what was typed stays

    def test_a_code_of_another_halls_screen_is_refused(self, machine, boss, other_hall):
        response = type_code(boss, shown_by(machine, "/kiosk/H02/"))

        assert response.status_code == 409
        assert "No screen of Hetang Hall shows this code" in text_of(response)

    @pytest.mark.parametrize("printer", [":", "x:0", "x:70000", "a b:9100", "http://x:80/y", "x:y"])
    def test_a_printer_that_cannot_be_is_refused(self, machine, boss, printer):
        response = type_code(boss, shown_by(machine, "/kiosk/H01/"), printer=printer)

        assert response.status_code == 409
        assert "Write the printer as host:port" in text_of(response)
        assert not DeviceToken.objects.exists()

    def test_a_screen_that_is_not_let_in_writes_nothing(self, machine):
        for page in PAGES.values():
            machine.get(page)

        assert not DeviceToken.objects.exists()


class TestSignedInThere:
    @pytest.mark.parametrize("kind", ["kiosk", "display"])
    def test_the_supervisor_is_signed_out_of_the_machine(self, boss, kind):
        page = boss.get(PAGES[kind])
        assert "Pair this screen" in text_of(page)

        boss.post(PAGES[kind].replace("pairing/", "") + "pair/")

        assert "_auth_user_id" not in boss.session
        assert DeviceToken.objects.get().kind == kind

    @pytest.mark.parametrize("page", ["/kiosk/H01/pair/", "/board/H01/pair/"])
    def test_nobody_else_pairs(self, hall, clerk, guide, session, page):
        elsewhere = make_staff("boss-2", None, "auditor")
        for user in (None, clerk, guide, elsewhere):
            assert english(user).post(page).status_code == 403
        assert not DeviceToken.objects.exists()


class TestTheList:
    @pytest.fixture
    def door(self, hall, supervisor):
        return DeviceToken.objects.create(
            hall=hall, kind="kiosk", name="Door", token_hash=token_hash("door"),
            printer="10.0.0.9:9100", paired_at=NOON, paired_by=supervisor,
        )  # fmt: skip

    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_names_kind_printer_and_when_it_was_seen(self, boss, door, language):
        DeviceToken.objects.update(seen_at=NOON - timedelta(minutes=7))
        boss.cookies["django_language"] = language

        page = boss.get("/supervise/devices/")

        assert page.status_code == 200
        for part in ("Door", "10.0.0.9:9100", "7"):
            assert part in page.content.decode()
        if language == "en":
            assert "7 minutes ago" in text_of(page)

    def test_tells_of_a_screen_that_never_asked(self, boss, door, clock):
        assert "Not seen yet" in text_of(boss.get("/supervise/devices/"))

        clock.now = NOON + CODE_LASTS
        assert "The screen never asked" in text_of(boss.get("/supervise/devices/"))

    def test_one_press_shuts_a_machine_out(self, boss, door):
        headers = {"Authorization": "Device door"}
        assert english().get("/kiosk/H01/", headers=headers).status_code == 200

        boss.post(f"/supervise/devices/{door.pk}/revoke/")

        assert english().get("/kiosk/H01/", headers=headers).status_code == 403
        door.refresh_from_db()
        assert door.revoked_at == NOON

    def test_name_and_printer_can_be_changed(self, boss, door):
        changed = {"name": "Window side", "printer": "10.0.0.10:9101"}
        boss.post(f"/supervise/devices/{door.pk}/change/", changed)
        wrong = {"name": "", "printer": "no printer"}
        said = boss.post(f"/supervise/devices/{door.pk}/change/", wrong, follow=True)

        door.refresh_from_db()
        assert (door.name, door.printer) == ("Window side", "10.0.0.10:9101")
        assert "Write the printer as host:port" in text_of(said)

    def test_another_halls_machines_are_not_found(self, boss, other_hall):
        other = DeviceToken.objects.create(
            hall=other_hall, kind="kiosk", name="Other", token_hash=b"o"
        )
        for do in ("revoke", "change"):
            assert boss.post(f"/supervise/devices/{other.pk}/{do}/").status_code == 404
        assert boss.get("/supervise/devices/?hall=H02").status_code == 404
        assert "Other" not in text_of(boss.get("/supervise/devices/"))

    def test_a_clerk_has_no_such_page(self, clerk, session):
        assert english(clerk).get("/supervise/devices/").status_code == 403


def test_a_name_that_cannot_be_kept_changes_nothing(boss, hall):
    machine = DeviceToken.objects.create(hall=hall, kind="kiosk", name="Door", token_hash=b"x" * 32)

    for name in ("\x00", "a\x00b"):
        answer = boss.post(f"/supervise/devices/{machine.pk}/change/", {"name": name})
        assert answer.status_code == 302

    machine.refresh_from_db()
    assert "\x00" not in machine.name
