"""Addresses of rosters, people, time off, and of everybody's own roster."""

from django.urls import path

from appointments import (
    own_absence_views,
    own_roster_views,
    roster_asked_views,
    roster_month_views,
    roster_people_views,
    roster_plan_views,
    roster_views,
    time_off_views,
)

_roster = "supervise/roster/"
_place = f"{_roster}sessions/<int:pk>/<int:number>/"
_entry = f"{_roster}entries/<int:pk>/"
_absence = "supervise/people/absences/<int:pk>/"
urls = [
    path(_roster, roster_views.supervise_roster, name="supervise_roster"),
    path(
        f"{_roster}month/",
        roster_month_views.supervise_roster_month,
        name="supervise_roster_month",
    ),
    path(_place, roster_views.supervise_roster_place, name="supervise_roster_place"),
    path(f"{_place}break/", roster_views.supervise_roster_break, name="supervise_roster_break"),
    path(f"{_entry}remove/", roster_views.supervise_roster_remove, name="supervise_roster_remove"),
    path(f"{_entry}move/", roster_views.supervise_roster_move, name="supervise_roster_move"),
    path(
        f"{_roster}swaps/<int:pk>/",
        roster_plan_views.supervise_roster_swap,
        name="supervise_roster_swap",
    ),
    path(
        f"{_roster}week/<slug:how>/",
        roster_plan_views.supervise_roster_plan,
        name="supervise_roster_plan",
    ),
    path("supervise/people/", roster_people_views.supervise_people, name="supervise_people"),
    path(
        "supervise/people/<int:pk>/", roster_people_views.supervise_person, name="supervise_person"
    ),
    path(_absence, roster_people_views.supervise_absence, name="supervise_absence"),
    path(
        f"{_absence}withdraw/",
        roster_people_views.supervise_absence_withdraw,
        name="supervise_absence_withdraw",
    ),
    path(
        "supervise/people/asked/<int:pk>/",
        roster_asked_views.supervise_absence_asked,
        name="supervise_absence_asked",
    ),
    path("supervise/timeoff/", time_off_views.supervise_time_off, name="supervise_time_off"),
    path(
        "supervise/timeoff/<int:pk>/",
        time_off_views.supervise_time_off_of,
        name="supervise_time_off_of",
    ),
    path("desk/roster/", own_roster_views.desk_roster, name="desk_roster"),
    path("desk/roster/<int:pk>/ask/", own_roster_views.desk_roster_ask, name="desk_roster_ask"),
    path("desk/roster/absence/", own_absence_views.desk_absence_ask, name="desk_absence_ask"),
    path(
        "desk/roster/absences/<int:pk>/withdraw/",
        own_absence_views.desk_absence_withdraw,
        name="desk_absence_withdraw",
    ),
    path(
        "desk/roster/swaps/<int:pk>/",
        own_roster_views.desk_roster_answer,
        name="desk_roster_answer",
    ),
]
