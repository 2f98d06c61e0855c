"""How the messages go, for Prometheus: counts, ages, times and money, never an address."""

from datetime import datetime

from django.db.models import Count, Min
from prometheus_client import CollectorRegistry, Gauge

from appointments.messaging.alarming_messages import Found, look
from appointments.messaging.overseeing_messages import ProviderNow, endings
from appointments.models import Message


def measure_messages(registry: CollectorRegistry, *, now: datetime) -> None:
    _states(registry)
    found = look(now=now, cost_today=endings(now=now).cost_today)
    _old_work(registry, found, now)
    _providers(registry, found.providers)


def _states(registry: CollectorRegistry) -> None:
    states = Gauge("dengta_messages", "Messages by state", ["state"], registry=registry)
    kinds = Gauge(
        "dengta_messages_by_kind", "Messages by kind and state", ["kind", "state"],
        registry=registry,
    )  # fmt: skip
    for state in Message.State.values:
        states.labels(state).set(0)
    for kind, state, n in Message.objects.values_list("kind", "state").annotate(Count("pk")):
        states.labels(state).inc(n)
        kinds.labels(kind, state).set(n)


def _old_work(registry: CollectorRegistry, found: Found, now: datetime) -> None:
    owed = Message.objects.filter(state__in=["ready", "claimed"], due_at__lte=now)
    oldest = owed.aggregate(at=Min("due_at"))["at"]
    Gauge(
        "dengta_message_oldest_due_seconds", "Age of the oldest unsent message", registry=registry
    ).set((now - oldest).total_seconds() if oldest else 0)
    ages = Gauge(
        "dengta_message_late_seconds", "Age of a channel's oldest unsent message", ["channel"],
        registry=registry,
    )  # fmt: skip
    for channel in Message.Channel.values:
        ages.labels(channel).set(0)
    for one in found.late:
        ages.labels(one.channel).set(one.seconds)
    for name, meaning, number in (
        ("dengta_messages_parked", "Messages in doubt that a person decides about", found.parked),
        ("dengta_messages_failed_lately", "Messages failed in the last hour", found.failed),
    ):
        Gauge(name, meaning, registry=registry).set(number)


def _providers(registry: CollectorRegistry, providers: list[ProviderNow]) -> None:
    calls = Gauge(
        "dengta_message_provider_calls", "Questions to providers in the last hour",
        ["provider", "ending"], registry=registry,
    )  # fmt: skip
    times = Gauge(
        "dengta_message_provider_seconds", "How long providers took in the last hour",
        ["provider", "quantile"], registry=registry,
    )  # fmt: skip
    rests = _of_providers(registry, "rests", "1 while a provider's breaker is open")
    is_on = _of_providers(registry, "on", "1 for a provider that is on")
    left = _of_providers(registry, "cap_left", "Messages that a provider may still take today")
    cost = _of_providers(registry, "cost_today_yuan", "What a provider cost today")
    for one in providers:
        name = one.row.name
        for ending in ("accepted", "refused", "doubt"):
            calls.labels(name, ending).set(getattr(one.calls, ending))
        for quantile, took in (("0.5", one.calls.half_ms), ("0.95", one.calls.most_ms)):
            if took is not None:
                times.labels(name, quantile).set(took / 1000)
        rests.labels(name).set(one.rests)
        is_on.labels(name).set(one.row.is_on)
        left.labels(name).set(one.cap_left)
        cost.labels(name).set(one.cost_mil / 1000)


def _of_providers(registry: CollectorRegistry, name: str, meaning: str) -> Gauge:
    return Gauge(f"dengta_message_provider_{name}", meaning, ["provider"], registry=registry)
