"""The rule of the draw, on plain values: who comes when, and who gets which time.

Nothing here knows the database, so that the same lines that decide can be run by anyone
on what was published (`manage.py verify_draw`, docs/draw.md). An entry is a mapping with
`id`, `people`, `minutes` and `wishes` (ids of slots by preference; empty: any, in order of
time); a slot is one with `id` and `minutes` (free when it was drawn), in order of time.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from typing import Any

RULE = "dengta-draw-1"
WON, NO_ROOM, NOT_POSSIBLE = "won", "no_room", "not_possible"
Take = Callable[[str, int], bool]


def commitment_of(seed: str) -> str:
    """What is published when the draw is announced: SHA-256 of the seed, hexadecimal."""
    return hashlib.sha256(bytes.fromhex(seed)).hexdigest()


def digest_of(ids: Iterable[str]) -> str:
    """SHA-256 of the entries' public ids, sorted, one a line."""
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()


def final_seed_of(seed: str, ids: Iterable[str]) -> str:
    """SHA-256 of the seed followed by the digest of who registered."""
    return hashlib.sha256(bytes.fromhex(seed) + bytes.fromhex(digest_of(ids))).hexdigest()


def order_of(final_seed: str, ids: Iterable[str]) -> list[str]:
    """The entries sorted by HMAC-SHA-256 of their public id under the final seed."""
    key = bytes.fromhex(final_seed)
    return sorted(ids, key=lambda one: hmac.digest(key, one.encode(), "sha256"))


def share_out(
    order: Iterable[str],
    entries: Mapping[str, Mapping[str, Any]],
    slots: Iterable[Mapping[str, Any]],
    take: Take = lambda entry, slot: True,
) -> list[dict[str, Any]]:
    """In that order each entry gets all its minutes in its first wished slot with room.

    `take` says whether the places can really be given; where they cannot, they stay for
    those who come after.
    """
    free = {slot["id"]: slot["minutes"] for slot in slots}
    outcome: list[dict[str, Any]] = []
    for rank, public_id in enumerate(order, start=1):
        minutes = entries[public_id]["minutes"]
        wishes = entries[public_id]["wishes"] or list(free)
        slot = next((one for one in wishes if free.get(one, 0) >= minutes), None)
        what = NO_ROOM
        if slot is not None:
            what = WON if take(public_id, slot) else NOT_POSSIBLE
        if what == WON:
            free[slot] -= minutes
        given = slot if what == WON else None
        outcome.append({"id": public_id, "rank": rank, "outcome": what, "slot": given})
    return outcome


def publish(
    *, seed: str, entries: list[dict[str, Any]], slots: list[dict[str, Any]], take: Take
) -> dict[str, Any]:
    """Draws; returns all that anyone needs to do it again, without personal data."""
    by_id = {entry["id"]: entry for entry in entries}
    final_seed = final_seed_of(seed, by_id)
    order = order_of(final_seed, by_id)
    return {
        "rule": RULE,
        "commitment": commitment_of(seed),
        "seed": seed,
        "entries": [by_id[one] for one in sorted(by_id)],
        "entries_digest": digest_of(by_id),
        "final_seed": final_seed,
        "slots": slots,
        "order": order,
        "outcome": share_out(order, by_id, slots, take),
    }


def differences(published: Mapping[str, Any]) -> list[str]:
    """Which parts of a published draw are not what the rule makes of its inputs.

    An entry that was not possible is believed; docs/draw.md says what that leaves open.
    Raises KeyError, TypeError or ValueError when it is not a published draw at all.
    """
    entries, outcome = published["entries"], published["outcome"]
    impossible = {one["id"] for one in outcome if one["outcome"] == NOT_POSSIBLE}
    again = publish(
        seed=published["seed"],
        entries=entries,
        slots=published["slots"],
        take=lambda entry, slot: entry not in impossible,
    )
    return [part for part in again if again[part] != published[part]]
