"""From a person's own words to the matters that may be meant."""

from windows.models import Matter

# What people say when they do not know the official name; both languages together.
WORDS = {
    "RENEW": "到期 过期 期满 换证 换领 续期 有效期 长期 expire expiry renew old card",
    "FIRST": "首次 第一次 初次 新办 没办过 十六岁 16岁 成年 first never sixteen 16",
    "FIRST_MINOR": "孩子 小孩 儿童 宝宝 未成年 婴儿 女儿 儿子 child baby kid son daughter minor",
    "LOST": "丢 丢失 遗失 掉了 被偷 被盗 不见 找不到 补办 挂失 补领 lost stolen lose missing",
    "DAMAGED": "坏 损坏 破损 折断 消磁 看不清 断了 刷不出 broken damaged bent unreadable",
    "CHANGE": "改名 变更 更正 姓名 民族 搬家 写错 错误 change name wrong mistake correct",
    "TEMP": "临时 急用 马上 高考 考试 出差 坐飞机 temporary urgent exam flight train",
    "PICKUP": "领取 取证 拿证 领证 办好了 collect pick up pickup ready",
}


def matters_meant(asked: str, matters: list[Matter]) -> list[Matter]:
    """The matters that the words point to, the most likely first."""
    said = asked.lower()
    scored = [(_points(said, matter), matter) for matter in matters]
    found = [pair for pair in scored if pair[0]]
    return [matter for _points_, matter in sorted(found, key=lambda pair: -pair[0])]


def _points(said: str, matter: Matter) -> int:
    points = sum(1 for word in WORDS.get(matter.code, "").split() if word in said)
    names = (matter.name_zh.lower(), matter.name_en.lower())
    if any(name in said or said in name for name in names if name):
        points += 3
    return points
