"""Halls with what a city's page and its advice ask of each, in one query."""

from datetime import date

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from appointments.foreseeing_need import newest_run
from appointments.overseeing import LIMITS
from windows.models import Hall, HallSession, KindDefault, Window
from windows.rules import rule_by_hall


def overseen(halls: QuerySet[Hall], *, mine: QuerySet[Hall], day: date) -> QuerySet[Hall]:
    """The open ones, by code: whether they are among `mine` (`is_mine`), how many windows are
    in use, the hours of an evening and of a weekend there, when each is full."""
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
        halls.filter(is_open=True)
        .annotate(
            is_mine=Exists(mine.filter(pk=OuterRef("pk"))),
            windows_in_use=Coalesce(
                Subquery(in_use.values("hall").annotate(n=Count("pk")).values("n")), 0
            ),
            newest_forecast=newest_run(day),
            **hours,
            **{name: rule_by_hall(name, day) for name in LIMITS},
        )
        .order_by("code")
    )
