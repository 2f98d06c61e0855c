"""What a visitor prefers, kept in a cookie: large print. The language has Django's view."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

A_YEAR = 365 * 24 * 60 * 60


@require_POST
def simple_mode(request: HttpRequest) -> HttpResponse:
    """Switch large print on or off and go back to the page one came from."""
    wanted = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    response = HttpResponseRedirect(wanted if safe else "/")
    if request.POST.get("simple") == "1":
        response.set_cookie(
            "simple",
            "1",
            max_age=A_YEAR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    else:
        response.delete_cookie("simple", samesite="Lax")
    return response
