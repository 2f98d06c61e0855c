"""What all calls share: who asks, the key that makes a call run once, one shape of errors.

Every error is `{"code", "detail", "field"}`; malformed input adds `errors`, one entry
per field. Statuses: 400 malformed, 403 not signed in or without the role, 404 absent or
not yours, 409 a rule said no, 415, 422 a key used for another request, 429 with
Retry-After.
"""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import Http404
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, status
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.parsers import JSONParser
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from config import civil
from config.faces import api_exception_handler
from config.refusals import NotAllowed, NotFound
from windows.access import device_for, hall_for, halls_of
from windows.lending import halls_lent_to
from windows.models import Hall, Staff, Window
from windows.once import KeyReused, MissingKey, once

KEY_HEADER = "Idempotency-Key"
Run = Callable[[], Any]


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("This request is too large.")
    default_code = "too_large"


class Busy(exceptions.APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = _("Many people are asking at this moment. Please try again.")
    default_code = "busy"


class BoundedJSONParser(JSONParser):
    """JSON of a bounded size and depth."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        length = int(stream.META.get("CONTENT_LENGTH") or 0) if hasattr(stream, "META") else 0
        if length > (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or length):
            raise TooLarge
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise exceptions.ParseError from None


class DeviceAuthentication(BaseAuthentication):
    """`Authorization: Device <token>`: a machine asks, whoever is signed in beside it.

    Which machine it is, and whether it belongs to the hall, is asked in `at_hall`.
    """

    def authenticate(self, request: Request) -> tuple[AnonymousUser, str] | None:
        scheme = request.headers.get("Authorization", "").partition(" ")[0]
        return (AnonymousUser(), "device") if scheme == "Device" else None


class Anybody(BasePermission):
    """Machines and staff; the call itself asks which of them."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return True


class Call(APIView):
    """A call that anyone may make; staff and machines have their own kinds below."""

    parser_classes = [BoundedJSONParser]
    authentication_classes: Any = []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.now = civil.now()
        key = request.headers.get(KEY_HEADER, "")
        if request.method not in SAFE_METHODS and not (0 < len(key) <= 255 and key.isprintable()):
            raise MissingKey

    def get_exception_handler(self) -> Any:
        return answer_error

    def read(self, parser: type[Serializer], data: Any = None) -> dict[str, Any]:
        """What was asked, as the parser understands it; otherwise 400."""
        given = self.request.data if data is None else data
        answers = parser(data=given, context={"now": self.now, "request": self.request})
        answers.is_valid(raise_exception=True)
        return dict(answers.validated_data)

    def run_once(
        self,
        run: Run,
        *,
        actor: str,
        made: int = status.HTTP_200_OK,
        show: Callable[[Any], Any] = lambda answer: answer,
    ) -> Response:
        """The answer of `run`, or the first answer when the key was used before.

        The body is kept as a keyed digest: it may hold an ID number. What must not be
        kept at all is put in by `show`, also into a repeated answer.
        """
        code, answer, repeated = once(
            actor=actor,
            route=f"{self.request.method} {self.request.path.removeprefix('/api/v1/')}",
            key=self.request.headers[KEY_HEADER],
            body=digest(json.dumps(self.request.data, sort_keys=True)),
            now=self.now,
            run=lambda: (made, run()),
        )
        headers = {"Idempotency-Replayed": "true"} if repeated else None
        shown = show(answer) if code < status.HTTP_400_BAD_REQUEST else answer
        return Response(shown, status=code, headers=headers)


class StaffCall(Call):
    """A call of a person who works here: session and CSRF token."""

    authentication_classes = [SessionAuthentication]
    permission_classes = [IsAuthenticated]


class HallCall(Call):
    """A call of a machine of the hall, or of its staff."""

    authentication_classes = [DeviceAuthentication, SessionAuthentication]
    permission_classes = [Anybody]


def digest(text: str) -> bytes:
    """32 bytes that tell nothing about the text without the server's key."""
    return salted_hmac("windows.api", text, algorithm="sha256").digest()


def stranger(*known: object) -> str:
    """The actor of a call without a name: what only this asker can know (a secret, a code).

    Strangers who happen to use the same key neither meet nor see each other's answers.
    """
    return "anon:" + digest("\x1f".join(map(str, known))).hex()[:40]


def staff_with(request: Request, *roles: str) -> Staff:
    """The person who asks, when they have one of the roles anywhere; otherwise 403."""
    staff = request.user
    if not isinstance(staff, Staff):
        raise exceptions.NotAuthenticated
    if not halls_of(staff, *roles).exists():
        raise NotAllowed
    return staff


def staff_hall(request: Request, code: str, *roles: str) -> tuple[Staff, Hall]:
    """The person and the hall in which they have one of the roles; another's is 404."""
    staff = staff_with(request, *roles)
    return staff, hall_for(staff, code, *roles)


def staff_window(
    request: Request, pk: int, *roles: str, lent_at: datetime | None = None
) -> tuple[Staff, Window]:
    """The person and the window in a hall where they have one of the roles, or to which
    they are lent at that time."""
    staff = staff_with(request, *roles)
    halls = halls_of(staff, *roles)
    if lent_at is not None:
        halls |= halls_lent_to(staff, lent_at)
    mine = Window.objects.filter(hall__in=halls, is_in_use=True)
    window = mine.select_related("hall").filter(pk=pk).first()
    if window is None:
        raise NotFound
    return staff, window


def hall_by(code: str) -> Hall:
    hall = Hall.objects.filter(code=code).first()
    if hall is None:
        raise NotFound
    return hall


def at_hall(
    request: Request, code: str, *, kinds: tuple[str, ...], roles: tuple[str, ...]
) -> tuple[Hall, Staff | None, str]:
    """The hall, the person (None for a machine), and the actor's name.

    A machine of another hall or kind is refused (403); for staff another hall is absent.
    """
    if isinstance(request.user, Staff):
        staff, hall = staff_hall(request, code, *roles)
        return hall, staff, f"staff:{staff.pk}"
    hall = hall_by(code)
    device = device_for(request._request, hall, *kinds)
    if device is not None:
        return hall, None, f"device:{device.pk}"
    raise NotAllowed if request.auth == "device" else exceptions.NotAuthenticated


def answer_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Any error in the one shape; None (a bug, 500) when it is none of ours."""
    if isinstance(error, MissingKey):
        return Response(error.body(), status=status.HTTP_400_BAD_REQUEST)
    if isinstance(error, KeyReused):
        return Response(error.body(), status=status.HTTP_422_UNPROCESSABLE_ENTITY)
    error = _as_api_error(error)
    response = api_exception_handler(error, context)
    if response is not None and isinstance(error, exceptions.APIException):
        response.data = _error_body(error)
    if isinstance(error, Busy) and response is not None:
        response["Retry-After"] = "1"
    return response


def _as_api_error(error: Exception) -> Exception:
    if isinstance(error, NotFound | Http404):
        return exceptions.NotFound()
    if isinstance(error, NotAllowed | DjangoPermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, RequestDataTooBig):
        return TooLarge()
    if isinstance(error, OperationalError):  # a lock or a statement took too long
        return Busy()
    return error


def _error_body(error: exceptions.APIException) -> dict[str, Any]:
    if not isinstance(error, exceptions.ValidationError):
        return {"code": error.get_codes(), "detail": str(error.detail), "field": None}
    errors = list(_each(error.get_full_details()))
    return {
        "code": "malformed",
        "detail": str(_("Please correct what is marked.")),
        "field": errors[0]["field"] if errors else None,
        "errors": errors,
    }


def _each(details: Any, path: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """The errors one by one: {"field": "people.1.id_number", "code", "detail"}."""
    if isinstance(details, dict) and isinstance(details.get("message"), str):
        field = ".".join(part for part in path if part != "non_field_errors") or None
        yield {"field": field, "code": details["code"], "detail": details["message"]}
        return
    if isinstance(details, dict):
        for name, inner in details.items():
            yield from _each(inner, (*path, str(name)))
        return
    for place, inner in enumerate(details):
        leaf = isinstance(inner, dict) and isinstance(inner.get("message"), str)
        yield from _each(inner, path if leaf else (*path, str(place)))


class Absent(Call):
    """What no call answers."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound
