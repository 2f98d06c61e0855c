"""Refusals: a rule said no. Declared beside the command that raises them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _


class Refusal(Exception):
    """A rule said no. Shown to the person who asked; never an alarm for us.

    `code` is stable and documented, `message` is translated and may hold %(name)s
    places filled from the keyword arguments, `field` says where a form shows it.
    """

    code = "refused"
    message: Any = _("This cannot be done.")
    field: str | None = None
    keeps_work = False  # True: what was written before the refusal stays (a counted try)
    is_kept = True  # False: nothing is kept under the key, which may have more luck later

    def __init__(self, *, field: str | None = None, **facts: object) -> None:
        super().__init__(self.code)
        self.facts = facts
        if field is not None:
            self.field = field

    def __str__(self) -> str:
        text = str(self.message)
        return text % self.facts if self.facts else text

    def body(self) -> dict[str, Any]:
        """The refusal as the API says it."""
        return {"code": self.code, "detail": str(self), "field": self.field}


class TooMany(Refusal):
    """Asked too often; `retry_after` seconds later it may work (429)."""

    code = "too_many"
    message = _("Too many tries. Please wait a little.")

    def __init__(self, *, retry_after: int, **facts: object) -> None:
        super().__init__()
        self.facts = facts
        self.retry_after = retry_after


class NotFound(Exception):
    """It does not exist, or it is not yours: both look the same from outside (404)."""


class NotAllowed(Exception):
    """You are known, and this is not yours to do (403)."""


def constraint_of(error: IntegrityError) -> str | None:
    """The name of the database constraint that an IntegrityError broke."""
    diag = getattr(error.__cause__, "diag", None)
    return getattr(diag, "constraint_name", None)


@contextmanager
def refusing(refusals: Mapping[str, type[Refusal]]) -> Iterator[None]:
    """Answer a broken database constraint with the refusal listed under its name.

    Only immediate constraints break inside the block; a savepoint keeps the outer work.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        refusal = refusals.get(constraint_of(error) or "")
        if refusal is None:
            raise
        raise refusal from error
