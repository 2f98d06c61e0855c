"""Figures of a closed day: written once, as the journal had it, and put right by name. # C35"""

from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import DatabaseError, transaction

from appointments.demanded.collecting import DayNotOver
from appointments.models import (
    Booking,
    DayClosing,
    DayFigure,
    DemandFact,
    ForecastRun,
    ForecastValue,
)
from appointments.reports.correcting import (
    AlreadyCorrected,
    NoReason,
    correct_figure,
    differences,
)
from appointments.reports.expected import foretold
from appointments.reports.gathering import write_days, write_figures
from appointments.reports.names import Key
from appointments.reports.reading import lines_of
from appointments.reports.sensible import NotANumberOfADay
from config import civil
from queues.calling import call_next, finish, recall, start
from queues.issuing import issue_walk_in
from queues.missing import no_show
from queues.models import Rating
from queues.moving import move
from queues.rating import rate
from tests.conftest import DAY, NOON, make_session, race, slot_at
from windows.models import Break, Hall

pytestmark = pytest.mark.django_db
NEXT_DAY = NOON + timedelta(days=1)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


@pytest.fixture
def a_day(hall, session, renewal, at_window_3, clerk, book) -> int:
    """One waited 60 minutes and was served 10, one waited 22 and did not answer, one left;
    of four booked online one came, one stayed away, one cancelled, one let the hold go."""
    late = issue_walk_in(hall=hall, matter=renewal, now=NOON - minutes(60))
    issue_walk_in(hall=hall, matter=renewal, now=NOON - minutes(10))
    served = call_next(window=at_window_3, staff=clerk, now=NOON)
    assert served == late
    start(ticket=served, staff=clerk, now=NOON + minutes(1))
    finish(ticket=served, staff=clerk, now=NOON + minutes(11))
    served.refresh_from_db()
    rate(ticket=served, level=4, now=NOON + minutes(20))
    gone = call_next(window=at_window_3, staff=clerk, now=NOON + minutes(12))
    for n in (13, 14):
        recall(ticket=gone, staff=clerk, now=NOON + minutes(n))
    no_show(ticket=gone, staff=clerk, now=NOON + minutes(16))
    third = issue_walk_in(hall=hall, matter=renewal, now=NOON)
    move(third, "void", "left", now=NOON + minutes(30), by=None)
    Break.objects.create(
        shift=at_window_3.shifts.get(), began_at=NOON + minutes(40), ended_at=NOON + minutes(50)
    )
    _booked(book, session, served)
    return write()


def _booked(book, session, ticket) -> None:
    slot = slot_at(session, 14)
    came, away, cancelled, let_go = (
        book(slot, person=n, now=NOON - timedelta(days=days))
        for n, days in ((1, 0), (2, 9), (3, 2), (4, 1))
    )
    _became(came, "arrived", ticket=ticket, arrived_at=NOON)
    _became(came, "served", ended_at=NOON)
    _became(away, "no_show", ended_at=NEXT_DAY)
    _became(cancelled, "cancelled", ended_at=NOON)
    _became(let_go, "cancelled", confirmed_at=None)


def _became(booking: Booking, state: str, **more) -> None:
    Booking.objects.filter(pk=booking.pk).update(state=state, **more)


def write(now: datetime = NEXT_DAY) -> int:
    return write_figures(hall=Hall.objects.get(code="H01"), day=DAY, now=now)


def of_hall(name: str) -> dict[str, tuple[int, int]]:
    rows = DayFigure.objects.filter(name=name, matter=None, window=None, hour=None)
    return {one.bucket: (one.count, one.seconds) for one in rows}


