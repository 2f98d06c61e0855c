"""Puts the simulated city into the database: halls, windows, matters, staff. Idempotent."""

from datetime import date
from decimal import Decimal
from random import Random

from django.contrib.auth.hashers import make_password

from appointments.simulating import people
from appointments.simulating.places import BRING, DISTRICTS, HALLS, MATTERS, STEPS, Place
from windows.models import Hall, Material, Matter, Rule, Staff, StaffRole, Window

Role = StaffRole.Role
COMMON = ["RENEW", "LOST", "DAMAGED"]
LONG = ["FIRST", "FIRST_MINOR", "CHANGE"]
FOR_AN_ADDRESS = [
    "codes_free_an_hour",
    "codes_most_an_hour",
    "room_free_an_hour",
    "room_most_an_hour",
    "reads_most_a_minute",
]
PASSWORD = "demo"  # noqa: S105  the demonstration's staff, known to everybody
NAMES = {  # username: (name, role, for the first hall, its district or the city)
    "clerk": ("办证员 何敏", Role.CLERK, "hall"),
    "guide": ("引导员 周晴", Role.GUIDE, "hall"),
    "agent": ("话务员 林静", Role.AGENT, "city"),
    "supervisor": ("主管 梁志远", Role.SUPERVISOR, "hall"),
    "district": ("分局主管 苏雅", Role.SUPERVISOR, "district"),
    "viewer": ("督导 陈立", Role.VIEWER, "city"),
    "admin": ("管理员 黄思远", Role.ADMIN, "city"),
    "auditor": ("审计 叶文清", Role.AUDITOR, "city"),
}


def build_city() -> list[Hall]:
    """The city is there; returns its halls in their order."""
    matters = {str(m["code"]): _matter(n, dict(m)) for n, m in enumerate(MATTERS)}
    halls = [_hall(n, place) for n, place in enumerate(HALLS, start=1)]
    windows = [w for hall, place in zip(halls, HALLS, strict=True) for w in _windows(hall, place)]
    _share_out(windows, matters)
    _clerks(windows)
    _staff(halls[0])
    _one_address()
    return halls


def _one_address() -> None:
    """Everybody comes from 127.0.0.1 here, and counts as one network: the bounds are lifted."""
    for name in FOR_AN_ADDRESS:
        facts = {"name": name, "hall": None, "effective_on": date(2000, 1, 1)}
        Rule.objects.get_or_create(**facts, defaults={"value": 100_000})


def _matter(position: int, facts: dict) -> Matter:
    code = facts.pop("code")
    matter, _new = Matter.objects.get_or_create(code=code, defaults={**facts, "position": position})
    if _new:
        lines = [("bring", line) for line in BRING[code]]
        lines += [("step", (*step, "", "")) for step in STEPS[code]]
        Material.objects.bulk_create(
            Material(
                matter=matter, kind=kind, position=n, name_zh=line[0], name_en=line[1],
                note_zh=line[2] if len(line) > 2 else "", note_en=line[3] if len(line) > 3 else "",
            )
            for n, (kind, line) in enumerate(lines)
        )  # fmt: skip
    return matter


def _hall(n: int, place: Place) -> Hall:
    district_zh, district_en, latitude, longitude = DISTRICTS[place.district]
    east, north = (n * 37 % 19 - 9) * 3, (n * 53 % 17 - 8) * 3  # thousandths of a degree
    lines = "、".join(f"{line} 路" for line in place.bus.split(", "))
    facts = {
        "name_zh": f"{place.zh}办证大厅",
        "name_en": f"{place.en} Hall",
        "district_zh": district_zh,
        "district_en": district_en,
        "address_zh": f"禾塘市{district_zh}{place.street_zh} {place.number} 号",
        "address_en": f"{place.number} {place.street_en}, {district_en}",
        "transport_zh": f"公交 {lines}，{place.zh}站",
        "transport_en": f"Bus {place.bus} to {place.en}",
        "phone": f"0000-8800 {n:04d}",
        "latitude": Decimal(str(latitude)) + Decimal(north) / 1000,
        "longitude": Decimal(str(longitude)) + Decimal(east) / 1000,
        "is_simulated": True,
    }
    return Hall.objects.get_or_create(code=f"H{n:02d}", defaults=facts)[0]


def _windows(hall: Hall, place: Place) -> list[Window]:
    there = {window.number: window for window in Window.objects.filter(hall=hall)}
    return [
        there.get(n) or Window.objects.create(hall=hall, number=n, is_accessible=n == 1)
        for n in range(1, place.windows + 1)
    ]


def served_at(window: int) -> list[str]:
    """What the window serves; all windows of a hall together serve everything.

    The third serves all matters, so that one clerk can show each of them.
    """
    if window == 1:
        return [*COMMON, "TEMP", "PICKUP"]
    return [*COMMON, *LONG, *(["TEMP", "PICKUP"] if window == 3 else [])]


def _share_out(windows: list[Window], matters: dict[str, Matter]) -> None:
    served = Window.matters.through
    there = set(served.objects.values_list("window_id", flat=True).distinct())
    served.objects.bulk_create(
        served(window_id=window.pk, matter_id=matters[code].pk)
        for window in windows
        if window.pk not in there
        for code in served_at(window.number)
    )


def clerk_name(hall_code: str, window: int) -> str:
    """The username of the simulated clerk of a window."""
    return f"{hall_code.lower()}-window-{window}"


def _clerks(windows: list[Window]) -> None:
    """One simulated clerk per window; nobody can sign in to their accounts."""
    nobody = make_password(None)
    codes = dict(Hall.objects.values_list("pk", "code"))
    wanted = {clerk_name(codes[w.hall_id], w.number): w for w in windows}
    there = set(Staff.objects.filter(username__in=wanted).values_list("username", flat=True))
    made = Staff.objects.bulk_create(
        Staff(
            username=username, password=nobody, display_name=people.name(Random(username)),
            is_simulated=True,
        )
        for username in wanted
        if username not in there
    )  # fmt: skip
    StaffRole.objects.bulk_create(
        StaffRole(staff=staff, hall_id=wanted[staff.username].hall_id, role=Role.CLERK)
        for staff in made
    )


def _staff(first_hall: Hall) -> None:
    """The people whom a visitor can be."""
    there = set(Staff.objects.filter(username__in=NAMES).values_list("username", flat=True))
    for username, (display_name, role, where) in NAMES.items():
        if username not in there:
            rules_all = role == Role.ADMIN
            staff = Staff.objects.create_user(
                username, password=PASSWORD, display_name=display_name, is_simulated=True,
                is_staff=rules_all, is_superuser=rules_all,
            )  # fmt: skip
            StaffRole.objects.create(
                staff=staff,
                role=role,
                hall=first_hall if where == "hall" else None,
                district=first_hall.district_zh if where == "district" else "",
            )
