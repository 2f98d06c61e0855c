"""What somebody asks to change, and why it may be refused."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Self

from django.utils.translation import gettext_lazy as _

from config.refusals import Refusal
from windows.models import Hall, HallClosure, HallSession, SessionChange

Kind = SessionChange.Kind


class Changed(Refusal):
    code = "changed"
    message = _("It is not as you saw it any more: somebody booked or left. Please look again.")


class NothingChanges(Refusal):
    code = "nothing_changes"
    message = _("Nothing would change. Say what shall be different.")


class NotShorter(Refusal):
    code = "not_shorter"
    message = _("A cut has fewer hours or fewer windows than now.")
    field = "ends_at"


class NotLonger(Refusal):
    code = "not_longer"
    message = _("An extension has more hours or more windows than now.")
    field = "ends_at"


class NotASlotsStart(Refusal):
    code = "not_a_slots_start"
    message = _("Choose a beginning at which one of its times begins: %(times)s.")
    field = "starts_at"


class TooLate(Refusal):
    code = "too_late"
    message = _("This has begun already. Choose a later time.")
    field = "starts_at"


class HasDraw(Refusal):
    code = "has_draw"
    message = _("The places of this session are given by draw, so it stays where it is.")


class ClosureInOrder(Refusal):
    code = "closure_in_order"
    message = _("The hall opens again after it closes.")
    field = "opens_at"


class ClosureInPast(Refusal):
    code = "closure_in_past"
    message = _("This time is over already.")
    field = "opens_at"


class ClosureTooLong(Refusal):
    code = "closure_too_long"
    message = _("A hall is closed for 60 days at most. Close it again later if need be.")
    field = "opens_at"


class PeopleAreHere(Refusal):
    code = "people_are_here"
    message = _("People with a number for this session are in the hall. Serve them first.")


@dataclass(frozen=True)
class Ask:
    """What shall be different; see `extend`, `cut`, `move`, `cancel` and `close`."""

    kind: str
    session: HallSession | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    windows: tuple[int, ...] | None = None
    hall: Hall | None = None
    closes_at: datetime | None = None
    opens_at: datetime | None = None
    reason: str = HallClosure.Reason.OTHER
    note_zh: str = ""
    note_en: str = ""
    service_day: date | None = None
    beside: tuple[int, ...] = ()

    @classmethod
    def extend(
        cls,
        session: HallSession,
        *,
        ends_at: datetime | None = None,
        starts_at: datetime | None = None,
        windows: tuple[int, ...] | None = None,
    ) -> Self:
        """More hours or more windows; `windows` are the ids of all that shall be staffed."""
        return cls(Kind.EXTEND, session, starts_at, ends_at, windows)

    @classmethod
    def cut(
        cls,
        session: HallSession,
        *,
        windows: tuple[int, ...] | None = None,
        ends_at: datetime | None = None,
        starts_at: datetime | None = None,
    ) -> Self:
        """Fewer windows, an earlier end or a later beginning."""
        return cls(Kind.CUT, session, starts_at, ends_at, windows)

    @classmethod
    def move(
        cls,
        session: HallSession,
        *,
        starts_at: datetime,
        ends_at: datetime,
        windows: tuple[int, ...] | None = None,
        hall: Hall | None = None,
        service_day: date | None = None,
    ) -> Self:
        """Other hours, another day or another hall; without `windows` the same numbers, without
        `service_day` it begins as many days after it as before."""
        return cls(
            Kind.MOVE, session, starts_at, ends_at, windows, hall, service_day=service_day
        )  # fmt: skip

    @classmethod
    def cancel(cls, session: HallSession) -> Self:
        """The session does not take place, or ends now when it runs."""
        return cls(Kind.CANCEL, session)

    @classmethod
    def close(
        cls,
        hall: Hall,
        *,
        closes_at: datetime,
        opens_at: datetime,
        reason: str = HallClosure.Reason.OTHER,
        note_zh: str = "",
        note_en: str = "",
        beside: tuple[int, ...] = (),
    ) -> Self:
        """The hall is closed in [closes_at, opens_at). `beside` are the ids of halls that close
        in the same go: nobody is sent to them then."""
        return cls(
            Kind.CLOSE, hall=hall, closes_at=closes_at, opens_at=opens_at, reason=reason,
            note_zh=note_zh, note_en=note_en, beside=beside,
        )  # fmt: skip

    @property
    def its_session(self) -> HallSession:
        assert self.session is not None  # noqa: S101  every kind but a closure has one
        return self.session
