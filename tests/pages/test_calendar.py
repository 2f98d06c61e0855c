"""The city's working days and events, as supervisors see and change them. C10"""

from datetime import date, timedelta

import pytest
from django.test import Client

from tests.conftest import DAY, NOON, make_session, make_staff
from tests.pages.reading import signed_in, text_of, words_of
from windows.calendar_days import day_kind, last_confirmed, last_published, set_day
from windows.calendar_notices import statutory
from windows.models import DemandEvent, Staff, StaffRole, WorkCalendarDay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

CALENDAR, EVENTS = "/supervise/calendar/", "/supervise/events/"
YEAR = last_published().year + 1  # nobody has announced it


@pytest.fixture
def boss(supervisor) -> Client:
    return signed_in(supervisor)


@pytest.fixture
def city(hall) -> Client:
    return signed_in(make_staff("city", None, "admin"))


@pytest.fixture
def district(hall) -> Client:
    staff = Staff.objects.create_user("district", is_simulated=True)
    StaffRole.objects.create(staff=staff, role="supervisor", district=hall.district_zh)
    return signed_in(staff)


class TestYear:
    def test_shows_holidays_and_days_worked_for_them(self, boss):
        page = words_of(boss.get(f"{CALENDAR}?year=2026"))

        assert "Working days of 2026 248 working days Confirmed" in page
        assert "1–7 National Day" in page
        assert "10 worked for National Day" in page

    def test_a_year_that_nobody_announced_is_not_confirmed(self, boss):
        page = words_of(boss.get(f"{CALENDAR}?year={YEAR}"))

        assert "Not confirmed" in page
        assert "not announced yet" in page
        assert "Enter the notice" not in page  # the city does

    def test_tells_of_a_day_who_says_so_and_what_stands_on_it(
        self, boss, hall, windows, supervisor
    ):
        make_session(hall, windows, day=DAY)
        set_day(day=DAY, is_workday=False, name_en="Flood", name_zh="水灾", by=supervisor, now=NOON)
        event(first_day=DAY, last_day=DAY, name_en="Fair")

        page = words_of(boss.get(f"{CALENDAR}?day={DAY}"))

        assert "Thursday 4 March The day is a day off, Flood Says who Entered by hand" in page
        assert "Entered supervisor, Thursday 4 March, 12:00 Sessions 1 session" in page
        assert "Event Fair +50%" in page

    def test_counts_the_sessions_of_ones_own_halls_only(self, boss, city, windows, other_hall):
        from windows.models import Window

        make_session(other_hall, [Window.objects.create(hall=other_hall, number=1)])

        assert "1 session" not in words_of(boss.get(f"{CALENDAR}?day={DAY}"))
        assert "1 session" in words_of(city.get(f"{CALENDAR}?day={DAY}"))

    def test_warns_when_bookings_reach_days_that_nobody_announced(self, boss, clock):
        clock.now = NOON.replace(year=YEAR - 1, month=12, day=27)
        assert "people can already book days after that" in words_of(boss.get(CALENDAR))

        clock.now = NOON.replace(year=YEAR - 1, month=12, day=1)
        assert "From Friday 18 December on people can book" in words_of(boss.get(CALENDAR))

        clock.now = NOON.replace(year=YEAR - 1, month=9, day=1)
        assert "announced until" not in words_of(boss.get(CALENDAR))

    @pytest.mark.parametrize("way", [CALENDAR, EVENTS])
    def test_leads_to_the_files(self, boss, way):
        assert 'href="/supervise/import/"' in text_of(boss.get(way))

    def test_asks_the_database_few_times(self, boss, session, django_assert_max_num_queries):
        with django_assert_max_num_queries(16):
            boss.get(f"{CALENDAR}?day={DAY}")

    @pytest.mark.parametrize(
        "asked", ["year=1900", "year=9999", "day=1900-01-01", "day=3000-01-01"]
    )
    def test_has_only_the_years_around(self, boss, asked):
        assert boss.get(f"{CALENDAR}?{asked}").status_code == 404

    @pytest.mark.parametrize("asked", ["year=x", "day=x", "year=-1", "year=²", "day=%00"])
    def test_shows_this_year_when_it_cannot_read_what_is_asked(self, boss, asked):
        assert "Working days of 2027" in words_of(boss.get(f"{CALENDAR}?{asked}"))

    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    @pytest.mark.parametrize("way", [CALENDAR, EVENTS, f"{CALENDAR}notice/2027/", f"{EVENTS}new/"])
    def test_the_pages_answer_in_both_languages(self, city, language, way):
        city.cookies["django_language"] = language

        assert city.get(way).status_code == 200


def a_day(**changes) -> dict:
    return {"day": str(DAY), "what": "off", "name_zh": "水灾", "name_en": "Flood",
            "is_confirmed": "on", "key": "k", **changes}  # fmt: skip


