"""Which matters a session serves: those of its staffed windows, within its own list.

`HallSession.matter_ids` is that list (a student session may do renewals only); an empty one
leaves all that the windows serve. Statements say the same with `WITHIN`, where `x` is the
session. Walk-ins are never turned away for it: it restricts what is booked.
"""

from django.db.models import Q, QuerySet

from windows.models import HallSession, Matter

WITHIN = "(cardinality(x.matter_ids) = 0 OR {matter} = ANY(x.matter_ids))"


def matters_of(session: HallSession) -> QuerySet[Matter]:
    """The matters that the session serves, also those that are no longer offered."""
    windows = Q(windows__staffed__session=session, windows__staffed__is_cancelled=False)
    within = Q(pk__in=session.matter_ids) if session.matter_ids else Q()
    return Matter.objects.filter(windows, within).distinct()


def served(session: HallSession) -> list[Matter]:
    """The offered matters that can be booked in the session, in their order."""
    return list(matters_of(session).filter(is_offered=True).order_by("position", "pk"))
