"""Tickets on paper: what the printer is sent, and how it gets there. Rows C15, C17."""

import re
import socket
import threading
from datetime import timedelta

import pytest

from queues import printing
from queues.issuing import issue_walk_in
from queues.models import Paper
from queues.papering import USELESS_AFTER, printed, want_paper, words_for
from queues.printing import MOST_TRIES, claim, print_due
from tests.conftest import NOON
from windows.models import DeviceToken

CUT = b"\x1dV\x00"
EIGHT_TIMES = b"\x1d!\x77"


class FakePrinter:
    """Listens as a printer does; `status` is what its paper sensor says, None: nothing."""

    def __init__(self, status: bytes | None = b"\x12"):
        self.status, self.got = status, []
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listening.getsockname()[1]}"
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                line, _whom = self.listening.accept()
            except OSError:
                return
            with line:
                content = b""
                while part := line.recv(65536):
                    if part.startswith(printing.ASK_FOR_PAPER) and self.status:
                        line.sendall(self.status)
                    content += part
                if len(content) > len(printing.ASK_FOR_PAPER):
                    self.got.append(content.removeprefix(printing.ASK_FOR_PAPER))

    def close(self):
        self.listening.close()


@pytest.fixture
def printer():
    made = FakePrinter()
    yield made
    made.close()


@pytest.fixture
def kiosk(hall, printer):
    return DeviceToken.objects.create(
        hall=hall, kind="kiosk", token_hash=b"k", name="Door", printer=printer.address
    )


@pytest.fixture
def ticket(hall, session, renewal):
    return issue_walk_in(hall=hall, matter=renewal, now=NOON)


@pytest.fixture
def owed(ticket, kiosk):
    want_paper(ticket, kiosk, now=NOON)
    return Paper.objects.get()


def text_of(content: bytes) -> str:
    """What stands on the paper: the commands out, the rest as the printer decodes it."""
    text = re.sub(rb"\x1d\(k..(?:\x31[\x41-\x52][^\x1d\x1b\x1c]*)", b"", content, flags=re.S)
    text = re.sub(rb"\x1b@|\x1b[!Ead].|\x1d!.|\x1dV\x00|\x1c[&.]", b"", text, flags=re.S)
    return text.decode("gb18030")


@pytest.mark.django_db
class TestPaper:
    def test_holds_number_matter_code_wait_and_time(self, ticket, at_window_3):
        content = printed(ticket, words="zh", now=NOON)

        said = text_of(content)
        assert "禾塘办证大厅" in said
        assert EIGHT_TIMES + b"\x1bE\x01\x1ba\x01A001" in content
        assert "RENEW" in said  # the matter's Chinese name in the tests
        assert re.search(r"\d+–\d+", said)  # a range, never one number
        assert "2027-03-04 12:00" in said
        assert content.endswith(CUT)

    def test_its_code_leads_to_the_live_page(self, ticket, settings):
        settings.SITE_URL = "https://dengta.example"

        content = printed(ticket, words="zh", now=NOON)

        link = f"https://dengta.example/t/{ticket.public_id}/".encode()
        size = (len(link) + 3).to_bytes(2, "little")
        assert b"\x1d(k" + size + b"1P0" + link in content
        assert b"\x1d(k\x03\x001Q0" in content  # print it

    def test_chinese_goes_as_gb18030_in_chinese_mode(self, ticket):
        content = printed(ticket, words="zh", now=NOON)

        assert b"\x1c&" + "禾塘办证大厅".encode("gb18030") + b"\n\x1c." in content

    def test_in_both_languages_by_choice(self, ticket):
        chinese, english, both = (
            text_of(printed(ticket, words=words, now=NOON)) for words in ("zh", "en", "zh-en")
        )

        assert "禾塘办证大厅" in chinese
        assert "Hetang Hall" not in chinese
        assert "Hetang Hall" in english
        assert "禾塘办证大厅" not in english
        assert "Hetang Hall" in both
        assert "禾塘办证大厅" in both
        assert [words_for(one) for one in ("zh-hans", "en", None)] == ["zh", "zh-en", "zh"]

    def test_is_owed_once_and_only_with_a_printer(self, ticket, kiosk):
        for _again in range(2):
            want_paper(ticket, kiosk, now=NOON)
        want_paper(ticket, None, now=NOON)
        kiosk.printer = ""
        want_paper(ticket, kiosk, now=NOON)

        assert Paper.objects.count() == 1


