"""Medians and nine-in-ten over any period, from the parts into which lengths were counted."""

from collections.abc import Mapping

from appointments.reports.names import width_of


def minutes_at(share: float, parts: Mapping[str, int]) -> float | None:
    """The minutes that so great a share did not exceed; None where nobody is counted.

    Within a part people are taken as evenly spread, so the answer is never further from the
    exact one than the part is wide. The last part is open: its beginning is told.
    """
    people = sum(parts.values())
    if people <= 0:
        return None
    wanted, seen = share * people, 0
    told = 0.0
    for edge in sorted(parts):
        if parts[edge] <= 0:
            continue
        first, last = width_of(edge)
        told = float(first if last is None else last)
        if seen + parts[edge] >= wanted:
            if last is None:
                return float(first)
            return first + (last - first) * max(wanted - seen, 0) / parts[edge]
        seen += parts[edge]
    return told
