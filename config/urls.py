"""Where everything is. Pages live at the root, the API below /api/v1/."""

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path
from django.views.generic import TemplateView
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView

from appointments.messaging import receipt_views
from config import gallery, operations, preferences

people = [
    path("", include("appointments.urls")),
    path("", include("queues.urls")),
    path("", include("windows.urls")),
    path("login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("language/", set_language, name="set_language"),
    path("simple/", preferences.simple_mode, name="simple_mode"),
    path("privacy/", TemplateView.as_view(template_name="privacy.html"), name="privacy"),
    path(
        "accessibility/",
        TemplateView.as_view(template_name="accessibility.html"),
        name="accessibility",
    ),
    path("gallery/", gallery.gallery, name="gallery"),
    path("gallery/<slug:example>/", gallery.gallery, name="gallery_example"),
    path("admin/", admin.site.urls),
]

programs = [
    path("api/v1/", include("appointments.api.urls")),
    path("receipts/<slug:provider>/", receipt_views.receipts, name="receipts"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path(
        "api/docs/",
        TemplateView.as_view(template_name="windows/api_docs.html"),
        name="api_docs",
    ),
]

operators = [
    path("healthz", operations.healthz, name="healthz"),
    path("readyz", operations.readyz, name="readyz"),
    path("metrics", operations.metrics, name="metrics"),
]

urlpatterns = [*people, *programs, *operators]
