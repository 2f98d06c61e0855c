"""Files that come in and go out on supervisors' pages: look first, then all or nothing. C10"""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.conftest import make_staff
from tests.pages.reading import text_of, words_of
from windows.models import Hall, ImportDraft, Window

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

IMPORT = "/supervise/import/"
HEADS = "Hall,Window,Matters,Accessible,In use\r\n"


@pytest.fixture
def boss(client: Client, supervisor, windows) -> Client:
    client.cookies["django_language"] = "en"
    client.force_login(supervisor)
    return client


def sent(client: Client, rows: str, what: str = "windows", **more):
    file = SimpleUploadedFile("file.csv", (HEADS + rows).encode())
    return client.post(IMPORT, {"what": what, "file": file}, follow=True, **more)


def seal_of(page) -> dict:
    return {name: re.search(rf'name="{name}" value="(\w+)"', text_of(page))[1]
            for name in ("key", "seen")}  # fmt: skip


def test_a_file_is_looked_at_row_by_row_and_taken_in_at_once(boss, hall):
    page = sent(boss, "H01,1,RENEW,no,yes\r\nH01,2,RENEW,yes,yes\r\nH01,8,PICKUP,no,yes\r\n")

    said = words_of(page)
    assert "4 H01 · 8 New" in said
    assert "3 H01 · 2 Changed Accessible · no → yes" in said
    assert "2 H01 · 1 As it is already" in said
    assert Window.objects.filter(hall=hall).count() == 3

    url = page.redirect_chain[-1][0]
    for _press in range(2):  # pressed twice: once
        done = boss.post(url, seal_of(page), follow=True)
        assert "Taken in: 1 row is new, 1 row has changed." in words_of(done)
    assert Window.objects.filter(hall=hall).count() == 4
    assert "This file has been taken in." in words_of(boss.get(url))


def test_wrong_rows_stand_first_and_nothing_can_be_taken_in(boss, hall):
    page = sent(boss, "H01,8,RENEW,no,yes\r\nH02,x,WEDDING,no,yes\r\n")

    said = words_of(page)
    assert "Nothing is taken in while a row is wrong" in said
    assert said.index("3 H02 · x To be corrected Hall · There is no hall of yours") < said.index(
        "2 H01 · 8 New"
    )
    assert "Take it in" not in said
    draft = ImportDraft.objects.get()
    answer = boss.post(f"{IMPORT}{draft.public_id}/", {"key": "k", "seen": "x"})
    assert answer.status_code == 409
    assert "rows to be corrected first" in words_of(answer)
    assert Window.objects.filter(hall=hall).count() == 3


@pytest.mark.parametrize(
    ("content", "said", "status"),
    [
        (b"", "The file is empty.", 400),
        (b"PK\x03\x04", "neither a CSV nor an XLSX", 409),
        (b"Wedding\r\nx\r\n", "These columns are not known: Wedding.", 409),
        (b"Hall\r\nH01\r\n", "These columns are missing: Window, Matters", 409),
        (b"x" * (2 * 1024 * 1024 + 1), "larger than 2 MB", 400),
    ],
)
def test_a_file_that_is_no_table_is_refused_beside_its_field(boss, content, said, status):
    file = SimpleUploadedFile("file.csv", content)

    answer = boss.post(IMPORT, {"what": "windows", "file": file})

    assert answer.status_code == status
    assert said in words_of(answer)
    assert not ImportDraft.objects.exists()


def test_no_file_is_asked_for_again(boss):
    assert "Choose a file." in words_of(boss.post(IMPORT, {"what": "windows"}))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("what", ["halls", "windows", "staff", "plans"])
def test_templates_and_exports_are_files(boss, what, kind):
    for asked in ("", "?template=1"):
        answer = boss.get(f"/supervise/export/{what}/{kind}/{asked}")
        assert answer.status_code == 200
        assert "attachment" in answer["Content-Disposition"]
        assert answer.content.startswith(b"PK" if kind == "xlsx" else b"\xef\xbb\xbf")


def test_an_export_holds_ones_own_halls_only(boss, other_hall):
    told = text_of(boss.get("/supervise/export/halls/csv/"))

    assert "H01" in told
    assert "H02" not in told


def test_matters_are_the_citys(boss, hall):
    assert boss.get("/supervise/export/matters/csv/").status_code == 403
    assert sent(boss, "x", what="matters").status_code == 400
    assert "Matters Template" not in words_of(boss.get(IMPORT))


def test_another_persons_file_is_not_found(boss, hall):
    sent(boss, "H01,8,RENEW,no,yes\r\n")
    stranger = Client()
    stranger.force_login(make_staff("city", None, "admin"))

    assert stranger.get(f"{IMPORT}{ImportDraft.objects.get().public_id}/").status_code == 404


@pytest.mark.parametrize("role", ["clerk", "guide", "viewer", "auditor"])
def test_who_changes_nothing_takes_nothing_in(hall, role):
    client = Client()
    client.force_login(make_staff(role, None, role))

    assert client.get(IMPORT).status_code == 403
    assert client.get("/supervise/export/staff/csv/").status_code == 403


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_pages_answer_in_both_languages(boss, language):
    page = sent(boss, "H01,8,RENEW,no,yes\r\n")
    boss.cookies["django_language"] = language

    assert boss.get(IMPORT).status_code == 200
    assert boss.get(page.redirect_chain[-1][0]).status_code == 200
    assert Hall.objects.exists()


@pytest.mark.parametrize("way", ["bookings/csv", "halls/pdf", "x/xlsx"])
def test_what_is_no_export_is_not_found(boss, way):
    assert boss.get(f"/supervise/export/{way}/").status_code == 404
