"""Who a promise is for, before there is a booking."""

from django.db import models


class SealedPerson(models.Model):
    """A person's details as a booking keeps them: sealed, found by a keyed blind index."""

    name_sealed = models.BinaryField()
    id_sealed = models.BinaryField()
    id_index = models.BinaryField(max_length=32)
    born_on = models.DateField()
    guardian_sealed = models.BinaryField(null=True)
    needs_sealed = models.BinaryField(null=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True