class TestDay:
    def test_the_city_changes_a_day(self, city):
        done = city.post(f"{CALENDAR}day/", a_day(), follow=True)

        assert "Thursday 4 March is now: a day off, Flood." in words_of(done)
        row = WorkCalendarDay.objects.get()
        assert (row.is_workday, row.name_zh, row.changed_by.username) == (False, "水灾", "city")
        assert day_kind(DAY).confirmed

    def test_and_takes_it_back(self, city):
        city.post(f"{CALENDAR}day/", a_day())

        done = city.post(f"{CALENDAR}day/", a_day(what="published"), follow=True)

        assert "is now: a working day" in words_of(done)
        assert not WorkCalendarDay.objects.exists()

    def test_keeps_what_was_typed_when_something_is_missing(self, city):
        answer = city.post(f"{CALENDAR}day/", a_day(what=""))

        assert answer.status_code == 400
        assert "Choose what the day is." in words_of(answer)
        assert 'value="Flood"' in text_of(answer)

    @pytest.mark.parametrize("wrong", [{"day": "x"}, {"day": "2027-02-30"}, {"name_zh": "长" * 61}])
    def test_refuses_what_no_calendar_holds(self, city, wrong):
        assert city.post(f"{CALENDAR}day/", a_day(**wrong)).status_code == 400
        assert not WorkCalendarDay.objects.exists()

    @pytest.mark.parametrize("who", ["boss", "district"])
    def test_a_hall_or_a_district_does_not_change_the_city(self, who, request):
        client = request.getfixturevalue(who)

        assert client.post(f"{CALENDAR}day/", a_day()).status_code == 403
        assert client.get(f"{CALENDAR}notice/{YEAR}/").status_code == 403
        assert "Change this day" not in words_of(client.get(f"{CALENDAR}?day={DAY}"))
        assert not WorkCalendarDay.objects.exists()

    @pytest.mark.parametrize(("role", "status"), [("clerk", 403), ("guide", 403), ("viewer", 200),
                                                  ("auditor", 200)])  # fmt: skip
    def test_who_only_reads_changes_nothing(self, hall, role, status):
        client = signed_in(make_staff(role, None, role))

        assert client.get(CALENDAR).status_code == client.get(EVENTS).status_code == status
        assert client.post(f"{CALENDAR}day/", a_day()).status_code == 403
        assert client.post(f"{EVENTS}new/", an_event()).status_code == 403


def notice(**changes) -> dict:
    lines = statutory(YEAR)
    told = {"form-TOTAL_FORMS": len(lines), "form-INITIAL_FORMS": len(lines), "key": "k"}
    for n, line in enumerate(lines):
        told |= {f"form-{n}-{name}": value for name, value in vars(line).items()}
        told[f"form-{n}-worked"] = ""
    return {**told, **changes}


class TestNotice:
    def test_looks_first_and_then_confirms_the_year(self, city):
        url = f"{CALENDAR}notice/{YEAR}/"
        saturday = date(YEAR, 3, 6)
        told = notice(**{"form-1-worked": f"{saturday}"})

        seen = city.post(url, {**told, "look": "1"})
        assert "Saturday 6 March a weekend day a working day in place of a holiday" in words_of(
            seen
        )
        assert not WorkCalendarDay.objects.exists()

        done = city.post(url, told, follow=True)
        assert f"The holidays of {YEAR} are confirmed." in words_of(done)
        assert last_confirmed() == date(YEAR, 12, 31)
        assert day_kind(saturday).is_workday
        assert 'value="2027-03-06"' in text_of(city.get(url))

    def test_tells_what_stands_on_the_days_that_change(self, city, session):
        told = notice(**{"form-0-last": f"{YEAR}-01-03", "form-2-first": str(DAY),
                         "form-2-last": str(DAY + timedelta(days=1)), "look": "1"})  # fmt: skip

        page = words_of(city.post(f"{CALENDAR}notice/{YEAR}/", told))

        assert "1 session stands on it, 0 booked" in page
        assert "Days off by law that the notice does not name" in page

    @pytest.mark.parametrize(
        ("wrong", "said", "status"),
        [
            ({"form-1-last": ""}, "Enter the day.", 400),
            ({"form-1-last": "soon"}, "Enter the day like 2027-03-04.", 400),
            ({"form-1-worked": "next Saturday"}, "Enter the day like 2027-03-04.", 400),
            ({"form-1-last": f"{YEAR}-01-02"}, "The last day comes before the first.", 409),
            ({"form-1-worked": f"{YEAR}-03-04"}, "not a Saturday or Sunday", 409),
        ],
    )
    def test_refuses_in_words_beside_the_field(self, city, wrong, said, status):
        answer = city.post(f"{CALENDAR}notice/{YEAR}/", notice(**wrong))

        assert answer.status_code == status
        assert said in words_of(answer)
        assert not WorkCalendarDay.objects.exists()

    def test_a_form_without_its_lines_is_asked_again(self, city):
        assert city.post(f"{CALENDAR}notice/{YEAR}/", {"key": "k"}).status_code == 400

    @pytest.mark.parametrize("year", [2020, YEAR + 20])
    def test_years_far_away_have_no_notice(self, city, year):
        assert city.get(f"{CALENDAR}notice/{year}/").status_code == 404


