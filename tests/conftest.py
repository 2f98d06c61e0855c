"""The cast: one hall with three windows, a few matters, its people, and NOON."""

import gc
import shutil
import signal
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import HealthCheck, settings

from appointments import limiting
from appointments.booking import Attendee, hold
from appointments.confirming import confirm, find
from appointments.id_numbers import IdNumber, check_character, clean_id_number
from appointments.models import Booking
from config import civil
from config.refusals import Refusal
from tests import settings as here
from tests.dealing import dealt
from tests.emptying import empty_tables
from tests.migrated import begin_with_migrated
from windows.models import Hall, HallSession, Matter, SessionWindow, Slot, Staff, StaffRole, Window
from windows.shifts import sign_in

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DAY = date(2027, 3, 4)  # a Thursday
NOON = datetime(2027, 3, 4, 4, 0, tzinfo=UTC)  # 12:00 on the hall's wall
PHONE = "+8613800138000"

# A busy machine is no fault of the code: how long an example takes asserts nothing.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_configure() -> None:
    """What tests start hears Ctrl-C, also when a shell began this run behind other work."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Browser tests need a browser, and are tried twice (`-rR` lists who needed it)."""
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=1))
        if item.get_closest_marker("browser") and CHROMIUM is None:
            item.add_marker(pytest.mark.skip(reason="Chromium is missing (apt: chromium)"))
    items[:] = dealt(
        items,
        getattr(config, "workerinput", {}).get("workercount", 1),
        is_slow=lambda item: item.get_closest_marker("slow") is not None,
        is_browser=lambda item: item.get_closest_marker("browser") is not None,
    )


def pytest_collection_finish() -> None:
    """Six thousand tests and all modules stay to the end: nobody looks through them for garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings, django_db_blocker) -> None:
    """Where the servers are this run's own, each worker's database is copied, not migrated."""
    if "DATABASE_URL" in here.ours:
        with django_db_blocker.unblock():
            begin_with_migrated(here.run.database_url)


@pytest.fixture(scope="session", autouse=True)
def _tables_are_emptied_soon():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(TransactionTestCase, "_fixture_teardown", empty_tables)
        yield


@pytest.fixture(autouse=True)
def _english():
    """Messages are compared in the source language unless a test asks otherwise."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _nobody_has_asked_yet(monkeypatch):
    """Counts in Redis outlive a test's transaction: each test has names of its own."""
    monkeypatch.setattr(limiting, "PREFIX", f"test:{uuid.uuid4().hex}:")
    monkeypatch.setattr(limiting._Absence, "until", 0.0)


