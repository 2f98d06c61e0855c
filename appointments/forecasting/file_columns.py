"""Which column of a file is which: by its name, in any order; others are passed over.

Files of other systems may name them otherwise, may name a series by several columns (an office and
its queue), give the hour in a column of its own, or have one series only and no name for it.
"""

from appointments.forecasting.file_texts import Unreadable

NAMES = {
    "at": ("at", "datetime", "timestamp", "time", "date_time", "时间", "日期时间"),
    "date": ("date", "day", "ds", "日期", "service_day"),
    "hour": ("hour", "小时"),
    "count": (
        "count", "calls", "arrived", "people", "value", "n", "arrivals", "visits", "visitors",
        "tickets", "total", "y", "人数", "人次", "数量", "件数",
    ),
}  # fmt: skip
OF_SERIES = (
    "series", "queue", "office", "hall", "group_id", "group", "matter",
    "大厅", "派出所", "窗口", "队列", "业务", "事项",
)  # fmt: skip


def columns_of(row: list[str]) -> tuple[dict[str, int], list[int]]:
    """Where each column is, and which name the series. Refuses: Unreadable."""
    given = [cell.strip().lower() for cell in row]
    found = {}
    for wanted, names in NAMES.items():
        place = next((given.index(name) for name in names if name in given), None)
        if place is not None:
            found[wanted] = place
    if "count" not in found or ("at" not in found and "date" not in found):
        raise Unreadable(
            "Line 1: the columns are not those expected: `series,date,count` for days or "
            f"`series,at,count` for times. {understood()}"
        )
    if "date" in found and "at" in found:
        del found["at" if "hour" in found else "date"]
    return found, [place for place, name in enumerate(given) if name in OF_SERIES]


def understood() -> str:
    """The names that a column may have."""
    told = [f"{wanted} ({', '.join(names[1:])})" for wanted, names in NAMES.items()]
    return (
        f"Other names that are understood: {'; '.join(told)}; series ({', '.join(OF_SERIES[1:])})."
    )
