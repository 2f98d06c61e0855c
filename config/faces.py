"""What pages and API have in common: each is a face of one command."""

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.forms import Form, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.defaults import page_not_found, permission_denied
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from config import civil
from config.refusals import NotAllowed, NotFound, Refusal, TooMany


def page_context(request: HttpRequest) -> dict[str, Any]:
    """What every template may use: demo, simple, city_name, now_city."""
    return {
        "demo": settings.DEMO,
        "simple": request.COOKIES.get("simple") == "1",
        "city_name": settings.CITY_NAME,
        "now_city": civil.city_time(civil.now()),
    }


def show_refusal(form: Form, refusal: Refusal) -> None:
    """Puts the refusal beside its field, or above the form when it has none."""
    field = refusal.field if refusal.field in form.fields else None
    form.add_error(field, ValidationError(str(refusal), code=refusal.code))


class RefusalMiddleware:
    """Turns what a command raised, where no view caught it, into the right answer."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, NotFound):
            return page_not_found(request, Http404())
        if isinstance(error, NotAllowed):
            return permission_denied(request, PermissionDenied())
        if isinstance(error, Refusal):
            status = 429 if isinstance(error, TooMany) else 409
            response = render(request, "refused.html", {"refusal": error}, status=status)
            if isinstance(error, TooMany):
                response["Retry-After"] = str(error.retry_after)
            return response
        return None


def api_exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Refusals are 409, malformed input 400, not yours 404, too many 429."""
    if isinstance(error, TooMany):
        waiting = {"Retry-After": str(error.retry_after)}
        return Response(error.body(), status=status.HTTP_429_TOO_MANY_REQUESTS, headers=waiting)
    if isinstance(error, Refusal):
        return Response(error.body(), status=status.HTTP_409_CONFLICT)
    if isinstance(error, NotFound):
        error = Http404()
    if isinstance(error, NotAllowed):
        error = PermissionDenied()
    return exception_handler(error, context)
