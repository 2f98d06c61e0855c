"""The self-service points of the simulated city: terminals, pickup cabinets, photo booths."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from windows.models import Hall, Matter, SelfServicePoint

Kind = SelfServicePoint.Kind
OUT = {"P04": ("读卡器正在维修", "The card reader is being repaired"), "P11": ("", "")}
DOES = {
    Kind.TERMINAL: (
        "期满换领、损坏换领：刷脸核验、按指纹、拍照、缴费，证件邮寄到家",
        "Renewal and replacement of a damaged card: face check, fingerprints, photo and payment;"
        " the card comes by post",
    ),
    Kind.PICKUP: (
        "凭领取短信中的取件码和本人刷脸取证",
        "Take your card with the code of the message and a face check",
    ),
    Kind.PHOTO: (
        "拍摄证件照，当场取得照相回执",
        "Takes the photo for your card and prints its receipt at once",
    ),
}
DONE_BY = {Kind.TERMINAL: ["RENEW", "DAMAGED"], Kind.PICKUP: ["PICKUP"], Kind.PHOTO: []}


class Place(NamedTuple):
    """A point in or near a hall; without hours it is there day and night."""

    kind: str
    hall: str
    zh: str
    en: str
    opens: int | None = None
    closes: int | None = None


POINTS = [
    Place(Kind.TERMINAL, "H01", "禾塘办证大厅 24 小时自助区", "Hetang Hall, 24-hour area"),
    Place(Kind.PICKUP, "H01", "禾塘办证大厅门口取证柜", "Hetang Hall, cabinet at the door"),
    Place(Kind.PHOTO, "H01", "禾塘办证大厅照相亭", "Hetang Hall, photo booth", 8, 18),
    Place(Kind.TERMINAL, "H02", "桂澜广场警务室自助机", "Guilan Square, police room", 7, 23),
    Place(Kind.PICKUP, "H02", "桂澜办证大厅取证柜", "Guilan Hall, card cabinet"),
    Place(Kind.TERMINAL, "H03", "石湾东地铁站自助机", "Shiwan East metro station", 6, 23),
    Place(Kind.TERMINAL, "H04", "云桥政务中心自助区", "Yunqiao government centre", 8, 20),
    Place(Kind.PICKUP, "H05", "南渡派出所取证柜", "Nandu police station, card cabinet"),
    Place(Kind.TERMINAL, "H06", "西岭镇便民服务点", "Xiling service point", 9, 17),
    Place(Kind.TERMINAL, "H07", "北洲客运站自助机", "Beizhou coach station", 6, 22),
    Place(
        Kind.TERMINAL, "H15", "桂南工业园职工服务站", "Guilan South Park, workers' centre", 7, 22
    ),
    Place(Kind.PHOTO, "H32", "大学园学生服务大厅照相亭", "University Park, photo booth", 8, 21),
]


def make_points(now: datetime) -> None:
    """The points that are still missing, two of them out of order."""
    halls = {hall.code: hall for hall in Hall.objects.all()}
    matters = {matter.code: matter for matter in Matter.objects.all()}
    there = set(SelfServicePoint.objects.values_list("code", flat=True))
    for n, place in enumerate(POINTS, start=1):
        code = f"P{n:02d}"
        if code in there or place.hall not in halls:
            continue
        point = SelfServicePoint.objects.create(**_facts(code, place, halls[place.hall], now, n))
        point.matters.set([matters[one] for one in DONE_BY[Kind(place.kind)] if one in matters])


def _facts(code: str, place: Place, hall: Hall, now: datetime, n: int) -> dict[str, object]:
    near = Decimal(n % 5 - 2) / 500
    out = code in OUT
    return {
        "code": code,
        "kind": place.kind,
        "hall": hall,
        "name_zh": place.zh,
        "name_en": place.en,
        "district_zh": hall.district_zh,
        "district_en": hall.district_en,
        "address_zh": hall.address_zh,
        "address_en": hall.address_en,
        "latitude": hall.latitude + near if hall.latitude is not None else None,
        "longitude": hall.longitude + near if hall.longitude is not None else None,
        "opens": time(place.opens) if place.opens is not None else None,
        "closes": time(place.closes) if place.closes is not None else None,
        "does_zh": DOES[Kind(place.kind)][0],
        "does_en": DOES[Kind(place.kind)][1],
        "state": SelfServicePoint.State.OUT if out else SelfServicePoint.State.WORKS,
        "out_since": now - timedelta(hours=20 + n) if out else None,
        "out_note_zh": OUT[code][0] if out else "",
        "out_note_en": OUT[code][1] if out else "",
        "changed_at": now,
        "is_simulated": True,
    }
