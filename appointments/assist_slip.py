"""What somebody takes along who was booked by staff: on paper, or read aloud."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext

from appointments import saying
from appointments.chaining import by_person, to_bring
from appointments.id_numbers import mask_name
from appointments.models import Booking
from appointments.own_page import own_address
from appointments.own_views import qr_code
from appointments.sealing import unseal
from windows.models import Material
from windows.rules import rule


@dataclass(frozen=True)
class Slip:
    """The visit of one person; the paper masks the names, the voice says them."""

    booking: Booking
    name: str
    guardian: str
    matters: list[str]
    when: str
    early: int
    bring: list[Material]
    code: SafeString

    @property
    def masked(self) -> dict[str, str]:
        """The names as the paper shows them."""
        guardian = mask_name(self.guardian) if self.guardian else ""
        return {"name": mask_name(self.name), "guardian": guardian}

    @property
    def read_aloud(self) -> list[str]:
        """What an agent says on the phone, sentence by sentence."""
        between = pgettext("between materials", ", ")
        hall = self.booking.hall
        facts = {
            "who": self.name,
            "what": between.join(self.matters),
            "when": self.when,
            "where": hall.name,
            "address": hall.address,
            "spelled": " ".join(self.booking.reference),
            "bring": between.join(one.name for one in self.bring),
            "guardian": self.guardian,
            "n": self.early,
        }
        told = [
            gettext("It is booked for %(who)s: %(what)s."),
            gettext("%(when)s, at %(where)s, %(address)s."),
            gettext("The booking number is %(spelled)s."),
            gettext("%(guardian)s comes along, with the ID card.") if self.guardian else "",
            gettext("Please bring: %(bring)s.") if self.bring else "",
            gettext(
                "Come up to %(n)s minutes before; at the door say the number or show the ID card."
            ),
        ]
        return [text % facts for text in told if text]


def slip_of(bookings: list[Booking], absolute: Callable[[str], str]) -> list[Slip]:
    """A slip per person; `absolute` makes an address of a path."""
    return [_slip(visit, absolute) for visit in by_person(bookings)]


def _slip(visit: list[Booking], absolute: Callable[[str], str]) -> Slip:
    first = visit[0]
    matters = {one.matter_id: one.matter for one in visit}
    sealed = first.guardian_sealed
    return Slip(
        booking=first,
        name=unseal(first.name_sealed, purpose="name"),
        guardian=unseal(sealed, purpose="name") if sealed else "",
        matters=[matter.name for matter in matters.values()],
        when=saying.when(first.starts_at),
        early=rule("checkin_early_minutes", hall=first.hall_id, day=first.service_day),
        bring=to_bring(visit),
        code=qr_code(absolute(own_address(first))),
    )
