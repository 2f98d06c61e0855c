"""The door of the engine for pages, calls and remedies: ask, see, change."""

from appointments.changes.applying import apply_change
from appointments.changes.picturing import (
    Applied,
    ChangePreview,
    HourRow,
    Losing,
    Minutes,
    Place,
    SlotChange,
)
from appointments.changes.previewing import preview_change
from appointments.changes.wanting import (
    Ask,
    Changed,
    ClosureInOrder,
    ClosureInPast,
    ClosureTooLong,
    HasDraw,
    NotASlotsStart,
    NothingChanges,
    NotLonger,
    NotShorter,
    PeopleAreHere,
    TooLate,
)
from windows.closing_halls import ClosedAlready

__all__ = [
    "Applied",
    "Ask",
    "ChangePreview",
    "Changed",
    "ClosedAlready",
    "ClosureInOrder",
    "ClosureInPast",
    "ClosureTooLong",
    "HasDraw",
    "HourRow",
    "Losing",
    "Minutes",
    "NotASlotsStart",
    "NotLonger",
    "NotShorter",
    "NothingChanges",
    "PeopleAreHere",
    "Place",
    "SlotChange",
    "TooLate",
    "apply_change",
    "preview_change",
]
