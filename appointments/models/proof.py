"""Proof of a phone by a one-time code."""

import uuid

from django.db import models
from django.db.models import Q


class PhoneProof(models.Model):
    """A one-time code that was sent to a phone.

    Invariants: tries are bounded (proof_tries_bounded).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    phone_sealed = models.BinaryField()
    phone_index = models.BinaryField(max_length=32)
    code_hash = models.BinaryField(max_length=32)
    tries = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    proven_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(tries__lte=5), name="proof_tries_bounded")
        ]
        indexes = [models.Index(fields=["phone_index", "made_at"], name="proof_of_phone")]
