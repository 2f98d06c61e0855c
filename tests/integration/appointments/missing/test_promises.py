"""No later rule punishes: the rules of the booking's day decide. # C30"""

from datetime import timedelta

import pytest

from appointments.housekeeping import close_day
from appointments.missing import days_closed
from appointments.models import Closure, MissedVisit
from tests.conftest import DAY, NOON, slot_at
from tests.integration.appointments.missing.conftest import EVENING
from windows.models import Rule

pytestmark = pytest.mark.django_db


class TestNoRulePunishesBackwards:
    """Mutant: with the rule of the day on which the visit was missed, each closes."""

    def test_a_stricter_rule_leaves_promises_alone(self, miss):
        Rule.objects.create(name="missed_most", value=1, effective_on=DAY)
        Rule.objects.create(name="missed_closed_days", value=365, effective_on=DAY)

        visit = miss(made=NOON - timedelta(days=1))

        assert (visit.most, visit.closed_days) == (3, 30)
        assert not Closure.objects.exists()

    def test_a_row_changed_after_the_booking_changes_nothing(self, book, staffed):
        rule = Rule.objects.create(name="missed_most", value=3, effective_on=DAY - timedelta(9))
        book(slot_at(staffed, 15))
        Rule.objects.create(name="missed_most", value=1, effective_on=DAY + timedelta(days=1))
        close_day(day=DAY, now=EVENING)

        Rule.objects.filter(pk=rule.pk).update(value=1)

        assert MissedVisit.objects.get().most == 3

    def test_old_visits_do_not_fill_a_stricter_rule(self, miss):
        miss(0)
        miss(1)
        Rule.objects.create(name="missed_most", value=2, effective_on=DAY + timedelta(days=2))

        miss(4)
        assert Closure.objects.count() == 1  # three are three under either rule

    def test_one_of_two_under_the_old_promise_of_three(self, miss):
        miss(0)
        Rule.objects.create(name="missed_most", value=2, effective_on=DAY + timedelta(days=1))

        miss(1)

        assert not Closure.objects.exists()

    @pytest.mark.parametrize(
        ("rules", "closes"),
        [
            ([], None),
            ([(3, 30)] * 2, None),
            ([(3, 30)] * 3, 30),
            ([(3, 30), (2, 90)], None),
            ([(3, 30), (2, 90), (2, 90)], 90),
            ([(3, 30), (3, 30), (2, 90)], 30),
            ([(2, 30), (5, 60)], None),
            ([(1, 7), (5, 60)], 7),
            ([(3, 0)] * 3, 0),
        ],
    )
    def test_the_mildest_promise_decides(self, rules, closes):
        visits = [MissedVisit(most=most, closed_days=days) for most, days in rules]

        assert days_closed(visits) == closes
