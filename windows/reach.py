"""How far a person's rights reach beyond one hall: a district, or the whole city."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from windows.models import Hall, Staff, StaffRole


def runs_city(staff: Staff | AnonymousUser, *roles: str) -> bool:
    """Whether the person has one of the roles for the whole city."""
    if not staff.is_authenticated:
        return False
    return roles_in_city(staff, *roles).exists()


def roles_in_city(staff: Staff | AnonymousUser, *roles: str) -> QuerySet[StaffRole]:
    """Which of the roles the person has for the whole city."""
    return _held(staff, *roles).filter(hall__isnull=True, district="")


def runs_district(staff: Staff | AnonymousUser, district: str, *roles: str) -> bool:
    """Whether the person has one of the roles for the whole district."""
    if not staff.is_authenticated:
        return False
    place = Q(district=district) | Q(district="")
    return _held(staff, *roles).filter(place, hall__isnull=True).exists()


def districts_of(staff: Staff | AnonymousUser, *roles: str) -> list[tuple[str, str]]:
    """The districts that the person runs as a whole: their names in both languages."""
    if not staff.is_authenticated:
        return []
    halls = Hall.objects.order_by("district_zh", "district_en")
    if not runs_city(staff, *roles):
        mine = _held(staff, *roles).filter(hall__isnull=True).values("district")
        halls = halls.filter(district_zh__in=mine)
    return list(halls.values_list("district_zh", "district_en").distinct())


def _held(staff: Staff | AnonymousUser, *roles: str) -> QuerySet[StaffRole]:
    return StaffRole.objects.filter(staff_id=staff.pk or 0, role__in=roles)
