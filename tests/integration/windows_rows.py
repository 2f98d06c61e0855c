"""One valid row of what halls have and their day needs, and what no command would do to it."""

from datetime import timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from tests.conftest import DAY, NOON, make_session
from tests.integration.breaking import again, change
from windows.models import (
    Break,
    DeviceToken,
    Hall,
    HallSession,
    Material,
    Matter,
    OvertimeEntry,
    PeriodicRun,
    PlannedBreak,
    RequestKey,
    Rule,
    SessionWindow,
    Shift,
    Slot,
    StaffRole,
    Window,
)

LATER = NOON + timedelta(minutes=30)


def rows_of_windows(hall, session, matter, clerk) -> None:
    """The calling test has a clerk who is signed in at a window."""
    StaffRole.objects.create(staff=clerk, hall=None, role="auditor")
    Material.objects.create(matter=matter, position=1, name_zh="旧证", name_en="Old card")
    Rule.objects.create(name="horizon_days", hall=hall, value=14, effective_on=DAY)
    Rule.objects.create(name="horizon_days", hall=None, value=14, effective_on=DAY)
    DeviceToken.objects.create(hall=hall, kind="kiosk", token_hash=b"a", name="a")
    RequestKey.objects.create(actor="a", route="r", key="k", body_hash=b"", made_at=NOON)
    PeriodicRun.objects.create(job="a", period_start=NOON, started_at=NOON)
    shift = Shift.objects.get()
    Break.objects.create(shift=shift, began_at=NOON)
    PlannedBreak.objects.create(window=shift.window, period=DateTimeTZRange(NOON, LATER))
    OvertimeEntry.objects.create(
        staff=shift.staff, shift=shift, session=session, service_day=DAY, minutes=5, made_at=LATER
    )


HALLS = {
    "hall_code_once": again(Hall),
    "window_number_once_in_hall": again(Window),
    "matter_code_once": again(Matter),
    "matter_minutes_sensible": change(Matter, minutes=0),
    "material_position_once": again(Material),
    "rule_once_a_day_in_hall": lambda: again(Rule)(),
    "rule_once_a_day_in_city": lambda: Rule.objects.create(
        name="horizon_days", value=3, effective_on=DAY
    ),
    "device_token_once": again(DeviceToken),
}
ONCE = {
    "request_runs_once": again(RequestKey),
    "period_runs_once": again(PeriodicRun),
}
SESSIONS = {
    "session_ends_after_start": change(HallSession, ends_at=NOON - timedelta(days=1)),
    "window_in_one_session_at_a_time": lambda: make_session(
        Hall.objects.get(code="H01"), list(Window.objects.all()), kind="night"
    ),
    "window_once_in_session": lambda: SessionWindow.objects.create(
        session=HallSession.objects.get(),
        window=Window.objects.first(),
        period=DateTimeTZRange(NOON + timedelta(days=9), NOON + timedelta(days=10)),
    ),
    "slot_online_within_quota": change(Slot, online_taken=91),
    "slot_assisted_within_quota": change(Slot, assisted_taken=1),
    "slot_walkin_not_negative": change(Slot, walkin_quota=-1, online_quota=91),
    "slot_quotas_fill_the_slot": change(Slot, walkin_quota=1),
    "slot_ends_after_start": change(Slot, ends_at=NOON - timedelta(days=1)),
    "slot_start_once": again(Slot),
}
STAFF = {
    "role_once_in_hall": lambda: again(StaffRole)(),
    "role_once_in_city": lambda: StaffRole.objects.create(
        staff=StaffRole.objects.get(role="auditor").staff, role="auditor"
    ),
    "shift_one_clerk_at_a_window": lambda: Shift.objects.create(
        staff=StaffRole.objects.create(
            staff=type(Shift.objects.get().staff).objects.create_user("other"), role="clerk"
        ).staff,
        window=Shift.objects.get().window,
        service_day=DAY,
        period=DateTimeTZRange(LATER, None),
    ),
    "shift_clerk_in_one_place": lambda: Shift.objects.create(
        staff=Shift.objects.get().staff,
        window=Window.objects.get(number=1),
        service_day=DAY,
        period=DateTimeTZRange(LATER, None),
    ),
    "break_one_at_a_time": again(Break),
    "break_ends_after_start": change(Break, ended_at=NOON - timedelta(minutes=1)),
    "planned_break_one_at_a_time": again(PlannedBreak),
    "overtime_once_per_shift": again(OvertimeEntry),
    "overtime_has_minutes": lambda: again(
        OvertimeEntry,
        shift=Shift.objects.create(
            staff=Shift.objects.get().staff,
            window=Window.objects.get(number=1),
            service_day=DAY,
            period=DateTimeTZRange(NOON - timedelta(days=2), NOON - timedelta(days=1)),
        ),
        minutes=0,
    )(),
    "overtime_entry_append_only": change(OvertimeEntry, minutes=60),
}
WINDOWS_CASES = [HALLS, ONCE, SESSIONS, STAFF]
