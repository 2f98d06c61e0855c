"""Several matters in one visit: which go together, and which were asked for."""

from collections.abc import Iterable
from datetime import datetime

from appointments.models import Booking
from config import civil
from windows.models import Material, Matter, Window
from windows.rules import rule


def joinable(matter: Matter) -> list[Matter]:
    """The matters that some window serves together with this one."""
    together = Window.objects.filter(matters=matter, is_in_use=True, hall__is_open=True)
    others = Matter.objects.filter(windows__in=together, is_offered=True).exclude(pk=matter.pk)
    return list(others.distinct().order_by("position", "pk"))


def asked_also(matter: Matter, codes: Iterable[str], now: datetime) -> tuple[Matter, ...]:
    """Those of the codes that go together with the matter, as many as fit into one visit."""
    wanted = set(codes)
    if not wanted:
        return ()
    most = rule("chain_max", hall=None, day=civil.city_date(now))
    return tuple([one for one in joinable(matter) if one.code in wanted][: max(most - 1, 0)])


def to_bring(bookings: Iterable[Booking]) -> list[Material]:
    """What to bring for all these matters, each thing once."""
    wanted = [one.matter_id for one in bookings]
    materials = Material.objects.filter(matter__in=wanted, kind=Material.Kind.BRING)
    bring: dict[str, Material] = {}
    for material in materials.order_by("matter__position", "position", "pk"):
        bring.setdefault(material.name, material)
    return list(bring.values())


def by_person(bookings: Iterable[Booking]) -> list[list[Booking]]:
    """The bookings of a group as one row of matters per person, in the order of typing."""
    visits: dict[bytes, list[Booking]] = {}
    for booking in sorted(bookings, key=lambda one: (one.position, one.pk)):
        visits.setdefault(bytes(booking.id_index), []).append(booking)
    return list(visits.values())
