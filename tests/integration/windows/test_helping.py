"""Help from a neighbour: asked, granted by name, refused, taken back; what lent people may do.

# C3 C26
"""

from datetime import timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from config.refusals import NotFound
from queues.calling import call_next, finish, sign_out, start
from queues.handing_over import NotOneOfTheHall, hand_over
from queues.issuing import issue_walk_in
from tests.conftest import NOON, make_session, make_staff
from windows import helping, rostering
from windows.access import CLERK, SUPERVISOR, halls_of, has_role
from windows.lending import is_lent
from windows.models import HelpRequest, RosterEntry, Window
from windows.rostering import PlannedElsewhere
from windows.sessions import SessionOver
from windows.shifts import sign_in

pytestmark = pytest.mark.django_db
TWO = NOON + timedelta(hours=2)


@pytest.fixture
def neighbour(other_hall):
    """Runs the other hall."""
    return make_staff("neighbour", other_hall, "supervisor")


@pytest.fixture
def wang(other_hall):
    return make_staff("wang", other_hall, "clerk")


def period(begins, ends) -> DateTimeTZRange:
    return DateTimeTZRange(NOON + timedelta(hours=begins), NOON + timedelta(hours=ends))


@pytest.fixture
def asked(session, other_hall, supervisor):
    """From 14:00 to 16:00, two people."""
    return helping.ask(
        session=session, of_hall=other_hall, people=2, period=period(2, 4), by=supervisor, now=NOON
    )


@pytest.fixture
def granted(asked, wang, neighbour):
    return helping.grant(request=asked, staff=[wang], by=neighbour, now=NOON)


class TestAsking:
    def test_a_hall_asks_for_the_rest_of_the_session(self, session, other_hall, supervisor):
        made = helping.ask(session=session, of_hall=other_hall, people=1, by=supervisor, now=NOON)

        assert (made.period.lower, made.period.upper) == (NOON, session.ends_at)
        assert made.state == "asked"

    @pytest.mark.parametrize(
        ("wrong", "refusal"),
        [
            ({"people": 0}, helping.HowMany),
            ({"people": 21}, helping.HowMany),
            ({"people": -3}, helping.HowMany),
            ({"period": period(2, 9)}, helping.HoursNotFitting),
            ({"period": period(2, 2.1)}, helping.HoursNotFitting),
            ({"period": period(4, 3)}, helping.HoursNotFitting),
            ({"period": period(-3, -1)}, helping.HoursNotFitting),
            ({"now": NOON + timedelta(hours=6)}, SessionOver),
        ],
    )
    def test_what_cannot_be_is_refused(self, session, other_hall, supervisor, wrong, refusal):
        said = {"people": 1, "now": NOON, **wrong}

        with pytest.raises(refusal):
            helping.ask(session=session, of_hall=other_hall, by=supervisor, **said)

        assert not HelpRequest.objects.exists()

    def test_ones_own_hall_is_no_neighbour(self, session, hall, supervisor):
        with pytest.raises(helping.OwnHall):
            helping.ask(session=session, of_hall=hall, people=1, by=supervisor, now=NOON)

    def test_a_neighbour_is_asked_once_and_the_question_is_named(self, asked, supervisor):
        with pytest.raises(helping.AskedAlready) as refused:
            helping.ask(
                session=asked.session, of_hall=asked.of_hall, people=1, by=supervisor, now=NOON
            )

        assert refused.value.body()["facts"] == {"help": asked.pk}

    def test_after_a_refusal_one_may_ask_again(self, asked, neighbour, supervisor):
        helping.refuse(request=asked, answer="Full ourselves", by=neighbour, now=NOON)

        helping.ask(session=asked.session, of_hall=asked.of_hall, people=1, by=supervisor, now=NOON)

        assert HelpRequest.objects.count() == 2


