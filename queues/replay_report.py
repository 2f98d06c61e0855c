"""Puts a replay into figures and words."""

import csv
import io
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from queues import peers
from queues.replay_file import Tickets
from queues.replaying import Replayed

THIRDS = 3
GOALS = {"half": 0.35, "most": 0.40}
COVERED = 0.87, 0.93


def figures(replayed: Replayed, read: Tickets) -> dict[str, Any]:
    """Everything that is known of a replay, ready for JSON."""
    days = [ticket.day.isoformat() for ticket in replayed.tickets]
    queues = [ticket.queue for ticket in replayed.tickets]
    later = _thirds(sorted(set(days)))
    return {
        "tickets": len(replayed.tickets),
        "days": len(set(days)),
        **{k: v for k, v in replayed.score().as_json().items() if k != "tickets"},
        "first_day": days[0],
        "last_day": days[-1],
        "learned": replayed.learned,
        "per_day": _by(replayed, "date", days),
        "per_queue": _by(replayed, "queue", queues),
        "folds": _by(replayed, "days", [later[day] for day in days]),
        "peers_by_reading": [
            {"reading": reading.name}
            | {k: v for k, v in replayed.score(reading=n).as_json().items() if k in GOALS}
            for n, reading in enumerate(peers.READINGS)
        ],
        "waiting_at_join_counts_oneself": replayed.counts_oneself,
        "read": {
            "tickets": len(read.joined),
            "never_called": read.never_called,
            "repeated": read.repeated,
        },
    }


def _by(replayed: Replayed, name: str, keys: Sequence[Hashable]) -> list[dict[str, Any]]:
    each = np.array(keys)
    return [{name: str(key), **replayed.score(each == key).as_json()} for key in sorted(set(each))]


def _thirds(days: list[str]) -> dict[str, str]:
    """The judged days in three parts, each named by its first and last."""
    parts = np.array_split(np.array(days), min(THIRDS, len(days)))
    return {day: f"{part[0]} … {part[-1]}" for part in parts for day in part.tolist()}


def each(replayed: Replayed) -> str:
    """A CSV with the estimates of each ticket beside the file's own columns."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(["queue", "date", "ticket", "waited", "half", "most", "peers", "line"])
    for row, ticket in enumerate(replayed.tickets):
        told = replayed.half[row], replayed.most[row], replayed.formula[0][row]
        writer.writerow(
            [ticket.queue, ticket.day, ticket.order[1], f"{ticket.waited:g}"]
            + [f"{minutes:.2f}" for minutes in told]
            + [ticket.line]
        )
    return made.getvalue()


def in_words(report: dict[str, Any]) -> str:
    """The report for people."""
    lines = [*_opening(report), "", *_table("day", "date", report["per_day"])]
    lines += ["", *_table("queue", "queue", report["per_queue"])]
    lines += ["", *_table("days", "days", report["folds"])]
    lines += ["", "The usual formula, read in other ways (half / nine in ten better by):"]
    lines += [
        f"  {one['reading']:<55} {one['half']['better']:6.1%} {one['most']['better']:6.1%}"
        for one in report["peers_by_reading"]
    ]
    return "\n".join(lines)


def _opening(report: dict[str, Any]) -> list[str]:
    half, most = report["half"], report["most"]
    left_out = report["read"]["never_called"], report["read"]["repeated"]
    lines = [
        f"{report['tickets']} tickets on {report['days']} days, "
        f"{report['first_day']} to {report['last_day']}, each estimated by earlier days "
        "and by what was known when it joined."
        if report["learned"]
        else f"{report['tickets']} tickets of one day: there was nothing earlier to learn from, "
        "so this is the place in line at the pace of the last hour.",
        f"Half of all within: loss {half['loss']:.2f} minutes, usual formula "
        f"{half['peers']:.2f}: {_better(half['better'])}.",
        f"Nine in ten within: loss {most['loss']:.2f} minutes, usual formula "
        f"{most['peers']:.2f}: {_better(most['better'])}.",
        f"{report['coverage']:.1%} were called within their nine-in-ten.",
    ]
    if any(left_out):
        lines.append(f"Left out: {left_out[0]} never called, {left_out[1]} repeated lines.")
    return lines


def _better(part: float) -> str:
    return f"{part:.1%} better" if part >= 0 else f"{-part:.1%} worse"


def _table(title: str, key: str, rows: list[dict[str, Any]]) -> list[str]:
    wide = max(len(title), *(len(row[key]) for row in rows))
    lines = [f"{title:<{wide}}  tickets  half: loss  better  nine in ten: loss  better  within"]
    for row in rows:
        lines.append(
            f"{row[key]:<{wide}}  {row['tickets']:>7}  {row['half']['loss']:>10.2f}"
            f"  {row['half']['better']:>6.1%}  {row['most']['loss']:>17.2f}"
            f"  {row['most']['better']:>6.1%}  {row['coverage']:>6.1%}"
        )
    return lines
