"""Which days people work: our table, then what was published, then the weekday. C10"""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import translation

from config import civil
from tests.conftest import NOON, make_session, race
from windows.calendar_days import (
    DayOutOfReach,
    Source,
    day_kind,
    day_kinds,
    forget_day,
    last_confirmed,
    last_published,
    published,
    set_day,
)
from windows.calendar_notices import (
    HolidayBackwards,
    HolidayElsewhere,
    HolidayTooLong,
    HolidayTwice,
    NotPublished,
    Off,
    WorkedWeekday,
    differing,
    enter_notice,
    preview_notice,
    seed_year,
    statutory,
)
from windows.calendar_watch import watch_calendar
from windows.models import Rule, WorkCalendarDay

pytestmark = pytest.mark.django_db

UNKNOWN = last_published().year + 1  # the packages raise, or know only the law's days
NEW_YEAR = date(UNKNOWN, 1, 1)


def first_saturday(year: int, month: int) -> date:
    day = date(year, month, 1)
    return day + timedelta(days=(5 - day.weekday()) % 7)


class TestPrecedence:
    def test_a_published_year_names_its_holidays_and_make_up_days(self):
        kinds = day_kinds(date(2026, 9, 30), date(2026, 10, 10))

        off, work = kinds[date(2026, 10, 1)], kinds[date(2026, 10, 10)]
        assert (off.is_workday, off.name_zh, off.name_en) == (False, "国庆节", "National Day")
        assert (work.is_workday, work.name_zh, work.source) == (True, "国庆节", Source.PACKAGE)
        assert kinds[date(2026, 9, 30)].source == Source.WEEKDAY
        assert all(kind.confirmed for kind in kinds.values())

    def test_an_unpublished_year_has_the_laws_days_and_is_not_confirmed(self):
        kind = day_kind(NEW_YEAR)

        assert (kind.is_workday, kind.name_zh, kind.confirmed) == (False, "元旦", False)
        assert kind.source == Source.STATUTE

    def test_the_table_goes_before_the_packages(self, supervisor):
        day = date(2026, 10, 1)
        set_day(day=day, is_workday=True, name_zh="加班", by=supervisor, now=NOON)

        kind = day_kind(day)

        assert (kind.is_workday, kind.name, kind.source) == (True, "加班", Source.HAND)
        row = WorkCalendarDay.objects.get()
        assert (row.changed_by, row.changed_at) == (supervisor, NOON)

    def test_a_day_changed_twice_stands_once(self, supervisor):
        for is_workday in (True, False):
            set_day(day=NEW_YEAR, is_workday=is_workday, by=supervisor, now=NOON)

        assert WorkCalendarDay.objects.get().is_workday is False
        with pytest.raises(IntegrityError, match="calendar_day_once"), transaction.atomic():
            WorkCalendarDay.objects.create(day=NEW_YEAR, is_workday=True, changed_at=NOON)

    def test_a_day_that_is_forgotten_is_as_published(self):
        set_day(day=date(2026, 10, 1), is_workday=True, by=None, now=NOON)

        assert forget_day(day=date(2026, 10, 1))

        assert day_kind(date(2026, 10, 1)).is_workday is False
        assert not forget_day(day=date(2026, 10, 1))

    def test_a_range_is_one_query(self, django_assert_num_queries):
        with django_assert_num_queries(1):
            kinds = day_kinds(date(2026, 1, 1), date(2026, 12, 31))

        assert len(kinds) == 365
        assert sum(not kind.is_workday for kind in kinds.values()) == 117

    def test_names_follow_the_reader(self):
        with translation.override("zh-hans"):
            assert day_kind(date(2026, 2, 17)).name == "春节"
        assert day_kind(date(2026, 2, 17)).name == "Spring Festival"

    @pytest.mark.parametrize("day", [date(2003, 12, 31), date(2101, 1, 1)])
    def test_years_beyond_the_packages_have_weekdays_and_cannot_be_entered(self, day):
        assert day_kind(day).is_workday is (day.weekday() < 5)
        with pytest.raises(DayOutOfReach):
            set_day(day=day, is_workday=True, by=None, now=NOON)


