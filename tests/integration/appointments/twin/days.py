"""Instants of the day that the twin plays."""

from datetime import date, time, timedelta

from config import civil
from tests.conftest import DAY

WEEK = timedelta(days=7)
MIDNIGHT = civil.city_day(DAY)[0]


def instant(minutes: float, day: date = DAY):
    return civil.city_day(day)[0] + timedelta(minutes=minutes)


def on_the_wall(day: date, hour: int, minute: int = 0):
    return civil.city_instant(day, time(hour, minute))
