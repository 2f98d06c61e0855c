"""Pages of the city's calendar: working days, events, files that come and go."""

from django.urls import path

from appointments import calendar_views, cohort_views, event_views, import_views

urls = [
    path("supervise/calendar/", calendar_views.supervise_calendar, name="supervise_calendar"),
    path(
        "supervise/calendar/day/",
        calendar_views.supervise_calendar_day,
        name="supervise_calendar_day",
    ),
    path(
        "supervise/calendar/notice/<int:year>/",
        calendar_views.supervise_calendar_notice,
        name="supervise_calendar_notice",
    ),
    path("supervise/events/", event_views.supervise_events, name="supervise_events"),
    path("supervise/events/new/", event_views.supervise_event, name="supervise_event_new"),
    path("supervise/events/<int:pk>/", event_views.supervise_event, name="supervise_event"),
    path(
        "supervise/events/<int:pk>/remove/",
        event_views.supervise_event_remove,
        name="supervise_event_remove",
    ),
    path("supervise/cohorts/", cohort_views.supervise_cohorts, name="supervise_cohorts"),
    path("supervise/cohorts/new/", cohort_views.supervise_cohort, name="supervise_cohort_new"),
    path("supervise/cohorts/<int:pk>/", cohort_views.supervise_cohort, name="supervise_cohort"),
    path(
        "supervise/cohorts/<int:pk>/remove/",
        cohort_views.supervise_cohort_remove,
        name="supervise_cohort_remove",
    ),
    path("supervise/import/", import_views.supervise_import, name="supervise_import"),
    path(
        "supervise/import/<uuid:public_id>/",
        import_views.supervise_import_look,
        name="supervise_import_look",
    ),
    path(
        "supervise/export/<slug:what>/<slug:kind>/",
        import_views.supervise_export,
        name="supervise_export",
    ),
]