class TestSeed:
    def test_both_packages_agree_on_the_published_years(self):
        assert [differing(year) for year in (2024, 2025, 2026)] == [[], [], []]

    def test_the_published_days_stand_in_the_table(self, supervisor):
        done = seed_year(2026, by=supervisor, now=NOON)

        rows = WorkCalendarDay.objects.all()
        assert done.written == rows.count() == 39
        work = {date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28), date(2026, 5, 9)}
        work |= {date(2026, 9, 20), date(2026, 10, 10)}
        assert set(rows.filter(is_workday=True).values_list("day", flat=True)) == work
        assert set(rows.values_list("source", "is_confirmed")) == {("notice", True)}

    def test_what_was_entered_by_hand_stays(self):
        set_day(day=date(2026, 10, 1), is_workday=True, by=None, now=NOON)

        done = seed_year(2026, by=None, now=NOON)

        assert (done.written, done.kept) == (38, 1)
        assert day_kind(date(2026, 10, 1)).is_workday is True

    def test_seeding_again_changes_nothing(self):
        first = seed_year(2026, by=None, now=NOON)

        assert seed_year(2026, by=None, now=NOON) == first
        assert WorkCalendarDay.objects.count() == first.written

    def test_a_day_on_which_they_differ_is_not_confirmed(self, monkeypatch):
        from windows import calendar_notices

        monkeypatch.setattr(calendar_notices, "differing", lambda year: [date(2026, 3, 3)])

        done = seed_year(2026, by=None, now=NOON)

        assert done.differing == [date(2026, 3, 3)]
        assert day_kind(date(2026, 3, 3)).confirmed is False

    def test_a_year_without_a_notice_is_refused(self):
        with pytest.raises(NotPublished):
            seed_year(UNKNOWN, by=None, now=NOON)

    def test_the_command_seeds_and_tells(self):
        out = StringIO()
        call_command("seed_calendar", "2026", stdout=out)

        assert "2026: 39 days written" in out.getvalue()


class TestNotice:
    SATURDAY = first_saturday(UNKNOWN, 3)

    def lines(self, **changes) -> list[Off]:
        one = {
            "name_zh": "元旦", "name_en": "New Year's Day", "first": NEW_YEAR,
            "last": NEW_YEAR + timedelta(days=2), "worked": (self.SATURDAY,), **changes,
        }  # fmt: skip
        return [Off(**one), *statutory(UNKNOWN)[1:]]

    def test_a_year_that_is_entered_is_confirmed_to_its_end(self, supervisor):
        assert last_confirmed() == last_published()

        enter_notice(UNKNOWN, self.lines(), by=supervisor, now=NOON)

        assert last_confirmed() == date(UNKNOWN, 12, 31)
        assert day_kind(self.SATURDAY).is_workday is True
        assert day_kind(NEW_YEAR + timedelta(days=2)).is_workday is False
        assert all(kind.confirmed for kind in day_kinds(NEW_YEAR, date(UNKNOWN, 12, 31)).values())

    def test_the_preview_tells_what_changes_and_writes_nothing(self, hall, windows):
        session = make_session(hall, windows, day=NEW_YEAR + timedelta(days=3))
        session.slots.update(online_taken=6)
        lines = self.lines(last=NEW_YEAR + timedelta(days=3))

        seen = preview_notice(UNKNOWN, lines)

        changed = {one.day: one for one in seen.changes}
        assert changed[self.SATURDAY].after.is_workday is True
        hit = changed[NEW_YEAR + timedelta(days=3)]
        assert (hit.after.is_workday, hit.sessions, hit.booked) == (False, 1, 1)
        assert not WorkCalendarDay.objects.exists()

    def test_a_place_of_a_link_is_a_booking_too(self, hall, windows):
        session = make_session(hall, windows, day=NEW_YEAR + timedelta(days=3))
        session.slots.update(online_quota=84, reserved_quota=6, reserved_taken=6)

        seen = preview_notice(UNKNOWN, self.lines(last=NEW_YEAR + timedelta(days=3)))

        hit = next(one for one in seen.changes if one.day == session.service_day)
        assert (hit.sessions, hit.booked) == (1, 1)

    def test_a_day_off_by_law_that_is_left_out_is_told(self):
        seen = preview_notice(UNKNOWN, self.lines()[:1])

        assert "清明节" in {name for _day, name in seen.missing}
        assert preview_notice(UNKNOWN, self.lines()).missing == []

    def test_what_was_entered_by_hand_stays(self):
        set_day(day=NEW_YEAR, is_workday=True, is_confirmed=False, by=None, now=NOON)

        seen = enter_notice(UNKNOWN, self.lines(), by=None, now=NOON)

        assert seen.kept == [NEW_YEAR]
        assert day_kind(NEW_YEAR).is_workday is True
        assert last_confirmed() == date(UNKNOWN, 12, 31)

    def test_a_holiday_may_begin_in_the_year_before(self):
        eve = NEW_YEAR - timedelta(days=1)
        enter_notice(UNKNOWN, self.lines(first=eve), by=None, now=NOON)

        assert day_kind(eve).is_workday is False

    @pytest.mark.parametrize(
        ("changes", "refused", "field"),
        [
            ({"last": NEW_YEAR - timedelta(days=1)}, HolidayBackwards, "last"),
            ({"last": NEW_YEAR + timedelta(days=40)}, HolidayTooLong, "last"),
            ({"first": date(UNKNOWN - 1, 5, 1), "last": date(UNKNOWN - 1, 5, 2)},
             HolidayElsewhere, "first"),
            ({"worked": (NEW_YEAR,)}, WorkedWeekday, "worked"),
            ({"worked": (first_saturday(UNKNOWN, 4),) * 2}, HolidayTwice, "worked"),
        ],
    )  # fmt: skip
    def test_what_no_notice_says_is_refused_at_its_line(self, changes, refused, field):
        with pytest.raises(refused) as caught:
            enter_notice(UNKNOWN, self.lines(**changes), by=None, now=NOON)

        assert (caught.value.row, caught.value.field) == (0, field)
        assert not WorkCalendarDay.objects.exists()


