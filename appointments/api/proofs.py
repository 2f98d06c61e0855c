"""Proving a phone by a one-time code."""

from typing import Any
from uuid import UUID

from django.utils.translation import get_language
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from appointments import proving
from appointments.api.fields import CodeField, PhoneField, WorkField
from appointments.limiting import address_of
from appointments.sealing import seal, unseal
from windows.api.describing import described
from windows.api.plumbing import Call, stranger


class ProofInput(serializers.Serializer):
    phone = PhoneField(help_text="The mainland, Hong Kong, Macao or Taiwan")
    work = WorkField()


class ProofOutput(serializers.Serializer):
    id = serializers.UUIDField()
    expires_at = serializers.DateTimeField(help_text="Until then the code can be given")


class CodeInput(serializers.Serializer):
    code = CodeField(help_text="The six digits of the message")


class TokenOutput(serializers.Serializer):
    proof = serializers.CharField(help_text="The `proof` of a booking with this phone")


class Proofs(Call):
    @described(
        "phone_proof",
        "Booking",
        takes=ProofInput,
        gives=ProofOutput,
        made=201,
        private=False,
        limited=True,
    )
    def post(self, request: Request) -> Response:
        """Send a one-time code to the phone.

        An address that asked for many gets 429 `work_needed` with a `challenge` (ALTCHA,
        PBKDF2/SHA-256); solved and sent as `work` it goes on. After `Retry-After` it goes
        on without. `too_many_asked` and `too_many_codes` only go on later.
        """
        asked = self.read(ProofInput)
        phone, address = asked["phone"], address_of(request)

        def run() -> dict[str, Any]:
            language = get_language() or "zh-hans"
            proof = proving.ask_for_code(language=language, address=address, now=self.now, **asked)
            return dict(ProofOutput(proof).data)

        return self.run_once(run, actor=stranger(phone), made=status.HTTP_201_CREATED)


class Proof(Call):
    @described(
        "phone_proof_code",
        "Booking",
        takes=CodeInput,
        gives=TokenOutput,
        refuses=[proving.WrongCode, proving.CodeExpired],
        private=False,
    )
    def post(self, request: Request, proof_id: UUID) -> Response:
        """Give the code; the answer proves the phone for an hour."""
        code = self.read(CodeInput)["code"]

        def run() -> dict[str, str]:
            token = proving.prove(proof_id=proof_id, code=code, now=self.now)
            return {"sealed": seal(token, purpose="answer").hex()}  # kept without the token

        def show(answer: dict[str, str]) -> dict[str, str]:
            return {"proof": unseal(bytes.fromhex(answer["sealed"]), purpose="answer")}

        return self.run_once(run, actor=stranger(proof_id, code), show=show)
