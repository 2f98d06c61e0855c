"""One valid row of what supervisors write, and what no command would do to it."""

from datetime import time, timedelta
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from appointments.models import Displaced
from tests.conftest import DAY, NOON, make_staff
from tests.integration.breaking import again, change
from windows.models import (
    Absence,
    AbsenceRequest,
    DemandEvent,
    Hall,
    HallClosure,
    HallSession,
    HelpRequest,
    ImportDraft,
    KindDefault,
    OvertimeEntry,
    RosterEntry,
    SelfServicePoint,
    SessionChange,
    SessionLink,
    Slot,
    Staff,
    StaffRole,
    StaffSkill,
    Swap,
    TimeOffEntry,
    WeeklyPlan,
    Window,
    WorkCalendarDay,
)

LATER = NOON + timedelta(minutes=30)
THEN = DateTimeTZRange(NOON, LATER)


def rows_of_supervisors(hall, session, matter, clerk, booking) -> None:
    """The calling test has a hall, a session, a clerk with overtime, and a booking."""
    made = {"made_by": clerk, "made_at": NOON}
    for where in (hall, None):
        KindDefault.objects.create(kind="night", hall=where, effective_on=DAY)
    plan = WeeklyPlan.objects.create(
        hall=hall, kind="regular", weekdays=[1], opens=time(9), closes=time(17), valid_from=DAY,
        valid_until=DAY, walkin_percent=30, assisted_percent=10, **made,
    )  # fmt: skip
    HallSession.objects.filter(pk=session.pk).update(plan=plan)
    WorkCalendarDay.objects.create(day=DAY, is_workday=True, changed_at=NOON)
    DemandEvent.objects.create(
        kind="exam", name_zh="考试", first_day=DAY, last_day=DAY, uplift_percent=20, **made
    )
    ImportDraft.objects.create(
        public_id=UUID(int=7), what="halls", name="a", content=b"", made_by=clerk, made_at=NOON
    )
    StaffSkill.objects.create(staff=clerk, matter=matter)
    StaffRole.objects.create(staff=clerk, district=hall.district_zh, role="viewer")
    entry = RosterEntry.objects.create(
        staff=clerk, session=session, window=Window.objects.get(number=1), period=THEN, **made
    )
    Absence.objects.create(staff=clerk, period=THEN, reason="leave", **made)
    AbsenceRequest.objects.create(staff=clerk, period=THEN, reason="leave", made_at=NOON)
    Swap.objects.create(entry=entry, to=make_staff("another", hall, "clerk"), **made)
    TimeOffEntry.objects.create(
        staff=clerk, kind="grant", minutes=5, on=DAY, expires_on=DAY,
        overtime=OvertimeEntry.objects.get(), **made,
    )  # fmt: skip
    neighbour = Hall.objects.create(code="H02", name_zh="二", name_en="Two")
    HelpRequest.objects.create(
        session=session, hall=hall, of_hall=neighbour, people=1, period=THEN, **made
    )
    SelfServicePoint.objects.create(code="P1", kind="terminal", changed_at=NOON)
    HallClosure.objects.create(hall=hall, period=THEN, reason="weather", **made)
    change = SessionChange.objects.create(session=session, kind="cut", **made)
    SessionLink.objects.create(session=session, reserved_percent=20, releases_at=NOON, **made)
    Displaced.objects.create(
        change=change, booking=booking, old_slot=booking.slot, new_slot=booking.slot,
        state="offered", answer_by=LATER, made_at=NOON,
    )  # fmt: skip