def event(**changes) -> DemandEvent:
    facts = {
        "kind": "exam", "name_zh": "中考", "name_en": "Exam", "first_day": DAY, "last_day": DAY,
        "uplift_percent": 50, "made_at": NOON, **changes,
    }  # fmt: skip
    return DemandEvent.objects.create(**facts)


def an_event(**changes) -> dict:
    return {
        "kind": "exam", "name_zh": "中考", "name_en": "Exam", "first_day": "2027-06-26",
        "last_day": "2027-06-28", "uplift_percent": "40", "where": "hall:H01",
        "audience_zh": "考生", "audience_en": "candidates", "key": "k", **changes,
    }  # fmt: skip


class TestEvents:
    def test_a_supervisor_adds_one_for_the_hall(self, boss, renewal):
        done = boss.post(f"{EVENTS}new/", an_event(matters=[renewal.pk]), follow=True)

        page = words_of(done)
        assert "The event stands in the calendar." in page
        assert (
            "Exam Exam Saturday 26 June to Monday 28 June Hetang Hall candidates Renew +40%" in page
        )
        made = DemandEvent.objects.get()
        assert (made.hall.code, list(made.matters.all())) == ("H01", [renewal])
        assert "26–28 Exam +40%" in words_of(boss.get(f"{CALENDAR}?year=2027"))

    def test_pressed_twice_it_stands_once(self, boss):
        for _press in range(2):
            boss.post(f"{EVENTS}new/", an_event())

        assert DemandEvent.objects.count() == 1

    def test_one_changes_and_removes_ones_own(self, boss, hall):
        mine = event(hall=hall)

        boss.post(f"{EVENTS}{mine.pk}/", an_event(uplift_percent="-20"))
        mine.refresh_from_db()
        assert mine.uplift_percent == -20
        assert "−20%" in words_of(boss.get(EVENTS))

        for _press in range(2):
            done = boss.post(f"{EVENTS}{mine.pk}/remove/", {"key": "k"}, follow=True)
            assert done.status_code == 200
        assert not DemandEvent.objects.exists()

    @pytest.mark.parametrize("where", ["city", "district:禾塘区", "hall:H02", "hall:H99", "x"])
    def test_a_hall_writes_for_itself_only(self, boss, other_hall, where):
        assert boss.post(f"{EVENTS}new/", an_event(where=where)).status_code == 400
        assert not DemandEvent.objects.exists()

    def test_a_district_writes_for_itself_and_its_halls(self, district, other_hall):
        for where in ("district:禾塘区", "hall:H01"):
            assert district.post(f"{EVENTS}new/", an_event(where=where)).status_code == 302
        for where in ("city", "hall:H02", "district:桂澜区"):
            assert district.post(f"{EVENTS}new/", an_event(where=where)).status_code == 400
        assert set(DemandEvent.objects.values_list("district", flat=True)) == {"禾塘区", ""}

    @pytest.mark.parametrize("place", [{}, {"district": "禾塘区"}])
    def test_what_belongs_to_more_than_the_hall_is_only_read(self, boss, hall, place):
        theirs = event(**place)

        page = boss.get(EVENTS)
        assert "Exam" in words_of(page)
        assert f"{EVENTS}{theirs.pk}/" not in text_of(page)
        assert boss.get(f"{EVENTS}{theirs.pk}/").status_code == 403
        assert boss.post(f"{EVENTS}{theirs.pk}/remove/", {"key": "k"}).status_code == 403
        assert DemandEvent.objects.exists()

    @pytest.mark.parametrize(
        ("wrong", "said", "status"),
        [
            ({"last_day": "2027-06-25"}, "The last day comes before the first.", 409),
            ({"last_day": "2029-06-25"}, "An event lasts at most a year.", 409),
            ({"uplift_percent": "901"}, "Enter a number from -100", 409),
            ({"uplift_percent": "-101"}, "Enter a number from -100", 409),
            ({"uplift_percent": "9" * 30}, "Enter a number from -100", 409),
            ({"uplift_percent": "many"}, "Enter a whole number.", 400),
            ({"name_zh": ""}, "Enter the name.", 400),
            ({"first_day": ""}, "Enter the day.", 400),
            ({"name_zh": "a\x00b"}, "Null characters", 400),
        ],
    )
    def test_refuses_in_words_and_keeps_what_was_typed(self, boss, wrong, said, status):
        answer = boss.post(f"{EVENTS}new/", an_event(**wrong))

        assert answer.status_code == status
        assert said in words_of(answer)
        assert 'value="candidates"' in text_of(answer)
        assert not DemandEvent.objects.exists()

    def test_one_that_is_gone_is_not_found(self, boss):
        assert boss.get(f"{EVENTS}99/").status_code == 404
        assert boss.get(f"{EVENTS}{2**70}/").status_code == 404
