"""The forecast, for supervisors: people expected, with their range."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from appointments.api.demand import READERS
from appointments.forecasting.reading import newest
from appointments.models import ForecastRun, ForecastValue
from windows.access import halls_of
from windows.api.describing import described
from windows.api.plumbing import StaffCall, staff_with
from windows.models import Hall


class ForecastInput(serializers.Serializer):
    hall = serializers.SlugRelatedField(
        "code", queryset=Hall.objects.all(), required=False, help_text="Left out: the city"
    )
    by = serializers.ChoiceField(["day", "hour"], required=False, default="day")


class ForecastOutput(serializers.Serializer):
    hall = serializers.CharField(source="hall.code", allow_null=True, help_text="Null: the city")
    matter = serializers.CharField(source="matter.code", allow_null=True, help_text="Null: all")
    date = serializers.DateField(source="service_day", help_text="The service day")
    hour = serializers.IntegerField(allow_null=True, help_text="24 and on after midnight")
    mean = serializers.FloatField(help_text="People expected")
    low = serializers.FloatField(source="p05", help_text="Nine times in ten not fewer ...")
    median = serializers.FloatField(source="p50")
    high = serializers.FloatField(source="p95", help_text="... and not more")
    minutes = serializers.FloatField(help_text="Window-minutes that the mean needs")
    made_at = serializers.DateTimeField(source="run.made_at")


class Forecast(StaffCall):
    @described(
        "forecast",
        "Supervise",
        asks=[ForecastInput],
        gives=ForecastOutput(many=True),
        unsafe=False,
    )
    def get(self, request: Request) -> Response:
        """People expected in the coming four weeks by day, or in one by hour."""
        staff = staff_with(request, *READERS)
        asked = self.read(ForecastInput, request.query_params.dict())
        run = newest()
        rows = _rows(run, asked, halls_of(staff, *READERS)) if run else []
        return Response(ForecastOutput(rows, many=True).data)


def _rows(run: ForecastRun, asked: dict[str, Any], halls: Any) -> list[ForecastValue]:
    hall = asked.get("hall")
    values = run.values.select_related("run", "hall", "matter")
    if hall is None:
        values = values.filter(hall=None, district="")
    else:
        values = values.filter(hall__in=halls.filter(pk=hall.pk))
    values = values.filter(hour__isnull=asked["by"] == "day")
    return list(values.order_by("service_day", "hour", "matter__code"))
