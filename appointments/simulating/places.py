"""Hetang, a city that does not exist: districts, halls, matters and what people bring."""

from dataclasses import dataclass

# (Chinese, English, latitude, longitude of its middle)
DISTRICTS = [
    ("禾塘区", "Hetang", 22.861, 113.142),
    ("桂澜区", "Guilan", 22.902, 113.231),
    ("石湾东区", "Shiwan East", 22.815, 113.190),
    ("云桥区", "Yunqiao", 22.938, 113.098),
    ("南渡区", "Nandu", 22.752, 113.126),
    ("西岭区", "Xiling", 22.874, 112.983),
    ("北洲区", "Beizhou", 23.012, 113.160),
    ("稻香新区", "Daoxiang", 22.796, 113.311),
]


@dataclass(frozen=True)
class Place:
    """A hall: its name's own part, its district, its windows, its street, its buses."""

    zh: str
    en: str
    district: int
    windows: int
    street_zh: str
    street_en: str
    number: int
    bus: str


_P = Place
HALLS = [
    _P("禾塘", "Hetang", 0, 6, "灯塔路", "Lighthouse Road", 1, "1, 6, 33"),
    _P("桂澜", "Guilan", 1, 5, "桂澜大道", "Guilan Avenue", 88, "12, 15"),
    _P("石湾东", "Shiwan East", 2, 5, "窑火路", "Kiln Fire Road", 26, "3, 21"),
    _P("云桥", "Yunqiao", 3, 4, "云桥南路", "Yunqiao South Road", 102, "7, 18"),
    _P("南渡", "Nandu", 4, 4, "渡口街", "Ferry Street", 9, "24, 25"),
    _P("西岭", "Xiling", 5, 4, "西岭大道", "Xiling Avenue", 210, "30"),
    _P("北洲", "Beizhou", 6, 4, "北洲一路", "Beizhou First Road", 17, "41, 42"),
    _P("稻香", "Daoxiang", 7, 4, "稻香路", "Daoxiang Road", 66, "50, 52"),
    _P("老埠头", "Old Wharf", 0, 3, "埠头街", "Wharf Street", 12, "1, 2"),
    _P("文昌里", "Wenchangli", 0, 3, "文昌里", "Wenchang Lane", 5, "6, 8"),
    _P("莲塘", "Liantang", 0, 3, "莲塘路", "Lotus Pond Road", 31, "8, 33"),
    _P("桂北", "Guilan North", 1, 3, "桂北路", "Guibei Road", 140, "15, 16"),
    _P("叠翠", "Diecui", 1, 3, "叠翠路", "Diecui Road", 7, "17"),
    _P("平湖", "Pinghu", 1, 3, "平湖街", "Pinghu Street", 58, "12, 19"),
    _P(
        "桂南工业园",
        "Guilan South Industrial Park",
        1,
        4,
        "兴业三路",
        "Xingye Third Road",
        300,
        "20",
    ),
    _P("窑前", "Yaoqian", 2, 3, "窑前街", "Yaoqian Street", 44, "3"),
    _P("东堤", "East Embankment", 2, 3, "东堤路", "East Embankment Road", 19, "21, 22"),
    _P("澜石湾", "Lanshiwan", 2, 3, "澜湾路", "Lanwan Road", 73, "22"),
    _P("云桥西", "Yunqiao West", 3, 3, "云桥西路", "Yunqiao West Road", 15, "18"),
    _P("鹤鸣", "Heming", 3, 3, "鹤鸣路", "Heming Road", 82, "7"),
    _P("青石", "Qingshi", 3, 3, "青石街", "Qingshi Street", 28, "18, 23"),
    _P("南渡港", "Nandu Port", 4, 3, "港前路", "Harbour Front Road", 120, "24"),
    _P("沙头", "Shatou", 4, 3, "沙头大街", "Shatou High Street", 36, "25, 26"),
    _P("榕树头", "Rongshutou", 4, 3, "榕荫路", "Banyan Road", 11, "26"),
    _P("西岭镇", "Xiling Town", 5, 3, "岭前街", "Lingqian Street", 8, "30, 31"),
    _P("樟山", "Zhangshan", 5, 3, "樟山路", "Zhangshan Road", 54, "31"),
    _P("泉眼", "Quanyan", 5, 3, "泉眼街", "Quanyan Street", 20, "32"),
    _P("北洲岛", "Beizhou Island", 6, 3, "环岛路", "Island Ring Road", 61, "41"),
    _P("航站", "Airfield", 6, 3, "航站路", "Airfield Road", 2, "43"),
    _P("芦苇荡", "Luweidang", 6, 3, "芦荡街", "Ludang Street", 40, "42"),
    _P("稻香东", "Daoxiang East", 7, 3, "稻香东路", "Daoxiang East Road", 118, "52"),
    _P("大学园", "University Park", 7, 4, "学府路", "Xuefu Road", 33, "50, 51"),
    _P("湖心", "Huxin", 7, 3, "湖心路", "Huxin Road", 90, "53"),
]

# Who need not come: the conditions of the province's own online way, all of them.
_ONLINE_ZH = (
    "户口在本省、年满 16 周岁、以前在本省办证时留过指纹并同意沿用、有照相回执的人，"
    "可以在网上{}，证件邮寄到家（邮费自付），不用来窗口。"
)
_ONLINE_EN = (
    "With your hukou in this province, from the age of 16, with fingerprints taken here for an"
    " earlier card that may be used again, and a photo receipt, you can {} online; the card is"
    " posted at your cost, and you need not come."
)

