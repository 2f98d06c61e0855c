"""What an administrator enters: rules of the whole city, roles in no hall alone."""

from datetime import date

import pytest

from windows.models import Rule, Staff

pytestmark = pytest.mark.django_db


def test_a_rule_for_the_whole_city_is_added(client):
    client.force_login(Staff.objects.create_superuser("boss", password="-"))
    asked = {"name": "hold_minutes", "hall": "", "value": "20", "effective_on": "2027-03-01"}

    answer = client.post("/admin/windows/rule/add/", asked)

    assert answer.status_code == 302, answer.content.decode()
    rule = Rule.objects.get(name="hold_minutes", effective_on=date(2027, 3, 1))
    assert (rule.hall, rule.value) == (None, 20)
