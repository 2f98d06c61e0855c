from windows.models.hall import Hall, Window
from windows.models.matter import Material, Matter
from windows.models.once import PeriodicRun, RequestKey
from windows.models.rule import Rule
from windows.models.session import HallSession, SessionWindow, Slot
from windows.models.staff import DeviceToken, Shift, Staff, StaffRole

__all__ = [
    "DeviceToken",
    "Hall",
    "HallSession",
    "Material",
    "Matter",
    "PeriodicRun",
    "RequestKey",
    "Rule",
    "SessionWindow",
    "Shift",
    "Slot",
    "Staff",
    "StaffRole",
    "Window",
]
