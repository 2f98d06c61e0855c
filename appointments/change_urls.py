"""Addresses of changing sessions, closing halls, and the citizens' answers."""

from django.urls import path

from appointments import (
    change_views,
    changed_views,
    closing_views,
    closure_views,
    closures_views,
    displaced_views,
)

_closure = "supervise/closures/<int:pk>/"
_session, _change = "supervise/sessions/<int:pk>/", "supervise/changes/<int:pk>/"
urls = [
    path(f"{_session}change/", change_views.supervise_change, name="supervise_change"),
    path(
        f"{_session}change/preview/",
        change_views.supervise_change_preview,
        name="supervise_change_preview",
    ),
    path(_change, changed_views.supervise_changed, name="supervise_changed"),
    path(
        f"{_change}people/",
        changed_views.supervise_change_people,
        name="supervise_change_people",
    ),
    path(
        f"{_change}undo/",
        changed_views.supervise_change_undo,
        name="supervise_change_undo",
    ),
    path("supervise/close/", closing_views.supervise_close, name="supervise_close"),
    path(
        "supervise/close/preview/",
        closing_views.supervise_close_preview,
        name="supervise_close_preview",
    ),
    path("supervise/closures/", closures_views.supervise_closures, name="supervise_closures"),
    path(
        "supervise/closures/done/<slug:pressed>/",
        closures_views.supervise_closures_done,
        name="supervise_closures_done",
    ),
    path(_closure, closure_views.supervise_closure, name="supervise_closure"),
    path(
        f"{_closure}people/",
        closure_views.supervise_closure_people,
        name="supervise_closure_people",
    ),
    path(
        f"{_closure}undo/",
        closure_views.supervise_closure_undo,
        name="supervise_closure_undo",
    ),
    path(f"{_closure}reopen/", closure_views.supervise_reopen, name="supervise_reopen"),
    path("b/<slug:reference>/new-time/", displaced_views.booking_new_time, name="booking_new_time"),
]
