"""Who may open which page, and change what: every page of the house times every role.

A page that is not listed here fails the first test, so that nobody adds one without saying
who it is for. Rows of other halls are looked for under each role in its own hall.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.conftest import make_staff
from windows.models import StaffRole

CLERK, GUIDE, AGENT = "clerk", "guide", "agent"
SUPERVISOR, ADMIN, VIEWER, AUDITOR = "supervisor", "admin", "viewer", "auditor"
ROLES = [CLERK, GUIDE, AGENT, SUPERVISOR, ADMIN, VIEWER, AUDITOR]

# Who: the names of the pages, whatever is asked of them.
PAGES: dict[tuple[str, ...], str] = {
    (CLERK, SUPERVISOR): "desk desk_line desk_do",
    (GUIDE, SUPERVISOR): """floor floor_give floor_check_in floor_line floor_give_back
        floor_again floor_papers floor_priority""",
    (AGENT, GUIDE, SUPERVISOR): "assist assist_look assist_who assist_slip assist_booking",
    (CLERK, GUIDE, SUPERVISOR): """desk_roster desk_roster_ask desk_roster_answer
        desk_absence_ask desk_absence_withdraw""",
    # Seen by who looks on, changed by who answers for it.
    (SUPERVISOR, ADMIN, VIEWER): """supervise supervise_live supervise_help supervise_session
        supervise_change supervise_change_preview supervise_changed supervise_change_people
        supervise_close supervise_close_preview supervise_closure supervise_closure_people
        supervise_roster supervise_roster_month supervise_points supervise_links
        supervise_link_poster supervise_plans supervise_kinds supervise_series_of
        supervise_places_of""",
    (SUPERVISOR, ADMIN, VIEWER, AUDITOR): """supervise_report supervise_city supervise_charts
        supervise_reports supervise_reports_month supervise_reports_day
        supervise_quotas supervise_calendar supervise_events supervise_cohorts supervise_rebalancing
        supervise_rebalance_run supervise_demand supervise_demand_day supervise_forecast""",
    (SUPERVISOR, ADMIN): """supervise_devices supervise_device_pair supervise_device_change
        supervise_device_revoke supervise_remedy supervise_remedy_undo supervise_remedy_call_off
        supervise_help_ask supervise_help_grant supervise_help_refuse supervise_help_withdraw
        supervise_open supervise_preview supervise_overtime supervise_session_undo
        supervise_appeals supervise_appeal supervise_load supervise_break supervise_break_drop
        supervise_voice supervise_voice_test supervise_estimates supervise_quotas_undo
        supervise_rebalance_decide supervise_rebalance_try supervise_staff_proposal
        supervise_demand_fact supervise_demand_journal supervise_reports_correct
        supervise_calendar_day supervise_event_new supervise_event
        supervise_cohort_new supervise_cohort supervise_cohort_remove
        supervise_event_remove supervise_change_undo supervise_closure_undo supervise_reopen
        supervise_closures supervise_closures_done
        supervise_roster_place supervise_roster_break supervise_roster_remove
        supervise_roster_move supervise_roster_swap supervise_roster_plan supervise_people
        supervise_person supervise_absence supervise_absence_withdraw
        supervise_absence_asked supervise_time_off
        supervise_time_off_of supervise_point_state supervise_link_make supervise_link_revoke
        supervise_import supervise_import_look supervise_export
        supervise_plan_new supervise_plan supervise_plan_end supervise_kind supervise_series
        supervise_copy supervise_series_undo supervise_places supervise_places_undo
        supervise_numbers supervise_number_let_in supervise_number_aside ops_words ops_word""",
    # Of the whole city.
    (ADMIN,): """supervise_calendar_notice
        ops_messages ops_messages_live ops_message""",  # these by auditors of the city as well
}
ALLOWED = {name: set(who) for who, names in PAGES.items() for name in names.split()}
# Pages that show what would be, and write nothing: also for who only looks on.
ONLY_SHOWN = {"supervise_change_preview", "supervise_close_preview"}
ARGUMENTS = {
    "slug": "x", "str": "x", "int": 1, "uuid": "00000000-0000-0000-0000-000000000007",
}  # fmt: skip


def patterns(of: list[Any]) -> Iterator[URLPattern]:
    for one in of:
        if isinstance(one, URLResolver):
            if one.app_name not in ("admin", "djdt") and one.namespace != "admin":
                yield from patterns(one.url_patterns)
        else:
            yield one


def guarded() -> dict[str, URLPattern]:
    """The pages of staff: those whose view asks for a role."""
    found = {}
    for one in patterns(get_resolver().url_patterns):
        if hasattr(one.callback, "allowed_roles"):
            found[str(one.name)] = one
    return found


def path_of(name: str) -> str:
    """The page with arguments that name nothing."""
    route = str(guarded()[name].pattern)
    given = {
        arg: ARGUMENTS[kind] for kind, arg in re.findall(r"<(?:(\w+):)?(\w+)>", route)
    }  # fmt: skip
    return reverse(f"appointments:{name}", kwargs=given)


def signed_in(username: str, hall: Any, role: str) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(make_staff(username, hall, role))
    return client


def is_denied(answer: Any) -> bool:
    return answer.status_code == 403


def test_every_page_of_staff_says_whom_it_is_for():
    assert sorted(guarded()) == sorted(ALLOWED)


def test_supervisors_pages_are_all_guarded():
    """A page below /supervise/, /desk/ or /floor/ that asks for no role is open to all."""
    open_ones = [
        str(one.pattern)
        for one in patterns(get_resolver().url_patterns)
        if re.match(r"(supervise|desk|floor|ops)/", str(one.pattern))
        and not hasattr(one.callback, "allowed_roles")
    ]

    assert open_ones == []


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_its_pages_and_no_others(role, hall, session):
    client = signed_in(role, None if role == ADMIN else hall, role)

    denied = {name for name in ALLOWED if is_denied(client.get(path_of(name)))}

    assert denied == {name for name, who in ALLOWED.items() if role not in who}


def test_nobody_opens_anything_without_signing_in(client, hall):
    sent_to = {client.get(path_of(name)).headers.get("Location", "")[:7] for name in ALLOWED}

    assert sent_to == {"/login/"}


@pytest.mark.parametrize("role", [VIEWER, AUDITOR])
def test_who_looks_on_changes_nothing(role, hall, session):
    client = signed_in(role, hall, role)

    took = {
        name: status
        for name in set(ALLOWED) - ONLY_SHOWN
        if (status := client.post(path_of(name)).status_code) not in (403, 404, 405)
    }

    assert took == {}


def test_another_halls_pages_are_absent(hall, other_hall, session, windows):
    """Each page that is asked for a hall by name: another's looks like none."""
    supervisor = signed_in("mine", hall, SUPERVISOR)
    of_district = signed_in("theirs", None, SUPERVISOR)
    StaffRole.objects.filter(staff__username="theirs").update(district=hall.district_zh)
    admin = signed_in("all", None, ADMIN)
    asked = {}
    for name in HALL_PAGES:
        url = f"{path_of(name)}?hall="
        asked[name] = [
            who.get(url + code).status_code
            for who in (supervisor, of_district, admin)
            for code in ("H01", "H02")
        ]

    assert asked == dict.fromkeys(HALL_PAGES, [200, 404, 200, 404, 200, 200])


HALL_PAGES = [
    "supervise", "supervise_open", "supervise_overtime", "supervise_load", "supervise_devices",
    "supervise_numbers",
    "supervise_voice", "supervise_estimates", "supervise_report", "supervise_roster",
    "supervise_reports_month",
]  # fmt: skip


def test_a_session_of_another_hall_is_absent(hall, other_hall, session):
    """The same row: seen by its own hall, its district and the city; a 404 for all others."""
    path = reverse("appointments:supervise_session", args=[session.pk])
    own = signed_in("mine", hall, SUPERVISOR)
    other = signed_in("other", other_hall, SUPERVISOR)
    looks_on = signed_in("viewer-here", hall, VIEWER)
    looks_there = signed_in("viewer-there", other_hall, VIEWER)

    answers = [who.get(path).status_code for who in (own, other, looks_on, looks_there)]

    assert answers == [200, 404, 200, 404]
