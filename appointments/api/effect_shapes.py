"""The shape of what a session would do to waits and to people turned away."""

from typing import Any

from rest_framework import serializers

from appointments.twin.outcome import TwinEffect
from appointments.twin.telling import effect_words, source_words, why_not
from windows.api.describing import Word

SOURCES = ["", "forecast", "weekdays", "days"]
WHYS = ["", "nothing_known", "elsewhere"]


class RangeOutput(serializers.Serializer):
    low = serializers.FloatField(help_text="One run in ten has less")
    middle = serializers.FloatField()
    high = serializers.FloatField(help_text="One run in ten has more")


class OutcomeOutput(serializers.Serializer):
    half = RangeOutput(allow_null=True, help_text="Minutes that half of people wait at most")
    most = RangeOutput(allow_null=True, help_text="Minutes that nine in ten wait at most")
    unmet = RangeOutput(help_text="People turned to another day")
    served = RangeOutput(help_text="People")
    idle = RangeOutput(help_text="Window-minutes with nobody to serve")
    overtime = RangeOutput(help_text="Window-minutes beside the plan")


class EffectOutput(serializers.Serializer):
    why = Word(WHYS, help_text="Why nothing can be said; empty when it can")
    before = OutcomeOutput(allow_null=True)
    after = OutcomeOutput(allow_null=True)
    fewer = RangeOutput(allow_null=True, help_text="People fewer turned to another day")
    demand_from = Word(SOURCES, source="source", help_text="From where the demand is known")
    days = serializers.IntegerField(help_text="Days before that its mean was taken of")
    runs = serializers.IntegerField(help_text="How often the day was played, before and after")
    said = serializers.ListField(child=serializers.CharField(), help_text="The same in words")


def told_effect(effect: TwinEffect) -> dict[str, Any]:
    why = why_not(effect)
    said = [why] if why else [*effect_words(effect), source_words(effect)]
    return dict(EffectOutput(vars(effect) | {"said": said}).data)
