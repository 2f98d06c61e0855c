"""Addresses of demand."""

from django.urls import path

from appointments import demand_views as views

_way = "supervise/demand/"
urls = [
    path(_way, views.supervise_demand, name="supervise_demand"),
    path(f"{_way}facts/<int:pk>/", views.supervise_demand_fact, name="supervise_demand_fact"),
    path(f"{_way}<slug:code>/<str:day>/", views.supervise_demand_day, name="supervise_demand_day"),
    path(
        f"{_way}<slug:code>/<str:day>/journal/",
        views.supervise_demand_journal,
        name="supervise_demand_journal",
    ),
]