@pytest.mark.usefixtures("a_day")
class TestFigures:
    @pytest.mark.parametrize(
        ("name", "told"),
        [
            ("day", {"": (1, 0)}),
            ("came", {"walk_in": (3, 0)}),
            ("served", {"": (1, 0)}),
            ("missed", {"": (1, 0)}),
            ("left", {"": (1, 0)}),
            ("rested", {"": (1, 600)}),
            ("wait", {"0060": (1, 3600), "0020": (1, 22 * 60)}),
            ("service", {"0010": (1, 600)}),
            ("booked", {"0": (1, 0), "8-14": (1, 0)}),
            ("no_show", {"8-14": (1, 0)}),
            ("cancelled", {"2-7": (1, 0)}),
            ("rating", {"4": (1, 0)}),
        ],
    )
    def test_of_the_hall(self, name, told):
        assert of_hall(name) == told

    def test_places_on_offer_and_taken_by_channel(self, session):
        slots = session.slots.all()

        assert of_hall("offered") == {"online": (sum(one.online_quota for one in slots), 0)}
        assert of_hall("taken") == {"online": (sum(one.online_taken for one in slots), 0)}

    def test_time_at_the_window(self, at_window_3):
        (one,) = DayFigure.objects.filter(name="staffed", window__isnull=False)

        assert (one.window, one.seconds) == (at_window_3, 24 * 3600)  # until it was written

    def test_by_matter_window_and_hour_each_by_itself(self, renewal, at_window_3):
        rows = DayFigure.objects.filter(name="wait").exclude(matter=None, window=None, hour=None)
        told = {(one.matter_id, one.window_id, one.hour, one.bucket) for one in rows}

        assert told == {
            (renewal.pk, None, None, "0060"), (renewal.pk, None, None, "0020"),
            (None, at_window_3.pk, None, "0060"), (None, at_window_3.pk, None, "0020"),
            (None, None, 11, "0060"), (None, None, 11, "0020"),
        }  # fmt: skip

    def test_lines_read_them_again(self, hall, renewal):
        whole = lines_of([hall.pk], DAY, DAY, "all")["all"]

        assert (whole.people("came"), whole.mean("wait"), whole.mean("service")) == (3, 41, 10)
        assert (whole.half("wait"), whole.no_shows(), whole.content()) == (25, 50, 100)
        assert whole.no_shows("8-14") == 100
        assert lines_of([hall.pk], DAY, DAY, "hour")[11].people("came") == 2
        assert lines_of([hall.pk], DAY, DAY, "matter")[renewal.pk].people("served") == 1
        assert lines_of([hall.pk], DAY, DAY, "day")[DAY].people("served") == 1


class TestWriting:
    def test_twice_changes_nothing(self, a_day):
        before = list(DayFigure.objects.order_by("pk").values())

        assert write() == write_days(now=NEXT_DAY) == 0
        assert list(DayFigure.objects.order_by("pk").values()) == before

    def test_all_days_that_are_over_a_closed_one_too(self, hall, windows, session):
        make_session(hall, windows, day=DAY - timedelta(days=2))

        assert write_days(now=NEXT_DAY) > 0

        markers = DayFigure.objects.filter(name="day").order_by("service_day")
        assert list(markers.values_list("service_day", "count")) == [
            (DAY - timedelta(days=2), 1), (DAY - timedelta(days=1), 0), (DAY, 1)
        ]  # fmt: skip
        whole = lines_of([hall.pk], DAY - timedelta(days=9), DAY, "all")["all"]
        assert (whole.written, whole.was_open) == (3, 2)

    def test_a_day_that_is_not_over_is_not_written(self, hall, session):
        with pytest.raises(DayNotOver):
            write(now=NOON)
        assert not DayFigure.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_writes(hall, session, renewal):
    """Mutant: without ON CONFLICT DO NOTHING the second one answers with an IntegrityError."""
    issue_walk_in(hall=hall, matter=renewal, now=NOON)

    wrote = race(*[partial(write, NEXT_DAY)] * 4)

    assert sorted(wrote)[:3] == [0, 0, 0]
    assert max(wrote) == DayFigure.objects.count()


