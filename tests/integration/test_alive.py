"""The containers' health checks tell work from mere existence."""

import http.server
import os
import threading
from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import Schedule

from config import alive


@pytest.fixture
def answering(request):
    """A server that answers every request with one status, and remembers the Host."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            server.host = self.headers["Host"]
            self.send_response(request.param)
            self.end_headers()

        def log_message(self, *_): ...

    server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("answering", "well"), [(200, 1), (404, 1), (503, 0)], indirect=["answering"]
)
def test_web_is_asked_by_its_public_name(answering, well, monkeypatch):
    monkeypatch.setenv("DENGTA_HOSTS", "id.example.org,localhost")
    assert alive.answers(answering.server_port, "/healthz") == bool(well)
    assert answering.host == "id.example.org"


def test_beat_that_stopped_writing_is_not_alive(tmp_path, monkeypatch):
    monkeypatch.setattr(alive, "BEAT_SCHEDULE", tmp_path / "beat")
    assert not alive.beat_goes_on()
    schedule = tmp_path / "beat.dat"
    schedule.touch()
    assert alive.beat_goes_on()
    os.utime(schedule, (0, 0))
    assert not alive.beat_goes_on()


@pytest.mark.django_db(transaction=True)
def test_overdue_schedule_means_that_housekeeping_stands_still(settings, monkeypatch):
    database = settings.DATABASES["default"]
    url = f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
    monkeypatch.setenv("DATABASE_URL", url)
    soon = timezone.now()  # noqa: TID251 - the check reads the database's own clock
    schedule = Schedule.objects.create(name="sweep", func="x", next_run=soon)
    assert alive.nothing_overdue()
    Schedule.objects.filter(pk=schedule.pk).update(next_run=soon - timedelta(minutes=6))
    assert not alive.nothing_overdue()