@pytest.mark.django_db(transaction=True)
class TestPrinting:
    def test_reaches_the_printer_once(self, owed, printer):
        assert print_due(now=NOON) == 1
        assert print_due(now=NOON + timedelta(seconds=40)) == 0

        owed.refresh_from_db()
        assert owed.printed_at == NOON
        wait_until(lambda: printer.got)
        assert len(printer.got) == 1
        assert owed.ticket.label.encode() in printer.got[0]

    def test_a_printer_that_tells_nothing_prints_too(self, owed, kiosk, monkeypatch):
        monkeypatch.setattr(printing, "STATUS_SECONDS", 0.05)
        silent = FakePrinter(status=None)
        DeviceToken.objects.update(printer=silent.address)

        assert print_due(now=NOON) == 1
        silent.close()

    def test_without_paper_it_is_tried_again_and_the_reason_is_kept(self, owed):
        empty = FakePrinter(status=b"\x72")
        DeviceToken.objects.update(printer=empty.address)

        assert print_due(now=NOON) == 0
        owed.refresh_from_db()
        assert (owed.printed_at, owed.error, owed.tries) == (None, "no paper", 1)
        assert print_due(now=NOON + timedelta(seconds=1)) == 0  # a pause before the next try
        assert empty.got == []
        empty.status = b"\x12"

        assert print_due(now=NOON + timedelta(seconds=20)) == 1
        owed.refresh_from_db()
        assert (owed.error, owed.tries) == ("", 2)
        empty.close()

    @pytest.mark.parametrize("where", ["127.0.0.1:1", "nowhere.invalid:9100", ":", "x:99999"])
    def test_a_printer_that_is_not_there_is_given_up_after_some_tries(self, owed, where):
        DeviceToken.objects.update(printer=where)
        at = NOON
        for _try in range(MOST_TRIES + 2):
            assert print_due(now=at) == 0
            at += timedelta(seconds=30)

        owed.refresh_from_db()
        assert owed.tries == MOST_TRIES
        assert owed.error

    def test_a_dead_printer_holds_up_no_other(self, owed, hall, renewal, kiosk, printer):
        dead = DeviceToken.objects.create(
            hall=hall, kind="kiosk", token_hash=b"d", name="Dead", printer="127.0.0.1:1"
        )
        want_paper(owed.ticket, dead, now=NOON - timedelta(seconds=1))

        assert print_due(now=NOON) == 1

    def test_nothing_comes_out_when_nobody_stands_there_any_more(self, owed, printer):
        assert print_due(now=NOON + USELESS_AFTER) == 0
        assert printer.got == []

    def test_nothing_comes_out_of_a_revoked_kiosk(self, owed, kiosk):
        DeviceToken.objects.update(revoked_at=NOON)

        assert print_due(now=NOON) == 0

    def test_two_processes_never_claim_the_same(self, owed):
        assert [len(claim(now=NOON)), len(claim(now=NOON))] == [1, 0]

    def test_a_process_that_died_leaves_its_papers_to_another(self, owed):
        claim(now=NOON)

        assert print_due(now=NOON + printing.LEASE) == 1

    def test_who_lost_the_lease_notes_nothing(self, owed):
        (slow,) = claim(now=NOON)
        (other,) = claim(now=NOON + printing.LEASE)

        assert not printing._note(slow, "", NOON)
        assert printing._note(other, "", NOON)


def wait_until(seen, seconds: float = 5.0):
    done = threading.Event()
    for _look in range(int(seconds / 0.02)):
        if seen():
            return
        done.wait(0.02)
    raise AssertionError("it did not come")
