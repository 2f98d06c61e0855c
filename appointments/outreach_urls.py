"""Pages of sessions' own links, and of self-service points."""

from django.urls import path

from appointments import outreach_views, point_views, supervise_link_views

_link = "supervise/sessions/<int:pk>/links/<int:link>/"
urls = [
    path("o/<slug:token>/", outreach_views.outreach, name="outreach"),
    path(
        "o/<slug:token>/fill/<slug:inviter_token>/",
        outreach_views.outreach_fill,
        name="outreach_fill",
    ),
    path(
        "o/<slug:token>/<slug:matter>/",
        outreach_views.outreach_times,
        name="outreach_times",
    ),
    path("points/", point_views.points, name="points"),
    path("supervise/points/", point_views.supervise_points, name="supervise_points"),
    path(
        "supervise/points/<int:pk>/state/",
        point_views.supervise_point_state,
        name="supervise_point_state",
    ),
    path(
        "supervise/sessions/<int:pk>/links/",
        supervise_link_views.supervise_links,
        name="supervise_links",
    ),
    path(
        "supervise/sessions/<int:pk>/links/make/",
        supervise_link_views.supervise_link_make,
        name="supervise_link_make",
    ),
    path(
        f"{_link}revoke/",
        supervise_link_views.supervise_link_revoke,
        name="supervise_link_revoke",
    ),
    path(
        f"{_link}poster/",
        supervise_link_views.supervise_link_poster,
        name="supervise_link_poster",
    ),
]
