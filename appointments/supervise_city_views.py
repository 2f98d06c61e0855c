"""The whole city on one page."""

from datetime import date

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from appointments import saying
from appointments.city_page import city_page
from appointments.overseen_halls import overseen
from appointments.supervise_views import READERS, WHO, show
from config import civil
from windows.access import ADMIN, AUDITOR, halls_of, staff_page
from windows.models import Hall, Staff
from windows.reach import roles_in_city


@never_cache
@staff_page(*READERS)
@require_safe
def supervise_city(request: HttpRequest) -> HttpResponse:
    """How full the next days of one's halls are, who waits there, where a session helps."""
    now = civil.now()
    halls = list(_halls_seen(request.user, civil.city_date(now)))
    view = city_page(halls, asked=request.GET, now=now)
    context = {
        "here": "city",
        "runs_halls": any(getattr(hall, "is_mine", False) for hall in halls),
        "sees_messages": any(getattr(hall, "sees_messages", False) for hall in halls),
        "view": view,
        "day": saying.long_day(civil.city_date(now)),
        "clock": saying.clock(now),
    }
    return show(request, "city", context)


def _halls_seen(staff: Staff | AnonymousUser, day: date) -> QuerySet[Hall]:
    """The halls that the person reads about, and whether messages too: in one query."""
    return overseen(halls_of(staff, *READERS), mine=halls_of(staff, *WHO), day=day).annotate(
        sees_messages=Exists(roles_in_city(staff, ADMIN, AUDITOR))
    )
