"""After every race the database is asked the questions of `check_invariants`."""

from appointments.invariants import holds
from tests.conftest import NOON


def nothing_is_broken() -> None:
    broken = holds(NOON)
    assert broken == []
