"""The whole city on one page."""

from datetime import date

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from appointments import saying
from appointments.city_page import city_page
from appointments.foreseeing_need import newest_run
from appointments.overseeing import LIMITS
from appointments.supervise_views import READERS, WHO, show
from config import civil
from windows.access import ADMIN, AUDITOR, halls_of, staff_page
from windows.models import Hall, HallSession, KindDefault, Staff, Window
from windows.reach import roles_in_city
from windows.rules import rule_by_hall


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
    """The halls that the person reads about; whether they run them, how many windows there
    are, the hours of an evening and of a weekend there, when it is full: in one query."""
    in_use = Window.objects.filter(hall=OuterRef("pk"), is_in_use=True).order_by()
    hours = {
        f"{kind}_{end}": Subquery(
            KindDefault.objects.filter(Q(hall=OuterRef("pk")) | Q(hall=None))
            .filter(kind=kind, effective_on__lte=day, opens__isnull=False)
            .order_by(F("hall").asc(nulls_last=True), "-effective_on")
            .values(end)[:1]
        )
        for kind in (HallSession.Kind.NIGHT, HallSession.Kind.WEEKEND)
        for end in ("opens", "closes")
    }
    return (
        halls_of(staff, *READERS)
        .filter(is_open=True)
        .annotate(
            is_mine=Exists(halls_of(staff, *WHO).filter(pk=OuterRef("pk"))),
            sees_messages=Exists(roles_in_city(staff, ADMIN, AUDITOR)),
            windows_in_use=Coalesce(
                Subquery(in_use.values("hall").annotate(n=Count("pk")).values("n")), 0
            ),
            newest_forecast=newest_run(day),
            **hours,
            **{name: rule_by_hall(name, day) for name in LIMITS},
        )
        .order_by("code")
    )
