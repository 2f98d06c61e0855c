"""Rating a service (好差评): once per visit, of free will."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config.refusals import Refusal, refusing
from queues.models import Rating, Ticket


class NotServedYet(Refusal):
    code = "not_served_yet"
    message = _("You can rate the service once it is finished.")


class AlreadyRated(Refusal):
    code = "already_rated"
    message = _("This visit has been rated already. Thank you.")


@transaction.atomic
def rate(
    *, ticket: Ticket, level: int, reasons: Iterable[str] = (), comment: str = "", now: datetime
) -> Rating:
    """The visit has its rating. Refuses: NotServedYet, AlreadyRated."""
    if ticket.state != Ticket.State.FINISHED:
        raise NotServedYet
    with refusing({"rating_once_per_ticket": AlreadyRated}):
        return Rating.objects.create(
            ticket=ticket,
            level=level,
            reasons=sorted(set(reasons)),
            comment=comment.strip(),
            made_at=now,
        )
