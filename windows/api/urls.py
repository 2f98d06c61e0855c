"""The calls about places; see `appointments/api/urls.py` for the whole."""

from django.urls import path

import windows.api.converters  # noqa: F401  registers them
from windows.api.halls import Halls, Matters
from windows.api.windows import SignIn, Windows

urlpatterns = [
    path("matters/", Matters.as_view(), name="api_matters"),
    path("halls/", Halls.as_view(), name="api_halls"),
    path("halls/<code:code>/windows/", Windows.as_view(), name="api_windows"),
    path("windows/<rowid:pk>/sign-in/", SignIn.as_view(), name="api_sign_in"),
]
