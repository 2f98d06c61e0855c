"""Addresses of rebalancing."""

from django.urls import path

from appointments import rebalance_views as views

_way = "supervise/rebalancing/"
urls = [
    path(_way, views.supervise_rebalancing, name="supervise_rebalancing"),
    path(f"{_way}try/", views.supervise_rebalance_try, name="supervise_rebalance_try"),
    path(f"{_way}<int:pk>/", views.supervise_rebalance_run, name="supervise_rebalance_run"),
    path(
        f"{_way}<int:pk>/decide/",
        views.supervise_rebalance_decide,
        name="supervise_rebalance_decide",
    ),
    path(f"{_way}staff/<int:pk>/", views.supervise_staff_proposal, name="supervise_staff_proposal"),
    path("supervise/quotas/", views.supervise_quotas, name="supervise_quotas"),
    path(
        "supervise/quotas/<int:pk>/undo/",
        views.supervise_quotas_undo,
        name="supervise_quotas_undo",
    ),
]
