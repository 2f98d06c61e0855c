from windows.models.hall import Hall, Window
from windows.models.matter import Material, Matter
from windows.models.once import PeriodicRun, RequestKey
from windows.models.rule import Rule
from windows.models.session import HallSession, SessionWindow, Slot
from windows.models.staff import (
    Break,
    DeviceToken,
    OvertimeEntry,
    PlannedBreak,
    Shift,
    Staff,
    StaffRole,
)

__all__ = [
    "Break",
    "DeviceToken",
    "Hall",
    "HallSession",
    "Material",
    "Matter",
    "OvertimeEntry",
    "PeriodicRun",
    "PlannedBreak",
    "RequestKey",
    "Rule",
    "SessionWindow",
    "Shift",
    "Slot",
    "Staff",
    "StaffRole",
    "Window",
]
