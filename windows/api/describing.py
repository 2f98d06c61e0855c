"""How a call is described in the OpenAPI document: one decorator beside each call."""

import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any

from django.utils import translation
from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from config.refusals import Refusal
from windows.api.plumbing import KEY_HEADER


class ErrorOutput(serializers.Serializer):
    code = serializers.CharField(help_text="For programs; does not change")
    detail = serializers.CharField(help_text="For people, in the language asked for")
    field = serializers.CharField(allow_null=True, help_text="Which part of the input, if any")
    facts = serializers.DictField(
        required=False, help_text="What the refusal is about, where the call says so"
    )


class MalformedOutput(ErrorOutput):
    errors = ErrorOutput(  # type: ignore[assignment]
        many=True, required=False, help_text="One per field, such as `people.1.id_number`"
    )


KEY = OpenApiParameter(
    KEY_HEADER,
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="Up to 255 characters of your choice. The same key and body get the first"
    " answer again (with `Idempotency-Replayed: true`), another body gets 422.",
)
SECRET = OpenApiParameter(
    "X-Booking-Secret",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="The `secret` that the booking was made with. A wrong one answers as if"
    " there were no such booking.",
)


class DeviceScheme(OpenApiAuthenticationExtension):
    target_class = "windows.api.plumbing.DeviceAuthentication"
    name = "device"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Device <token>`: a kiosk or display, bound to one hall.",
        }


class Word(serializers.CharField):
    """One of the words of a state or kind, given out."""

    def __init__(self, words: Sequence[str], **kwargs: Any) -> None:
        self.words = list(words)
        super().__init__(**kwargs)


class WordSchema(OpenApiSerializerFieldExtension):
    target_class = "windows.api.describing.Word"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        return {"type": "string", "enum": self.target.words}


def described(
    name: str,
    tag: str,
    *,
    gives: Any,
    takes: Any = None,
    made: int = 200,
    asks: Sequence[Any] = (),
    refuses: Sequence[type[Refusal]] = (),
    unsafe: bool = True,
    secret: bool = False,
    private: bool = True,
    limited: bool = False,
) -> Callable[[Any], Any]:
    """Describes a call: its input, its answer and every error that it knows.

    The docstring of the call is its description. `asks` are query parameters or a
    serializer of them; `private`: it may answer 403; `limited`: it may answer 429.
    """
    parameters = [*asks, *([KEY] if unsafe else []), *([SECRET] if secret else [])]
    responses: dict[int, Any] = {made: gives, 400: _error(MalformedOutput, "Malformed")}
    responses[404] = _error(ErrorOutput, "Absent, or not yours")
    if private:
        responses[403] = _error(ErrorOutput, "Not signed in, or without the role")
    if unsafe:
        responses[409] = _refusals(refuses)
        responses[413] = _error(ErrorOutput, "Too large")
        responses[415] = _error(ErrorOutput, "Not JSON")
        responses[422] = _error(ErrorOutput, "The key was used for another request")
    if limited:
        responses[429] = _error(ErrorOutput, "Too often; see Retry-After")

    def describe(call: Any) -> Any:
        about = inspect.getdoc(call) or ""
        return extend_schema(
            operation_id=name,
            tags=[tag],
            summary=about.partition("\n")[0].rstrip("."),
            description=about,
            parameters=parameters,
            request=takes,
            responses=dict(sorted(responses.items())),
        )(call)

    return describe


def _error(shape: type[ErrorOutput], words: str) -> OpenApiResponse:
    return OpenApiResponse(response=shape, description=words)


def _refusals(refuses: Sequence[type[Refusal]]) -> OpenApiResponse:
    """409 with the codes that this call can give, and what they say in English."""
    with translation.override("en"):
        says = {one.code: re.sub(r"%\(\w+\)s", "…", str(one.message)) for one in refuses}
    lines = [f"- `{code}`: {words}" for code, words in says.items()]
    shape: dict[str, Any] = {"$ref": "#/components/schemas/ErrorOutput"}
    if says:
        codes = {"type": "object", "properties": {"code": {"enum": sorted(says)}}}
        shape = {"allOf": [shape, codes]}
    return OpenApiResponse(response=shape, description="\n".join(["A rule said no.", *lines]))
