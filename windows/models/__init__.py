from windows.models.asked import AbsenceRequest
from windows.models.change import HallClosure, SessionChange, SessionLink
from windows.models.hall import Hall, Window
from windows.models.matter import Material, Matter
from windows.models.once import PeriodicRun, RequestKey
from windows.models.plan import (
    DemandEvent,
    ImportDraft,
    KindDefault,
    WeeklyPlan,
    WorkCalendarDay,
)
from windows.models.point import SelfServicePoint
from windows.models.roster import (
    Absence,
    HelpRequest,
    RosterEntry,
    StaffSkill,
    Swap,
    TimeOffEntry,
)
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
    "Absence",
    "AbsenceRequest",
    "Break",
    "DemandEvent",
    "DeviceToken",
    "Hall",
    "HallClosure",
    "HallSession",
    "HelpRequest",
    "ImportDraft",
    "KindDefault",
    "Material",
    "Matter",
    "OvertimeEntry",
    "PeriodicRun",
    "PlannedBreak",
    "RequestKey",
    "RosterEntry",
    "Rule",
    "SelfServicePoint",
    "SessionChange",
    "SessionLink",
    "SessionWindow",
    "Shift",
    "Slot",
    "Staff",
    "StaffRole",
    "StaffSkill",
    "Swap",
    "TimeOffEntry",
    "WeeklyPlan",
    "Window",
    "WorkCalendarDay",
]