ANOTHER = {"token": "a", "inviter_token": "b"}
PLANS = {
    "kind_default_once_a_day_in_hall": again(KindDefault),
    "kind_default_once_a_day_in_city": lambda: KindDefault.objects.create(
        kind="night", effective_on=DAY
    ),
    "kind_default_shares_fit": change(KindDefault, walkin_percent=70, assisted_percent=40),
    "kind_default_slots_sensible": change(KindDefault, slot_minutes=5),
    "plan_names_weekdays": change(WeeklyPlan, weekdays=[]),
    "plan_ends_after_it_begins": change(WeeklyPlan, valid_until=DAY - timedelta(days=1)),
    "plan_has_hours": change(WeeklyPlan, closes=time(9)),
    "plan_shares_fit": change(WeeklyPlan, walkin_percent=91),
    "plan_slots_sensible": change(WeeklyPlan, slot_minutes=121),
    "session_of_plan_once_a_day": again(HallSession),
}
CALENDAR = {
    "calendar_day_once": again(WorkCalendarDay),
    "event_days_in_order": change(DemandEvent, last_day=DAY - timedelta(days=1)),
    "event_uplift_sensible": change(DemandEvent, uplift_percent=-101),
}
STAFF = {
    "import_draft_once": again(ImportDraft),
    "skill_once": again(StaffSkill),
    "role_once_in_district": lambda: StaffRole.objects.create(
        staff=StaffRole.objects.get(role="viewer").staff,
        district=StaffRole.objects.get(role="viewer").district,
        role="viewer",
    ),
    "role_for_hall_or_district": lambda: StaffRole.objects.filter(role="viewer").update(
        hall=Hall.objects.get(code="H01")
    ),
}
ROSTERS = {
    "roster_nobody_twice_at_once": again(RosterEntry, window=None),
    "roster_window_once_at_a_time": lambda: again(
        RosterEntry, staff=Staff.objects.get(username="another")
    )(),
    "absence_one_at_a_time": again(Absence),
    "absence_asked_once_at_a_time": again(AbsenceRequest),
    "absence_agreed_is_noted": change(AbsenceRequest, state="agreed"),
    "absence_refused_with_reason": change(AbsenceRequest, state="refused"),
    "absence_request_moves_legally": lambda: [
        change(AbsenceRequest, state=state)() for state in ("withdrawn", "asked")
    ],
    "swap_one_open_per_entry": again(Swap),
    "swap_moves_legally": change(Swap, state="done"),
}
TIME_OFF = {
    "time_off_once_per_overtime": again(TimeOffEntry),
    "time_off_sign_of_its_kind": again(TimeOffEntry, overtime=None, minutes=0),
    "time_off_grant_expires": again(TimeOffEntry, overtime=None, expires_on=None),
    "time_off_append_only": change(TimeOffEntry, minutes=500),
    "time_off_never_overdrawn": again(
        TimeOffEntry, overtime=None, expires_on=None, kind="use", minutes=-6
    ),
}
HELP = {
    "help_from_another_hall": lambda: HelpRequest.objects.update(
        of_hall=Hall.objects.get(code="H01")
    ),
    "help_asks_for_somebody": change(HelpRequest, people=0),
    "help_once_per_session": again(HelpRequest),
    "help_moves_legally": lambda: [
        change(HelpRequest, state=state)() for state in ("refused", "granted")
    ],
}
PLACES = {
    "point_code_once": again(SelfServicePoint),
    "point_out_since_known": change(SelfServicePoint, state="out"),
    "hall_closure_one_at_a_time": again(HallClosure),
}
LINKS = {
    "slot_reserved_within_quota": change(Slot, reserved_taken=1),
    "link_token_once": again(SessionLink, inviter_token="b", reserved_percent=0),
    "link_inviter_token_once": again(SessionLink, token="a", reserved_percent=0),
    "link_reserves_once_per_session": again(SessionLink, **ANOTHER),
    "link_reserve_ends": change(SessionLink, releases_at=None),
}
CHANGES = {
    "displaced_once_per_change": again(Displaced),
    "displaced_offer_has_end": change(Displaced, answer_by=None),
    "displaced_moves_legally": lambda: [
        change(Displaced, state=state)() for state in ("expired", "moved")
    ],
}
SUPERVISORS_CASES = [PLANS, CALENDAR, STAFF, ROSTERS, TIME_OFF, HELP, PLACES, LINKS, CHANGES]