class TestWatch:
    """The warning comes before bookings reach days that nobody has published."""

    LAST = last_published()

    def at(self, days_before: int):
        return civil.city_instant(self.LAST - timedelta(days=days_before), NOON.time())

    @pytest.mark.parametrize(
        ("days_before", "near", "passed"),
        [(60, False, False), (44, False, False), (43, True, False), (14, True, False),
         (13, False, True), (-5, False, True)],
    )  # fmt: skip
    def test_warns_a_month_before_bookings_pass_the_last_sure_day(self, days_before, near, passed):
        watch = watch_calendar(now=self.at(days_before))

        assert (watch.is_near, watch.is_passed) == (near, passed)
        assert watch.confirmed_until == self.LAST

    def test_the_hall_that_offers_the_farthest_decides(self, hall):
        Rule.objects.create(name="horizon_days", hall=hall, value=50, effective_on=NOON.date())
        Rule.objects.filter().update(effective_on=date(2020, 1, 1))

        assert watch_calendar(now=self.at(45)).is_passed

    def test_a_rule_of_tomorrow_does_not_count(self, hall):
        Rule.objects.create(name="horizon_days", hall=hall, value=50, effective_on=self.LAST)

        assert not watch_calendar(now=self.at(100)).warns

    def test_an_entered_notice_ends_the_warning(self):
        assert watch_calendar(now=self.at(5)).is_passed

        enter_notice(UNKNOWN, statutory(UNKNOWN), by=None, now=NOON)

        assert not watch_calendar(now=self.at(5)).warns

    def test_a_gap_is_not_confirmed(self):
        set_day(day=self.LAST + timedelta(days=2), is_workday=True, by=None, now=NOON)

        assert last_confirmed() == self.LAST

    def test_manage_check_warns(self, monkeypatch):
        monkeypatch.setattr(civil, "now", lambda: self.at(5))
        told = [one.id for one in run_checks(tags=["database"], databases=["default"])]
        assert "windows.W001" in told

        monkeypatch.setattr(civil, "now", lambda: self.at(100))
        assert "windows.W001" not in [
            one.id for one in run_checks(tags=["database"], databases=["default"])
        ]


@pytest.mark.django_db(transaction=True)
def test_two_people_who_change_a_day_at_once_leave_it_once(transactional_db):
    def change(is_workday: bool):
        return lambda: set_day(day=NEW_YEAR, is_workday=is_workday, by=None, now=NOON)

    race(*[change(n % 2 == 0) for n in range(8)])

    assert WorkCalendarDay.objects.filter(day=NEW_YEAR).count() == 1
    assert published(NEW_YEAR).is_workday is False
