"""A window changes hands while somebody may be sitting there."""

from datetime import datetime

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext_lazy as _

from config.refusals import Refusal, refusing
from windows.access import CLERK, SUPERVISOR, has_role
from windows.lending import is_lent
from windows.models import Shift, Staff
from windows.shifts import (
    NotSignedIn,
    WindowTaken,
    end_shift,
    lock_open_shift,
    lock_place,
    shift_of,
)
from windows.telling import tell_boards


class NotOneOfTheHall(Refusal):
    code = "not_one_of_the_hall"
    message = _("Only a clerk of this hall can take over. Choose somebody else.")
    field = "to"


class IsElsewhere(Refusal):
    code = "is_elsewhere"
    message = _("%(who)s is signed in at window %(number)s and has to sign out there first.")
    field = "to"


@transaction.atomic
def hand_over(*, staff: Staff, to: Staff, now: datetime) -> Shift:
    """Somebody else is at the window from now on; the person there stays, a pause ends.

    Refuses: NotSignedIn, NotOneOfTheHall, IsElsewhere.
    """
    present = shift_of(staff)
    if present is None:
        raise NotSignedIn
    window = present.window
    lock_place([staff, to], window)
    old = lock_open_shift(staff)
    if old.pk != present.pk:
        raise NotSignedIn
    is_ours = has_role(to, window.hall_id, CLERK, SUPERVISOR) or is_lent(to, window.hall_id, now)
    if not (to.is_active and to.pk != staff.pk and is_ours):
        raise NotOneOfTheHall
    elsewhere = shift_of(to)
    if elsewhere is not None:
        raise IsElsewhere(who=str(to), number=elsewhere.window.number)
    begins = end_shift(old, now)
    refusals = {"shift_one_clerk_at_a_window": WindowTaken, "shift_clerk_in_one_place": WindowTaken}
    with refusing(refusals):
        new = Shift.objects.create(
            staff=to,
            window=window,
            service_day=old.service_day,
            period=DateTimeTZRange(begins, None),
        )
    tell_boards(window.hall_id)
    return new
