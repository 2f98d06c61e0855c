"""The journal of bookings: one line per change, in the command's transaction."""

from datetime import datetime

from appointments.models import Booking, BookingEvent
from windows.models import Staff


def record(
    booking: Booking,
    kind: str,
    *,
    now: datetime,
    was: str,
    by: Staff | None = None,
    **facts: object,
) -> None:
    """Writes what happened to the booking and what its state is now."""
    BookingEvent.objects.create(
        booking=booking,
        at=now,
        kind=kind,
        from_state=was,
        to_state=booking.state,
        by=by,
        facts=facts,
    )
