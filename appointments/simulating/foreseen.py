"""What the nights before would have expected: each from what could be known that night.

The forecasts are the real ones (forecasting/storing.py), made of the facts of the days before
them. So the simulated city can say how right its forecasts were, as one that has lived for weeks.
"""

from datetime import datetime, timedelta

from appointments import nightly

NIGHTS = 14


def remember_nights(now: datetime) -> None:
    """Each of the last nights has its forecast; those that are there stay as they are."""
    nightly.write(now=now)
    for ago in range(NIGHTS, 0, -1):
        nightly.expect(now=now - timedelta(days=ago))
