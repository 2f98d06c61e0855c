"""Which kind of session an advice names, by the hours that it is about."""

from windows.models import HallSession

Kind = HallSession.Kind
NOON, AFTERNOON, EVENING, LATE_ENDS = 11, 14, 17, 19


def kind_at(first_hour: int, ends_hour: int, is_workday: bool) -> str:
    """A day off's session is a weekend's; of a working day the hours decide."""
    if not is_workday:
        return Kind.WEEKEND
    if first_hour >= EVENING:
        return Kind.LATE if ends_hour <= LATE_ENDS else Kind.NIGHT
    return Kind.LUNCH if first_hour >= NOON and ends_hour <= AFTERNOON else Kind.REGULAR
