"""Who may do what where: roles per hall, devices per hall. Denied unless granted."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse

from config import civil
from config.refusals import NotAllowed, NotFound
from windows.lending import halls_at_work_in
from windows.models import DeviceToken, Hall, Staff, StaffRole

CLERK, GUIDE, SUPERVISOR = StaffRole.Role.CLERK, StaffRole.Role.GUIDE, StaffRole.Role.SUPERVISOR
ADMIN, AUDITOR = StaffRole.Role.ADMIN, StaffRole.Role.AUDITOR
AGENT, VIEWER = StaffRole.Role.AGENT, StaffRole.Role.VIEWER
DEVICE_COOKIE, DISPLAY_COOKIE = "device", "display"
COOKIES = {DeviceToken.Kind.KIOSK: DEVICE_COOKIE, DeviceToken.Kind.DISPLAY: DISPLAY_COOKIE}
SEEN_EVERY = timedelta(minutes=1)
STILL_HEARD = timedelta(days=2)
MOST_KEY = 2**62  # a longer number in an address is nobody's key

Row = TypeVar("Row", bound=Model)


def halls_of(staff: Staff | AnonymousUser, *roles: str) -> QuerySet[Hall]:
    """The halls in which the person has one of the roles (any role when none is named):
    those of the role's hall, of its district, or all. Asked in one query.

    Who is lent to a hall is a clerk of it while signed in there (windows/lending.py).
    """
    if not staff.is_authenticated:
        return Hall.objects.none()
    held = StaffRole.objects.filter(staff_id=staff.pk)
    if roles:
        held = held.filter(role__in=roles)
    everywhere = held.filter(hall__isnull=True, district="")
    places = (
        Q(Exists(everywhere))
        | Q(pk__in=held.filter(hall__isnull=False).values("hall"))
        | Q(district_zh__in=held.exclude(district="").values("district"))
    )
    if CLERK in roles:
        places |= Q(pk__in=halls_at_work_in(staff.pk))
    return Hall.objects.filter(places)


def has_role(staff: Staff | AnonymousUser, hall: Hall | int | None, *roles: str) -> bool:
    """Whether the person has one of the roles in the hall, in its district or in the city; a
    clerk also is who is lent to the hall and signed in there. Without a hall: in the city."""
    if not staff.is_authenticated:
        return False
    hall_id = hall.pk if isinstance(hall, Hall) else hall
    held = StaffRole.objects.filter(staff_id=staff.pk, role__in=roles)
    of_district = Hall.objects.filter(district_zh=OuterRef("district"), pk=hall_id or 0)
    here = Q(hall__isnull=True, district="")
    if hall_id is not None:
        here |= Q(hall_id=hall_id)
    if held.filter(here | Q(Exists(of_district), hall__isnull=True)).exists():
        return True
    return CLERK in roles and halls_at_work_in(staff.pk).filter(hall=hall_id).exists()


def hall_for(staff: Staff | AnonymousUser, code: str, *roles: str) -> Hall:
    """The hall with that code, when the person has one of the roles there.

    Raises NotFound otherwise: another's hall looks like no hall.
    """
    hall = halls_of(staff, *roles).filter(code=code).first()
    if hall is None:
        raise NotFound
    return hall


def own_row(mine: QuerySet[Row], pk: int) -> Row:
    """The row with that key among those that are the person's.

    Raises NotFound otherwise: another's row looks like none.
    """
    found = mine.filter(pk=min(pk, MOST_KEY)).first()
    if found is None:
        raise NotFound
    return found


def roles_of(staff: Staff) -> set[str]:
    return set(StaffRole.objects.filter(staff=staff).values_list("role", flat=True))


def require(staff: Staff | AnonymousUser, hall: Hall | int | None, *roles: str) -> None:
    """Raises NotAllowed when the person has none of the roles in the hall."""
    if not has_role(staff, hall, *roles):
        raise NotAllowed


def staff_page(*roles: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A page for people who have one of the roles somewhere; others sign in or get 403."""

    def guard(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not halls_of(request.user, *roles).exists():
                raise NotAllowed
            return view(request, *args, **kwargs)

        guarded.allowed_roles = roles  # type: ignore[attr-defined]
        return guarded

    return guard


def token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def device_for(request: HttpRequest, hall: Hall, *kinds: str) -> DeviceToken | None:
    """The paired machine that asks, when it belongs to the hall and is of one of the kinds.

    Known by `Authorization: Device <token>` or by the signed cookie set at pairing. What
    is not paired with this hall as this kind, or was revoked, is no device: the one gate.
    """
    tokens = _tokens_of(request, kinds)
    if not tokens:
        return None
    device = DeviceToken.objects.filter(
        hall=hall,
        kind__in=kinds,
        token_hash__in=[token_hash(token) for token in tokens],
        revoked_at__isnull=True,
    ).first()
    if device is not None:
        _note_seen(device, civil.now())
    return device


def shut_out_device_for(
    request: HttpRequest, hall: Hall, *kinds: str, now: datetime
) -> DeviceToken | None:
    """The machine that asks, when it was one of the hall until a day or two ago.

    It has no right but to say what it did before it knew of it.
    """
    lately = DeviceToken.objects.filter(hall=hall, revoked_at__gt=now - STILL_HEARD)
    hashes = [token_hash(token) for token in _tokens_of(request, kinds)]
    return lately.filter(kind__in=kinds, token_hash__in=hashes).first()


def display_of(request: HttpRequest, hall: Hall) -> DeviceToken | None:
    """The hall's own screen that asks; in the demo every browser is one."""
    device = device_for(request, hall, DeviceToken.Kind.DISPLAY)
    if device is None and settings.DEMO:
        device, _made = DeviceToken.objects.get_or_create(
            token_hash=token_hash(f"demo display {hall.code}"),
            defaults={
                "hall": hall,
                "kind": DeviceToken.Kind.DISPLAY,
                "name": "Demo",
                "paired_at": civil.now(),
            },
        )
        if device.revoked_at:
            return None
        _note_seen(device, civil.now())
    return device


def _tokens_of(request: HttpRequest, kinds: Sequence[str]) -> list[str]:
    """The token in the header; without one, those of the cookies of these kinds."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Device":
        return [token]
    found = []
    for kind in kinds:
        try:
            cookie = request.COOKIES.get(COOKIES[DeviceToken.Kind(kind)], "")
            found.append(str(signing.loads(cookie, salt="device")))
        except signing.BadSignature:
            continue
    return found


def _note_seen(device: DeviceToken, now: datetime) -> None:
    """When the machine last asked, written at most once a minute."""
    if device.seen_at is None or device.seen_at <= now - SEEN_EVERY:
        long_ago = Q(seen_at__isnull=True) | Q(seen_at__lte=now - SEEN_EVERY)
        DeviceToken.objects.filter(long_ago, pk=device.pk).update(seen_at=now)
        device.seen_at = now
