"""Months of cards from the household registry's files: looked at row by row, then all. # C10

Mutants: a district that writes another's months, a month twice in two spellings, a blank place
that means the city and a column that leaves the count to the command each turn it red.
"""

import io
from datetime import date

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from appointments.models import CardCohort
from tests.conftest import NOON
from tests.pages.reading import text_of, words_of
from tests.pages.test_importing import IMPORT, seal_of
from windows.importing.files import as_xlsx
from windows.models import ImportDraft

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HEADS = ["Month in which they expire", "Valid for", "Where do the people live?", "Cards"]
OUT = "/supervise/export/cohorts/"


def brought(client: Client, *rows: str):
    content = "\r\n".join([",".join(HEADS), *rows]).encode()
    return told(client, SimpleUploadedFile("cards.csv", content))


def told(client: Client, file: SimpleUploadedFile):
    return client.post(IMPORT, {"what": "cohorts", "file": file}, follow=True)


def taken(client: Client, page):
    return client.post(page.redirect_chain[-1][0], seal_of(page), follow=True)


def test_months_are_looked_at_and_taken_in_once(city, may):
    page = brought(
        city, "2027-05,20,The whole city,13000", "2027年6月,20年,全市,900", "2027/7,10 years,全市,1"
    )

    said = words_of(page)
    assert "2 2027-05 · 20 · The whole city Changed Cards · 12000 → 13000" in said
    assert said.count("New") >= 2
    assert CardCohort.objects.get().cards == 12_000  # nothing is written by looking

    for _press in range(2):
        done = taken(city, page)
        assert "Taken in: 2 rows are new, 1 row has changed." in words_of(done)
    assert list(CardCohort.objects.order_by("month").values_list("month", "years", "cards")) == [
        (date(2027, 5, 1), 20, 13_000), (date(2027, 6, 1), 20, 900), (date(2027, 7, 1), 10, 1),
    ]  # fmt: skip
    assert "Cards that expire" in words_of(done)  # the list, with its wave


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (",20,全市,5", "Month in which they expire · This must be filled in."),
        ("2027-05,,全市,5", "Valid for · This must be filled in."),
        ("2027-05,20,,5", "Where do the people live? · This must be filled in."),
        ("2027-05,20,全市,", "Cards · This must be filled in."),
        ("May 27,20,全市,5", "Enter the month like 2027-03."),
        ("2027-13,20,全市,5", "Enter the month like 2027-03."),
        ("1999-05,20,全市,5", "from two years ago to five years ahead"),
        ("2027-05,7,全市,5", "Cards are valid for 5, 10 or 20 years."),
        ("2027-05,20,Atlantis,5", "There is no hall in this district."),
        ("2027-05,20,全市,-5", "Enter a whole number from 1 to 1000000."),
        ("2027-05,20,全市,0", "Enter a whole number from 1 to 1000000."),
        ("2027-05,20,全市,1.5", "Enter a whole number from 1 to 1000000."),
        ("2027-05,20,全市,99999999999", "Enter a whole number from 1 to 1000000."),
        ("2027-06,20,全市,5", "The same stands in a row above already."),
        ("2027/6,20年,全市,5", "The same stands in a row above already."),
    ],
)
def test_a_wrong_row_is_told_by_its_line_and_keeps_all_out(city, row, said):
    page = brought(city, "2027-06,20,全市,5", "2027-07,20,全市,5", row)

    words = words_of(page)
    assert said in words
    assert "Nothing is taken in while a row is wrong" in words
    assert 'file-row">4<' in text_of(page)
    draft = ImportDraft.objects.get()
    pressed = city.post(f"{IMPORT}{draft.public_id}/", {"key": "k" * 8, "seen": "x"})
    assert pressed.status_code == 409
    assert not CardCohort.objects.exists()


def test_a_spreadsheet_comes_in_with_its_dates_and_numbers(city, hall):
    book = openpyxl.Workbook()
    book.active.append(HEADS)
    book.active.append([date(2027, 5, 1), 20, hall.district_zh, 12000.0])
    out = io.BytesIO()
    book.save(out)

    taken(city, told(city, SimpleUploadedFile("cards.xlsx", out.getvalue())))

    one = CardCohort.objects.get()
    assert (one.month, one.years, one.cards) == (date(2027, 5, 1), 20, 12_000)
    assert (one.district, one.made_by.username) == (hall.district_zh, "city")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_goes_out_comes_in_as_it_is(city, may, hall, kind, language):
    own = {"month": date(2027, 6, 1), "years": 10, "cards": 300, "made_at": NOON}
    CardCohort.objects.create(district=hall.district_zh, **own)
    city.cookies["django_language"] = language
    file = SimpleUploadedFile(f"cards.{kind}", city.get(f"{OUT}{kind}/").content)
    city.cookies["django_language"] = "en"

    assert words_of(told(city, file)).count("As it is already") == 3  # two rows and their tile


def test_a_template_has_the_headings_alone(city, may):
    answer = city.get(f"{OUT}csv/?template=1")

    assert answer.content.decode("utf-8-sig").strip() == ",".join(HEADS)
    assert "?what=cohorts" in text_of(city.get("/supervise/cohorts/"))
    assert '<option value="cohorts" selected' in text_of(city.get(f"{IMPORT}?what=cohorts"))


class TestRights:
    def test_a_district_brings_its_own_months_only(self, district, hall, may):
        page = brought(district, f"2027-05,20,{hall.district_zh},5", "2027-05,20,全市,5")

        assert "You write the cards of your own district only." in words_of(page)
        assert "全市" not in text_of(district.get(f"{OUT}csv/"))

        taken(district, brought(district, f"2027-05,20,{hall.district_zh},5"))
        assert CardCohort.objects.get(district=hall.district_zh).cards == 5
        may.refresh_from_db()
        assert may.cards == 12_000

    def test_a_hall_alone_brings_none(self, boss, may):
        file = SimpleUploadedFile("x.xlsx", as_xlsx([HEADS, ["2027-05", 20, "全市", 5]], "x"))

        assert told(boss, file).status_code == 400
        assert boss.get(f"{OUT}csv/").status_code == 403
        assert "?what=cohorts" not in text_of(boss.get("/supervise/cohorts/"))