@pytest.fixture(autouse=True, scope="session")
def _a_quiet_past():
    """The simulated city is made often; few people in its past and its draws show the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("appointments.simulating.booked.PAST_FILL", 0.08)
        patch.setattr("appointments.simulating.history.PER_HOUR", 1.6)
        patch.setattr("appointments.simulating.drawn.REGISTERED", 12)
        patch.setattr("appointments.simulating.drawn.DRAWN", 8)
        yield


@pytest.fixture
def hall(db) -> Hall:
    return Hall.objects.create(
        code="H01",
        name_zh="禾塘办证大厅",
        name_en="Hetang Hall",
        district_zh="禾塘区",
        district_en="Hetang",
        address_zh="灯塔路 1 号",
        address_en="1 Lighthouse Road",
        is_simulated=True,
    )


@pytest.fixture
def other_hall(db) -> Hall:
    return Hall.objects.create(
        code="H02", name_zh="桂澜办证大厅", name_en="Guilan Hall", district_zh="桂澜区",
        district_en="Guilan", address_zh="桂澜路 2 号", is_simulated=True,
    )  # fmt: skip


def make_matter(code: str, prefix: str, minutes: int, **more: Any) -> Matter:
    names = {"name_zh": code, "name_en": code.title(), "summary_zh": code, "summary_en": code}
    return Matter.objects.create(code=code, prefix=prefix, minutes=minutes, **names, **more)


@pytest.fixture
def renewal(db) -> Matter:
    return make_matter("RENEW", "A", 6)


@pytest.fixture
def pickup(db) -> Matter:
    return make_matter("PICKUP", "K", 3)


@pytest.fixture
def first_minor(db) -> Matter:
    return make_matter("FIRST_MINOR", "C", 12, max_age=15, needs_guardian=True)


@pytest.fixture
def windows(hall, renewal, pickup, first_minor) -> list[Window]:
    """Windows 1 and 2 renew, window 3 also hands out cards and serves children."""
    made = [Window.objects.create(hall=hall, number=n) for n in (1, 2, 3)]
    for window in made:
        window.matters.add(renewal)
    made[2].matters.add(pickup, first_minor)
    return made


def make_staff(username: str, hall: Hall | None, role: str) -> Staff:
    staff = Staff.objects.create_user(username, password="demo", is_simulated=True)
    StaffRole.objects.create(staff=staff, hall=hall, role=role)
    return staff


@pytest.fixture
def clerk(hall) -> Staff:
    return make_staff("clerk", hall, "clerk")


@pytest.fixture
def clerks(hall) -> list[Staff]:
    return [make_staff(f"clerk-{n}", hall, "clerk") for n in (1, 2, 3)]


@pytest.fixture
def guide(hall) -> Staff:
    return make_staff("guide", hall, "guide")


@pytest.fixture
def supervisor(hall) -> Staff:
    return make_staff("supervisor", hall, "supervisor")


@pytest.fixture
def stranger_clerk(other_hall) -> Staff:
    return make_staff("stranger", other_hall, "clerk")


def make_session(
    hall: Hall,
    windows: list[Window],
    *,
    day: date = DAY,
    opens: time = time(9),
    closes: time = time(17),
    online: int | None = None,
    kind: str = "regular",
) -> HallSession:
    """A session with half-hour slots; `online` minutes of each slot can be booked."""
    starts_at, ends_at = civil.session_hours(day, opens, closes)
    long_ago = starts_at.replace(year=starts_at.year - 1)
    session = HallSession.objects.create(
        hall=hall, kind=kind, service_day=day, starts_at=starts_at, ends_at=ends_at,
        booking_opens_at=long_ago, opened_at=long_ago, is_simulated=True,
    )  # fmt: skip
    for window in windows:
        SessionWindow.objects.create(
            session=session, window=window, period=DateTimeTZRange(starts_at, ends_at)
        )
    minutes = 30 * len(windows)
    share = minutes if online is None else online
    length = timedelta(minutes=30)
    count = int((ends_at - starts_at) / length)
    Slot.objects.bulk_create(
        Slot(
            session=session, hall=hall, service_day=day, starts_at=starts_at + n * length,
            ends_at=starts_at + (n + 1) * length, booking_opens_at=long_ago, minutes=minutes,
            online_quota=share, walkin_quota=minutes - share,
        )
        for n in range(count)
    )  # fmt: skip
    return session


@pytest.fixture
def session(hall, windows) -> HallSession:
    return make_session(hall, windows)


def slot_at(session: HallSession, hour: int, minute: int = 0) -> Slot:
    """The session's slot that begins at that wall time."""
    starts = {civil.city_time(slot.starts_at).time(): slot for slot in session.slots.all()}
    return starts[time(hour, minute)]


def an_id(number: int, born: str = "19750307") -> IdNumber:
    """A valid ID number; different for each number from 0 to 999."""
    first = f"440604{born}{number % 1000:03d}"
    return clean_id_number(first + check_character(first), today=DAY)


def a_person(number: int, name: str = "陈小宁") -> Attendee:
    return Attendee(name=name, id_number=an_id(number))


@pytest.fixture
def book(renewal) -> Callable[..., Booking]:
    """Holds and confirms one person's booking."""

    def booked(slot: Slot, person: int = 1, now: datetime = NOON, **more: Any) -> Booking:
        held = hold(
            slot_id=slot.pk, matter=more.pop("matter", renewal), people=[a_person(person)],
            phone=PHONE, now=now, **more,
        ).bookings[0]  # fmt: skip
        booking = find(held.reference, held.secret)
        confirm(booking=booking, now=now)
        booking.refresh_from_db()
        return booking

    return booked


@pytest.fixture
def at_window_3(windows, clerk, session) -> Window:
    sign_in(staff=clerk, window=windows[2], now=NOON)
    return windows[2]


def race(*commands: Callable[[], Any]) -> list[Any]:
    """Runs the commands at the same instant in threads of their own, with their own
    connections; returns each one's result, or the class of its refusal."""
    barrier = Barrier(len(commands))

    def run(command: Callable[[], Any]) -> Any:
        try:
            barrier.wait(timeout=30)
            return command()
        except Refusal as refusal:
            return type(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(commands)) as pool:
        return list(pool.map(run, commands))
