"""Addresses of reports."""

from django.urls import path

from appointments import reports_month_views, reports_views

urls = [
    path("supervise/reports/", reports_views.supervise_reports, name="supervise_reports"),
    path(
        "supervise/reports/month/",
        reports_month_views.supervise_reports_month,
        name="supervise_reports_month",
    ),
]
