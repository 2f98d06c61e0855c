"""Pages about the people who work here: where to go after signing in."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from windows import access

# The first role that the person has decides; the same order as the day's work.
LANDINGS = [
    (access.CLERK, "/desk/"),
    (access.GUIDE, "/floor/"),
    (access.AGENT, "/floor/assist/"),
    (access.SUPERVISOR, "/supervise/"),
    (access.ADMIN, "/admin/"),
    (access.AUDITOR, "/supervise/city/"),
]


@never_cache
@login_required
@require_safe
def staff(request: HttpRequest) -> HttpResponse:
    """Go on to one's own place of work."""
    request.session.set_expiry(None)  # a booking made here before had shortened it
    roles = access.roles_of(request.user)  # type: ignore[arg-type]
    return redirect(next((to for role, to in LANDINGS if role in roles), "/"))