@pytest.mark.usefixtures("a_day")
class TestCorrecting:
    def correct(self, by, figure=None, count=3, reason="Counted again."):
        one = figure or DayFigure.objects.get(name="served", matter=None, window=None, hour=None)
        return correct_figure(
            figure=one, count=count, seconds=0, reason=reason, by=by, now=NEXT_DAY
        )

    def test_is_a_new_row_with_author_and_reason(self, hall, supervisor):
        made = self.correct(supervisor)

        assert (made.corrects.count, made.count, made.by, made.reason) == (
            1, 3, supervisor, "Counted again."
        )  # fmt: skip
        assert lines_of([hall.pk], DAY, DAY, "all")["all"].people("served") == 3

    def test_the_newest_one_counts(self, hall, supervisor):
        self.correct(supervisor, figure=self.correct(supervisor), count=2)

        assert lines_of([hall.pk], DAY, DAY, "all")["all"].people("served") == 2

    def test_nobody_corrects_what_was_corrected_meanwhile(self, supervisor):
        self.correct(supervisor)

        with pytest.raises(AlreadyCorrected):
            self.correct(supervisor, figure=DayFigure.objects.filter(name="served").earliest("pk"))

    @pytest.mark.parametrize("reason", ["", "  "])
    def test_not_without_a_reason(self, supervisor, reason):
        with pytest.raises(NoReason):
            self.correct(supervisor, reason=reason)

    @pytest.mark.parametrize("count", [-1, 10**12])
    def test_not_to_an_absurd_number(self, supervisor, count):
        with pytest.raises(NotANumberOfADay):
            self.correct(supervisor, count=count)

    def test_a_written_row_cannot_change(self):
        with pytest.raises(DatabaseError, match="dayfigure is written once"), transaction.atomic():
            DayFigure.objects.update(count=7)
        with pytest.raises(DatabaseError, match="dayfigure is written once"), transaction.atomic():
            DayFigure.objects.all().delete()


def test_what_the_journal_tells_differently_is_found(hall, renewal, a_day):
    assert [one for one in differences(hall, DAY, now=NEXT_DAY) if one.key.name != "day"] == []
    Rating.objects.update(level=2)

    found = {one.key: (one.written.count, one.journal.count) for one in differences(
        hall, DAY, now=NEXT_DAY
    )}  # fmt: skip

    assert found[Key("rating", bucket="4")] == (1, 0)
    assert found[Key("rating", bucket="2")] == (0, 1)
    assert of_hall("rating") == {"4": (1, 0)}


class TestForetold:
    def run(self, hall, made_at: datetime, mean: float) -> None:
        day = civil.city_date(made_at)
        made = ForecastRun.objects.create(
            made_at=made_at, first_day=day, last_day=day + timedelta(days=27),
            last_known_day=day - timedelta(days=1), method="m",
        )  # fmt: skip
        ForecastValue.objects.create(
            run=made, hall=hall, service_day=DAY, mean=mean, p05=1, p25=2, p50=3, p75=4, p90=5,
            p95=6, minutes=9,
        )  # fmt: skip

    def test_by_the_newest_run_made_before_the_day(self, hall, renewal):
        for days, mean in ((5, 10.0), (2, 20.0), (0, 30.0)):
            self.run(hall, NOON - timedelta(days=days), mean)
        DayClosing.objects.create(hall=hall, service_day=DAY, written_at=NEXT_DAY, was_open=True)
        DemandFact.objects.create(
            hall=hall, matter=renewal, service_day=DAY, hour=9, channel="walkin",
            what="walked_in", people=18, minutes=90, recorded_at=NEXT_DAY,
        )  # fmt: skip

        told = foretold([hall.pk], DAY - timedelta(days=1), DAY)

        assert list(told) == [DAY]
        assert (told[DAY].mean, told[DAY].low, told[DAY].high, told[DAY].real) == (20, 1, 6, 18)

    def test_is_absent_without_a_run(self, hall):
        assert foretold([hall.pk], DAY, DAY) == {}
