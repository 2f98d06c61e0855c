"""Invented values for each variable: the usual ones, and the longest that are likely.

In the language that is active. Texts are looked at, counted and checked with them.
"""

from datetime import date, datetime, time

from django.conf import settings
from django.utils import dateformat
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from appointments import saying
from appointments.alert_words import ahead_words
from appointments.messaging.template_text import Text
from appointments.messaging.templating import spoken
from appointments.models import Message
from appointments.wait_words import days_words, passed_words
from config import civil

DAY, LATER, LAST = date(2026, 12, 12), date(2026, 12, 13), date(2026, 12, 18)
SECRET = "Qm7xT0vW2kR9aZ4nB8cJ1eLd"
REFERENCE = "H7K2M9QX"
USUAL = {
    "zh-hans": {
        "who": "陈*宁", "what": "换领身份证", "where": "禾塘办证大厅", "address": "灯塔路 1 号",
        "people": "陈*宁（换领身份证）；陈*（首次申领）", "bring": "请带旧身份证、户口簿。",
    },
    "en": {
        "who": "陈*宁", "what": "Renewal", "where": "Hetang Hall",
        "address": "1 Lighthouse Road", "people": "陈*宁 (Renewal); 陈* (First card)",
        "bring": "Bring: old card, household register.",
    },
}  # fmt: skip
LONGEST = {
    "zh-hans": {
        "who": "欧**远", "what": "未满十六周岁首次申领", "where": "石湾东办证大厅",
        "address": "石湾东区窑火路 26 号",
        "people": "欧**远（换领身份证、领取证件）；欧**怡（未满十六周岁首次申领）",
        "bring": "请带旧身份证、户口簿原件、监护人身份证等，清单见链接。",
    },
    "en": {
        "who": "欧**远", "what": "First card of a child", "where": "Shiwan East Hall",
        "address": "26 Kiln Fire Road, Shiwan East",
        "people": "欧**远 (Renewal, Collection); 欧**怡 (First card of a child)",
        "bring": "Bring: old card, household register and what the page lists.",
    },
}  # fmt: skip


def sample(text: Text, *, longest: bool = False) -> dict[str, str]:
    """A value for each variable of the text."""
    words = (LONGEST if longest else USUAL)[spoken()]
    at = civil.city_instant(DAY, time(19, 30))
    facts = {**words, **_times(at, longest), **_links(text), **_turn(), **_sentences(at, longest)}
    facts["visits"] = "\n".join([_visit(words, at, facts["link"])] * (2 if longest else 1))
    return {name: str(facts[name]) for name in text.knows}


def _times(at: datetime, longest: bool) -> dict[str, str]:
    when = dateformat.format(civil.city_time(at), pgettext("date format", "D j M, H:i"))
    old = civil.city_instant(LATER, time(10))
    session = _("%(kind)s, %(day)s, %(hours)s") % {
        "kind": pgettext("a sample", "Night session"),
        "day": saying.long_day(DAY),
        "hours": saying.hours(at, civil.city_instant(LATER, time(0, 30) if longest else time(0))),
    }
    return {
        "when": when,
        "old": dateformat.format(civil.city_time(old), pgettext("date format", "D j M, H:i")),
        "until": saying.when(at),
        "time": saying.when(at),
        "day": saying.long_day(DAY),
        "days": days_words(DAY, LAST if longest else DAY),
        "session": session,
    }


def _links(text: Text) -> dict[str, str]:
    """Links are as long as real ones of this place."""
    site = settings.SITE_URL
    own = f"{site}/b/{REFERENCE}/?k={SECRET}"
    if text.kind in (Message.Kind.SOON, Message.Kind.RATING):
        own = f"{site}/t/{SECRET[:22]}/"
    return {
        "reference": REFERENCE, "link": own, "again": f"{site}/book/FIRST_MINOR/",
    }  # fmt: skip


def _turn() -> dict[str, str]:
    number = "A027"
    return {"number": number, "window": "3", "hall": USUAL[spoken()]["where"],
            "ahead": ahead_words(number, 3), "code": "583016", "minutes": "10"}  # fmt: skip


def _sentences(at: datetime, longest: bool) -> dict[str, str]:
    facts = {"count": 1, "most": 3, "days": 180, "closed": 30}
    rule = _(
        "Nothing changes now: this counts as %(count)s of %(most)s. Only when %(most)s visits "
        "within %(days)s days are missed, online booking closes for %(closed)s days. "
        "Coming without a booking is always possible."
    )
    return {
        "rule": rule % facts,
        "opened": _("You can book online again.") if longest else "",
        "passed": passed_words(3),
    }


def _visit(words: dict[str, str], at: datetime, link: str) -> str:
    facts = {"who": words["who"], "when": saying.when(at), "where": words["where"], "link": link}
    return _("%(who)s, %(when)s, %(where)s: %(link)s") % facts
