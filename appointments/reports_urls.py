"""Addresses of reports."""

from django.urls import path

from appointments import reports_day_views, reports_month_views, reports_views

_way = "supervise/reports/"
urls = [
    path(_way, reports_views.supervise_reports, name="supervise_reports"),
    path(
        f"{_way}month/",
        reports_month_views.supervise_reports_month,
        name="supervise_reports_month",
    ),
    path(
        f"{_way}<slug:code>/<str:day>/",
        reports_day_views.supervise_reports_day,
        name="supervise_reports_day",
    ),
    path(
        f"{_way}<slug:code>/<str:day>/correct/",
        reports_day_views.supervise_reports_correct,
        name="supervise_reports_correct",
    ),
]
