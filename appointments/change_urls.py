"""Addresses of changing sessions, closing halls, and the citizens' answers."""

from django.urls import path

from appointments import change_views, changed_views

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
]
