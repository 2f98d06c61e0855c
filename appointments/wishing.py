"""What is asked of the picker: read from its address, and written into the next one."""

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.dateparse import parse_date

SHOWS = ("all", "evenings", "weekends", "earliest")
PLACE = re.compile(r"(-?[0-9]{1,2}(?:\.[0-9]{1,15})?),(-?[0-9]{1,3}(?:\.[0-9]{1,15})?)")


@dataclass(frozen=True)
class Wish:
    """What was asked of the picker, all from the address; strange values mean "not asked"."""

    base: str
    secret: str = ""
    people: int = 1
    hall: str = ""
    day: date | None = None
    show: str = "all"
    near: str = ""
    also: tuple[str, ...] = ()  # codes of further matters of the same visit
    district: str = ""
    at: str = ""  # "22.86,113.14": where somebody is, to about a kilometre
    view: str = ""  # "list": all free times below each other

    def link(self, **changes: Any) -> str:
        """The address of the picker with some of it changed."""
        wish = replace(self, **changes)
        asked = {
            "k": wish.secret,
            "people": wish.people if wish.people > 1 else "",
            "hall": wish.hall,
            "day": wish.day.isoformat() if wish.day else "",
            "show": wish.show if wish.show != "all" else "",
            "near": wish.near,
            "also": wish.also,
            "district": wish.district,
            "at": wish.at,
            "view": wish.view,
        }
        if wish.secret and not wish.hall:
            asked["hall"] = " "  # asked for no hall: a change begins at the booking's own
        query = urlencode({name: value for name, value in asked.items() if value}, doseq=True)
        return f"{wish.base}?{query}" if query else wish.base


def wish_of(query: QueryDict, *, base: str, most_people: int, secret: str = "") -> Wish:
    people = query.get("people", "")[:3]
    show = query.get("show", "all")
    try:
        day = parse_date(query.get("day", ""))
    except ValueError:
        day = None
    return Wish(
        base=base,
        secret=secret,
        people=min(max(int(people), 1), most_people) if re.fullmatch("[0-9]+", people) else 1,
        hall=query.get("hall", "")[:12].replace("\x00", "").strip(),
        day=day,
        show=show if show in SHOWS else "all",
        near=query.get("near", "")[:40].replace("\x00", "").strip(),
        district=query.get("district", "")[:40].replace("\x00", "").strip(),
        at=_coarse(query.get("at", "")),
        view="list" if query.get("view") == "list" else "",
        also=tuple(code for code in query.getlist("also")[:9] if re.fullmatch(r"\w{1,20}", code)),
    )


def _coarse(place: str) -> str:
    """The position rounded to a hundredth of a degree, however exactly it was sent."""
    found = PLACE.fullmatch(place)
    return f"{float(found[1]):.2f},{float(found[2]):.2f}" if found else ""