class TestAnswering:
    def test_who_is_lent_is_planned_in_the_asking_hall(self, granted, wang):
        entry = RosterEntry.objects.get(staff=wang)

        assert granted.state == "granted"
        assert (entry.session, entry.window, entry.period) == (
            granted.session, None, period(2, 4),
        )  # fmt: skip

    def test_their_supervisor_gives_them_a_window(self, granted, wang, windows, supervisor):
        entry = RosterEntry.objects.get(staff=wang)

        moved = rostering.move(entry=entry, window=windows[1], by=supervisor, now=NOON)

        assert (moved.staff, moved.window) == (wang, windows[1])

    def test_only_ones_own_people_are_lent_and_no_more_than_asked(
        self, asked, neighbour, clerks, other_hall
    ):
        with pytest.raises(helping.NotYours):
            helping.grant(request=asked, staff=[clerks[0]], by=neighbour, now=NOON)
        three = [make_staff(f"lent-{n}", other_hall, "clerk") for n in range(3)]
        with pytest.raises(helping.MoreThanAsked):
            helping.grant(request=asked, staff=three, by=neighbour, now=NOON)
        with pytest.raises(helping.NobodyNamed):
            helping.grant(request=asked, staff=[], by=neighbour, now=NOON)
        assert not RosterEntry.objects.exists()

    def test_nobody_is_in_two_halls_at_once(self, asked, wang, neighbour, other_hall):
        theirs = Window.objects.create(hall=other_hall, number=1)
        own = make_session(other_hall, [theirs])
        rostering.assign(staff=wang, session=own, window=theirs, by=neighbour, now=NOON)

        with pytest.raises(PlannedElsewhere):
            helping.grant(request=asked, staff=[wang], by=neighbour, now=NOON)

        asked.refresh_from_db()
        assert (asked.state, asked.lent.count()) == ("asked", 0)

    def test_an_answer_stands(self, granted, wang, neighbour):
        with pytest.raises(helping.AnsweredAlready):
            helping.refuse(request=granted, answer="No", by=neighbour, now=NOON)
        with pytest.raises(helping.AnsweredAlready):
            helping.grant(request=granted, staff=[wang], by=neighbour, now=NOON)

    def test_a_refusal_has_its_reason(self, asked, neighbour):
        with pytest.raises(helping.NoReason):
            helping.refuse(request=asked, answer="  ", by=neighbour, now=NOON)

    def test_nobody_is_lent_for_what_is_over(self, asked, wang, neighbour):
        with pytest.raises(helping.TooLate):
            helping.grant(
                request=asked, staff=[wang], by=neighbour, now=NOON + timedelta(hours=4, minutes=1)
            )

    def test_what_is_over_stays_in_the_roster(self, granted, supervisor):
        with pytest.raises(helping.TooLate):
            helping.withdraw(request=granted, by=supervisor, now=helping.hours_of(granted)[1])

        assert RosterEntry.objects.filter(is_cancelled=False).exists()

    def test_taken_back_nobody_is_planned_any_more(self, granted, supervisor):
        for _twice in range(2):
            taken = helping.withdraw(request=granted, by=supervisor, now=NOON)

        assert taken.state == "withdrawn"
        assert not RosterEntry.objects.filter(is_cancelled=False).exists()

    def test_taken_back_in_the_middle_what_was_worked_stays(
        self, granted, wang, windows, supervisor
    ):
        entry = RosterEntry.objects.get(staff=wang)
        begun = rostering.move(entry=entry, window=windows[1], by=supervisor, now=NOON)
        three = NOON + timedelta(hours=3)

        for later in (0, 30):
            helping.withdraw(request=granted, by=supervisor, now=three + timedelta(minutes=later))

        begun.refresh_from_db()
        assert (begun.is_cancelled, begun.period) == (False, period(2, 3))
        assert rostering.planned_at(windows[1], three) is None

    def test_taken_back_after_a_part_was_over_the_part_stays(
        self, granted, wang, windows, supervisor, session
    ):
        whole = RosterEntry.objects.get(staff=wang)
        rostering.remove(entry=whole, by=supervisor, now=NOON)
        for begins, ends in ((2, 2.5), (3.5, 4)):
            rostering.assign(
                staff=wang, session=session, window=windows[0], period=period(begins, ends),
                by=supervisor, now=NOON,
            )  # fmt: skip

        helping.withdraw(request=granted, by=supervisor, now=NOON + timedelta(hours=3))

        kept = RosterEntry.objects.get(is_cancelled=False)
        assert kept.period == period(2, 2.5)


class TestLentPeople:
    @pytest.mark.parametrize(
        ("minutes", "may"), [(89, False), (90, True), (120, True), (239, True), (240, False)]
    )
    def test_may_sign_in_from_half_an_hour_before_until_the_end(
        self, granted, wang, windows, minutes, may
    ):
        at = NOON + timedelta(minutes=minutes)

        assert is_lent(wang, granted.hall, at) is may
        if may:
            assert sign_in(staff=wang, window=windows[0], now=at).staff == wang
            return
        with pytest.raises(NotFound):
            sign_in(staff=wang, window=windows[0], now=at)

    def test_others_of_their_hall_may_not(self, granted, windows, stranger_clerk):
        with pytest.raises(NotFound):
            sign_in(staff=stranger_clerk, window=windows[0], now=TWO)

    def test_call_and_serve_there(self, granted, wang, windows, hall, renewal):
        sign_in(staff=wang, window=windows[0], now=TWO)
        issue_walk_in(hall=hall, matter=renewal, now=TWO)

        ticket = call_next(window=windows[0], staff=wang, now=TWO)
        start(ticket=ticket, staff=wang, now=TWO)
        done = finish(ticket=ticket, staff=wang, now=TWO + timedelta(minutes=5))

        assert done.state == "finished"

    def test_serve_until_they_sign_out_although_the_time_is_over(
        self, granted, wang, windows, hall, renewal, supervisor
    ):
        sign_in(staff=wang, window=windows[0], now=TWO)
        issue_walk_in(hall=hall, matter=renewal, now=TWO)
        ticket = call_next(window=windows[0], staff=wang, now=TWO)
        helping.withdraw(request=granted, by=supervisor, now=TWO)
        late = NOON + timedelta(hours=5)

        assert finish(ticket=ticket, staff=wang, now=late).state == "finished"

        sign_out(staff=wang, now=late)
        assert not has_role(wang, hall, CLERK)
        with pytest.raises(NotFound):
            sign_in(staff=wang, window=windows[0], now=late)

    def test_are_clerks_there_and_nothing_more_and_only_while_signed_in(
        self, asked, neighbour, windows, hall, other_hall
    ):
        helping.grant(request=asked, staff=[neighbour], by=neighbour, now=NOON)
        assert not has_role(neighbour, hall, CLERK)

        sign_in(staff=neighbour, window=windows[0], now=TWO)

        assert has_role(neighbour, hall, CLERK, SUPERVISOR)
        assert not has_role(neighbour, hall, SUPERVISOR)
        assert set(halls_of(neighbour, CLERK)) == {hall}
        assert set(halls_of(neighbour, SUPERVISOR)) == {other_hall}

    def test_take_over_a_window(self, granted, wang, clerk, windows):
        sign_in(staff=clerk, window=windows[0], now=NOON)
        with pytest.raises(NotOneOfTheHall):
            hand_over(staff=clerk, to=wang, now=NOON)

        assert hand_over(staff=clerk, to=wang, now=TWO).staff == wang
