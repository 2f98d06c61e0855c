"""Numbers as a person would say them."""

import pytest
from django.utils import translation

from appointments import saying


@pytest.mark.parametrize(
    ("hours", "english", "chinese"),
    [
        (1.0, "1 staff hour", "人员工时 1 小时"),
        (0.5, "0.5 staff hours", "人员工时 0.5 小时"),
        (1.5, "1.5 staff hours", "人员工时 1.5 小时"),
        (9, "9 staff hours", "人员工时 9 小时"),
    ],
)
def test_staff_hours(hours, english, chinese):
    with translation.override("en"):
        assert saying.staff_hours_words(hours) == english
    with translation.override("zh-hans"):
        assert saying.staff_hours_words(hours) == chinese
