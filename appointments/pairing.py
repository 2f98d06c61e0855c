"""Pairing a screen with a hall: the machine keeps a token, the database its hash."""

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from windows.access import DEVICE_COOKIE, device_for, token_hash
from windows.models import DeviceToken, Hall

TEN_YEARS = 10 * 365 * 24 * 60 * 60


def kiosk_of(request: HttpRequest, hall: Hall) -> DeviceToken | None:
    """The kiosk that asks, when it is paired with the hall."""
    return device_for(request, hall, DeviceToken.Kind.KIOSK)


def pair(hall: Hall, *, name: str, token: str = "") -> str:
    """A kiosk of the hall has this right; returns the token, which is kept nowhere else."""
    token = token or secrets.token_urlsafe(32)
    DeviceToken.objects.get_or_create(
        token_hash=token_hash(token),
        defaults={"hall": hall, "kind": DeviceToken.Kind.KIOSK, "name": name[:60]},
    )
    return token


def pair_for_demo(hall: Hall) -> tuple[DeviceToken, str]:
    """In the demo every browser may be the kiosk of any hall."""
    token = pair(hall, name="Demo", token=f"demo kiosk {hall.code}")
    return DeviceToken.objects.get(token_hash=token_hash(token)), token


def remember(response: HttpResponse, token: str) -> HttpResponse:
    """The machine keeps its token in a signed cookie that no script can read."""
    response.set_cookie(
        DEVICE_COOKIE,
        signing.dumps(token, salt="device"),
        max_age=TEN_YEARS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return response
