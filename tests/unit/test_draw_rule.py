"""The rule of the draw on plain values: fair, whole groups, wishes, recomputable. # C30"""

import copy
import hashlib
import random
from collections import Counter

import pytest

from appointments import draw_rule
from appointments.draw_rule import NO_ROOM, NOT_POSSIBLE, WON, differences, publish, share_out

SEED = "ab" * 32
DRAWS, ENTRIES = 2000, 8
# 99.9% of fair rules stay below this with 7 degrees of freedom.
CHI_SQUARE_MOST = 24.32


def an_entry(name, people=1, minutes=None, wishes=()):
    wanted = minutes or 6 * people
    return {"id": name, "people": people, "minutes": wanted, "wishes": list(wishes)}


def slot(pk, minutes):
    return {"id": pk, "starts_at": "", "minutes": minutes}


def drawn(entries, slots, seed=SEED, take=lambda entry, slot: True):
    return publish(seed=seed, entries=entries, slots=slots, take=take)


def won_by(result):
    return {one["id"]: one["slot"] for one in result["outcome"] if one["outcome"] == WON}


def chi_square(counts, names, expected):
    return sum((counts[name] - expected) ** 2 / expected for name in names)


def who_wins(draws):
    """Eight entries and two places, with ids and seeds as the product makes them."""
    luck = random.Random(30)
    counts = Counter()
    for _ in range(draws):
        ids = [f"{luck.getrandbits(128):032x}" for _ in range(ENTRIES)]
        names = dict(zip(ids, range(ENTRIES), strict=True))  # 0 registered first
        seed = luck.randbytes(32).hex()
        result = drawn([an_entry(one) for one in ids], [slot(1, 12)], seed=seed)
        counts.update(names[one] for one in won_by(result))
    return counts


def test_everybody_wins_equally_often():
    counts = who_wins(DRAWS)

    assert sum(counts.values()) == 2 * DRAWS
    assert chi_square(counts, range(ENTRIES), 2 * DRAWS / ENTRIES) < CHI_SQUARE_MOST


def test_a_biased_rule_is_found(monkeypatch):
    """Mutant: one place in ten goes to who registered first."""
    fair = draw_rule.order_of

    def biased(final_seed, ids):
        ids = list(ids)
        order = fair(final_seed, ids)
        if int(final_seed[:2], 16) < 26:
            order.remove(ids[0])
            order.insert(0, ids[0])
        return order

    monkeypatch.setattr(draw_rule, "order_of", biased)

    counts = who_wins(DRAWS)

    assert chi_square(counts, range(ENTRIES), 2 * DRAWS / ENTRIES) > CHI_SQUARE_MOST


def test_each_place_in_the_order_is_equally_likely():
    luck = random.Random(31)
    last = Counter()
    for _ in range(DRAWS):
        final = luck.randbytes(32).hex()
        last[draw_rule.order_of(final, "abcdefgh")[-1]] += 1

    assert chi_square(last, "abcdefgh", DRAWS / 8) < CHI_SQUARE_MOST


def test_another_registration_changes_the_order_of_all():
    """Who knows the seed alone knows nothing: the entries are mixed in."""
    names = [f"entry-{n}" for n in range(40)]

    alone = drawn([an_entry(one) for one in names], [])["order"]
    with_one_more = drawn([an_entry(one) for one in [*names, "late"]], [])["order"]

    assert alone != [one for one in with_one_more if one != "late"]


def test_the_seed_is_committed_to_by_its_sha_256():
    result = drawn([an_entry("a")], [slot(1, 6)])

    assert result["commitment"] == hashlib.sha256(bytes.fromhex(SEED)).hexdigest()


def test_a_group_has_all_its_places_in_one_time_or_none():
    entries = {"family": an_entry("family", people=3), "alone": an_entry("alone")}
    slots = [slot(1, 12), slot(2, 12)]

    outcome = share_out(["family", "alone"], entries, slots)

    assert [one["outcome"] for one in outcome] == [NO_ROOM, WON]
    assert outcome[1]["slot"] == 1


def test_wishes_are_taken_in_their_order_and_no_other_time_is_given():
    entries = {
        "first": an_entry("first", wishes=[2]),
        "second": an_entry("second", wishes=[2, 3]),
        "third": an_entry("third", wishes=[2, 3]),
        "any": an_entry("any"),
    }
    slots = [slot(1, 6), slot(2, 6), slot(3, 6)]

    outcome = share_out(["first", "second", "third", "any"], entries, slots)

    assert [one["slot"] for one in outcome] == [2, 3, None, 1]


def test_a_wished_time_that_is_gone_is_passed_over():
    entries = {"a": an_entry("a", wishes=[9, 1])}

    assert share_out(["a"], entries, [slot(1, 6)])[0]["slot"] == 1


def test_places_that_cannot_be_given_go_to_the_next():
    entries = {name: an_entry(name) for name in ("booked", "next")}

    outcome = share_out(
        ["booked", "next"], entries, [slot(1, 6)], lambda entry, slot: entry != "booked"
    )

    assert [(one["outcome"], one["slot"]) for one in outcome] == [(NOT_POSSIBLE, None), (WON, 1)]


def a_published_draw():
    entries = [an_entry(f"entry-{n}", people=1 + n % 3, wishes=[2, 1][: n % 3]) for n in range(30)]
    slots = [slot(1, 30), slot(2, 30)]
    return drawn(entries, slots, take=lambda entry, slot: entry != "entry-4")


def test_a_published_draw_is_recomputed():
    assert differences(a_published_draw()) == []


def cut(result):
    result["entries"].pop()


def add(result):
    result["entries"].append(an_entry("zz-friend"))


def swap(result):
    order = result["order"]
    order[0], order[-1] = order[-1], order[0]


def give(result):
    loser = next(one for one in result["outcome"] if one["outcome"] == NO_ROOM)
    loser.update(outcome=WON, slot=1)


def new_seed(result):
    result["seed"] = "cd" * 32


def grow(result):
    result["entries"][3]["minutes"] += 1
    result["entries"][3]["wishes"] = [1, 2]
    result["slots"][0]["minutes"] = 0


@pytest.mark.parametrize("tamper", [cut, add, swap, give, new_seed, grow])
def test_what_was_changed_afterwards_is_found(tamper):
    result = copy.deepcopy(a_published_draw())
    tamper(result)

    assert differences(result) != []
