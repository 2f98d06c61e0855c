"""Invented people. Their ID numbers have valid check characters and belong to nobody:
the address codes 449901 to 449908 were never given out."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from appointments.booking import Attendee
from appointments.id_numbers import IdNumber, check_character

FAMILY = "陈李黄张梁林何吴罗谭周郭麦潘邓叶苏冯卢区霍关简孔"
GIVEN = "嘉欣志明慧敏建华俊杰秀兰子轩雨桐伟强丽珍浩然晓彤文锋雪梅家豪美玲国栋诗雅永昌思琪"
PREFIXES = ["130", "135", "136", "137", "138", "139", "150", "158", "159", "186", "188"]
AGES = {"FIRST_MINOR": (3, 14), "FIRST": (16, 18)}


@dataclass(frozen=True)
class Person:
    """Somebody who comes for a matter; a child has a guardian."""

    name: str
    number: str
    born_on: date
    guardian: str

    @property
    def attendee(self) -> Attendee:
        female = int(self.number[16]) % 2 == 0
        return Attendee(self.name, IdNumber(self.number, self.born_on, female), self.guardian)


def name(luck: Random) -> str:
    return luck.choice(FAMILY) + "".join(luck.sample(GIVEN, luck.choice([1, 2, 2, 2])))


def phone(luck: Random) -> str:
    """A mobile number by its form; the demo sends nothing anywhere."""
    return f"+86{luck.choice(PREFIXES)}0000{luck.randrange(10000):04d}"


def person(luck: Random, matter_code: str, today: date) -> Person:
    """Somebody whose age fits the matter; many of those who renew have a card of 2005-2008."""
    low, high = AGES.get(matter_code, (17, 78))
    if matter_code == "RENEW" and luck.random() < 0.6:
        low, high = 46, 64
    born_on = today - timedelta(days=luck.randint(low * 366, high * 365 + 300))
    first = f"44990{luck.randint(1, 8)}{born_on:%Y%m%d}{luck.randrange(1000):03d}"
    guardian = name(luck) if matter_code == "FIRST_MINOR" else ""
    return Person(name(luck), first + check_character(first), born_on, guardian)