MATTERS = [
    dict(code="RENEW", prefix="A", name_zh="期满换领", name_en="Renewal", minutes=6, fee_cny=20,
         summary_zh="身份证快到期或已到期", summary_en="The card expires soon or has expired",
         online_hint_zh=_ONLINE_ZH.format("换领"), online_hint_en=_ONLINE_EN.format("renew")),
    dict(code="FIRST", prefix="B", name_zh="首次申领", name_en="First card", minutes=10, fee_cny=0,
         summary_zh="年满 16 周岁第一次办证", summary_en="The first card, from the age of 16",
         min_age=16),
    dict(code="FIRST_MINOR", prefix="C", name_zh="未成年人首次申领",
         name_en="First card for a child",
         minutes=12, fee_cny=0, summary_zh="未满 16 周岁，由监护人陪同",
         summary_en="Under 16, together with a guardian", max_age=15, needs_guardian=True),
    dict(code="LOST", prefix="D", name_zh="丢失补领", name_en="Replacement of a lost card",
         minutes=6, fee_cny=40, summary_zh="身份证丢了", summary_en="The card is lost",
         online_hint_zh=_ONLINE_ZH.format("补领"),
         online_hint_en=_ONLINE_EN.format("order the replacement")),
    dict(code="DAMAGED", prefix="E", name_zh="损坏换领", name_en="Replacement of a damaged card",
         minutes=6, fee_cny=40, summary_zh="身份证损坏、看不清或读不出",
         summary_en="The card is damaged or cannot be read"),
    dict(code="CHANGE", prefix="F", name_zh="登记项目变更换领", name_en="Change of name or details",
         minutes=10, fee_cny=20, summary_zh="姓名、地址等登记项目变了",
         summary_en="Name, address or another entry has changed"),
    dict(code="TEMP", prefix="G", name_zh="临时身份证", name_en="Temporary card", minutes=6,
         fee_cny=10, promised_workdays=3, summary_zh="新证办好之前急用",
         summary_en="Needed before the new card is ready"),
    dict(code="PICKUP", prefix="K", name_zh="领取证件", name_en="Pickup", minutes=3, fee_cny=0,
         promised_workdays=0, summary_zh="新证已经办好，来领取",
         summary_en="The new card is ready and you collect it"),
]  # fmt: skip

_BOOK = ("居民户口簿", "Household register (hukou booklet)", "", "")
_OLD = (
    "原居民身份证",
    "The present ID card",
    "领取新证时交回",
    "Handed in when you collect the new one",
)
_RECEIPT = (
    "照相回执（可选）", "Photo receipt (optional)",
    "窗口可以现场拍照，免费", "Photos are taken at the window, free of charge",
)  # fmt: skip
_AWAY = (
    "居住证或在读证明（户口不在本市的人）",
    "Residence permit or proof of study (hukou elsewhere)", "", "",
)  # fmt: skip
# What to bring for each matter: (Chinese, English, note, note in English).
BRING = {
    "RENEW": [_OLD, _RECEIPT, _AWAY],
    "FIRST": [_BOOK, _RECEIPT, _AWAY],
    "FIRST_MINOR": [
        ("孩子的户口簿", "The child's household register", "", ""),
        ("监护人的身份证", "The guardian's ID card", "孩子和监护人都要到场",
         "Child and guardian both come"),
        ("监护关系证明", "Proof of guardianship", "同户且监护人为户主的，户口簿即可",
         "The household register is enough when the guardian is its head"),
    ],
    "LOST": [_BOOK, _RECEIPT, _AWAY],
    "DAMAGED": [_OLD, _RECEIPT],
    "CHANGE": [_OLD, _BOOK],
    "TEMP": [_BOOK, ("一寸黑白免冠照片", "One-inch black-and-white photo, bareheaded", "", "")],
    "PICKUP": [
        ("领取凭证", "The receipt of the application", "", ""),
        ("原居民身份证", "The former ID card", "换领的人带上", "For renewals"),
    ],
}  # fmt: skip
_CHECK = ("核对身份和材料", "Check identity and papers")
_PHOTO = ("拍照或核对照片", "Take or check the photo")
_PRINT = ("采集指纹", "Take fingerprints")
_SIGN = ("核对登记表并签字", "Check the form and have it signed")
_PAY = ("收费，交给领取凭证", "Take the fee, hand out the receipt")
_FULL = [_CHECK, _PHOTO, _PRINT, _SIGN, _PAY]
# What the clerk does, in order.
STEPS = {
    "RENEW": _FULL,
    "FIRST": [*_FULL[:4], ("交给领取凭证", "Hand out the receipt")],
    "FIRST_MINOR": [
        ("核对孩子和监护人", "Check child and guardian"), _PHOTO, _PRINT,
        ("监护人核对登记表并签字", "The guardian checks and signs the form"),
        ("交给领取凭证", "Hand out the receipt"),
    ],
    "LOST": [_CHECK, ("登记挂失", "Report the loss"), *_FULL[1:]],
    "DAMAGED": _FULL,
    "CHANGE": [_CHECK, ("核对变更后的户口簿", "Compare with the changed register"), *_FULL[1:]],
    "TEMP": [_CHECK, ("确认正在办理的申请", "Find the pending application"), _SIGN, _PAY],
    "PICKUP": [
        _CHECK, ("收回旧证", "Take back the old card"), ("交证并签收", "Hand out, have it signed"),
    ],
}  # fmt: skip
