"""How the messages do: what is late, how they ended, how their providers are.

Read by the operations page, /readyz and /metrics. Work is judged by its age, not by which
processes live. Counts, times and money, never an address.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import Count, Min

from appointments.models import Message, MessageProvider
from config import civil

State = Message.State
WEEK = 7  # days, today included
LATELY = timedelta(hours=1)

# Each message that was due in the last days, once.
ENDINGS = """
SELECT state, kind, provider, due_at >= %(today)s, count(*),
  coalesce(sum(cost_mil) FILTER (WHERE sent_at >= %(today)s), 0)
FROM appointments_message WHERE due_at >= %(since)s AND due_at <= %(now)s
GROUP BY 1, 2, 3, 4
"""
CALLS = """
SELECT provider, count(*) FILTER (WHERE ending = 'accepted'),
  count(*) FILTER (WHERE ending = 'refused'), count(*) FILTER (WHERE ending = 'doubt'),
  percentile_disc(0.5) WITHIN GROUP (ORDER BY took_ms),
  percentile_disc(0.95) WITHIN GROUP (ORDER BY took_ms)
FROM appointments_providercall WHERE provider = ANY(%(names)s) AND at > %(since)s AND at <= %(now)s
GROUP BY provider
"""


@dataclass(frozen=True)
class Late:
    """What is due on a channel and has not left: how many, and since when the oldest."""

    channel: str
    number: int
    since: datetime
    seconds: int

    @property
    def minutes(self) -> int:
        return self.seconds // 60

    @property
    def name(self) -> str:
        return str(Message.Channel(self.channel).label)


@dataclass
class Ended:
    """How many came to each state, today and in a week."""

    name: str
    code: str
    today: int = 0
    week: int = 0


@dataclass(frozen=True)
class Endings:
    """The messages that were due in the last week, by state and by kind."""

    states: list[Ended]
    kinds: list[tuple[Ended, dict[str, int]]]  # a kind, and its states in the week
    cost_today: dict[str, int]  # thousandths of a yuan, by provider

    @property
    def by_kind(self) -> list[tuple[Ended, list[int]]]:
        return [(kind, [found.get(state, 0) for state in SHOWN]) for kind, found in self.kinds]


@dataclass(frozen=True)
class Calls:
    """The questions of the last hour to one provider; milliseconds of half and of 19 in 20."""

    accepted: int = 0
    refused: int = 0
    doubt: int = 0
    half_ms: int | None = None
    most_ms: int | None = None

    @property
    def number(self) -> int:
        return self.accepted + self.refused + self.doubt


@dataclass(frozen=True)
class ProviderNow:
    """One provider: how it is used, and how it has been in the last hour."""

    row: MessageProvider
    calls: Calls
    taken: int
    cost_mil: int
    rests: bool  # its breaker is open

    @property
    def cap_left(self) -> int:
        return max(self.row.daily_cap - self.taken, 0)

    @property
    def yuan(self) -> str:
        return f"{self.cost_mil / 1000:.2f}"

    @property
    def price(self) -> str:
        return f"{self.row.cost_mil / 1000:.3f}"


SHOWN = [State.DELIVERED, State.SENT, State.READY, State.CLAIMED, State.UNKNOWN, State.FAILED,
         State.VOID]  # fmt: skip


def late(*, now: datetime) -> list[Late]:
    """What should have left by now and has not, by channel; the oldest first."""
    due = Message.objects.filter(
        state__in=[State.READY, State.CLAIMED], bundled_into=None, due_at__lte=now
    )
    rows = due.values_list("channel").annotate(n=Count("pk"), at=Min("due_at")).order_by("at")
    return [
        Late(channel, number, at, int((now - at).total_seconds())) for channel, number, at in rows
    ]


def parked() -> int:
    """Messages in doubt that a person has to decide about; a family's bundle is one."""
    return Message.objects.filter(state=State.UNKNOWN, bundled_into=None).count()


def failed_lately(*, now: datetime) -> int:
    """Messages that failed for good in the last hour."""
    failed = Message.objects.filter(state=State.FAILED, settled_at__gt=now - LATELY)
    return failed.filter(settled_at__lte=now, bundled_into=None).count()


def endings(*, now: datetime) -> Endings:
    """How what was due ended: today, and in the week."""
    today = civil.city_date(now)
    values = {"today": _start(today), "since": _start(today - timedelta(days=WEEK - 1)), "now": now}
    with connection.cursor() as cursor:
        cursor.execute(ENDINGS, values)
        rows = cursor.fetchall()
    states = {state: Ended(str(State(state).label), state) for state in SHOWN}
    kinds: dict[str, tuple[Ended, Counter[str]]] = {}
    cost: Counter[str] = Counter()
    for state, kind, provider, is_today, number, mil in rows:
        cost[provider] += int(mil)
        name = str(Message.Kind(kind).label) if kind in Message.Kind else kind
        of_kind, by_state = kinds.setdefault(kind, (Ended(name, kind), Counter()))
        by_state[state] += number
        for ended in (states[State(state)], of_kind):
            ended.week += number
            ended.today += number if is_today else 0
    largest = sorted(kinds.values(), key=lambda pair: (-pair[0].week, pair[0].code))
    return Endings(
        states=list(states.values()),
        kinds=[(ended, dict(by_state)) for ended, by_state in largest],
        cost_today={name: mil for name, mil in cost.items() if mil},
    )


def providers(*, now: datetime, cost_today: dict[str, int]) -> list[ProviderNow]:
    """The providers in the order in which they are asked, channel by channel."""
    rows = list(MessageProvider.objects.order_by("channel", "rank", "name"))
    today, calls = civil.city_date(now), _calls([row.name for row in rows], now)
    return [
        ProviderNow(
            row=row,
            calls=calls.get(row.name, Calls()),
            taken=row.taken if row.counted_on == today else 0,
            cost_mil=cost_today.get(row.name, 0),
            rests=row.closed_again_at is not None and row.closed_again_at > now,
        )
        for row in rows
    ]


def _calls(names: Iterable[str], now: datetime) -> dict[str, Calls]:
    with connection.cursor() as cursor:
        cursor.execute(CALLS, {"names": list(names), "since": now - LATELY, "now": now})
        return {name: Calls(*numbers) for name, *numbers in cursor.fetchall()}


def _start(day: date) -> datetime:
    return civil.city_day(day)[0]
