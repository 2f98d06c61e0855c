"""Who may write how many cards expire, and a month that is known already."""

from datetime import date

import pytest
from django.test import Client

from appointments.models import CardCohort
from tests.conftest import NOON, make_staff
from tests.pages.reading import signed_in
from windows.models import Staff, StaffRole


@pytest.fixture
def city(hall) -> Client:
    return signed_in(make_staff("city", None, "supervisor"))


@pytest.fixture
def district(hall, other_hall) -> Client:
    staff = Staff.objects.create_user("district", is_simulated=True)
    StaffRole.objects.create(staff=staff, role="supervisor", district=hall.district_zh)
    return signed_in(staff)


@pytest.fixture
def may(hall) -> CardCohort:
    """Twelve thousand cards of twenty years expire in May in the whole city."""
    return CardCohort.objects.create(month=date(2027, 5, 1), years=20, cards=12_000, made_at=NOON)
