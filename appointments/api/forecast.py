"""The forecast, for supervisors: people expected, with their range."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from appointments.api.demand import READERS
from appointments.forecasting.reading import newest
from appointments.models import ForecastRun, ForecastValue
from config.refusals import NotFound
from windows.access import halls_of
from windows.api.describing import described
from windows.api.plumbing import StaffCall, staff_with
from windows.models import Hall


class ForecastInput(serializers.Serializer):
    hall = serializers.SlugRelatedField(
        "code", queryset=Hall.objects.all(), required=False, help_text="One hall"
    )
    district = serializers.CharField(
        required=False,
        max_length=40,
        help_text="The sum of a district, by its Chinese name; neither this nor a hall: the city's",
    )
    by = serializers.ChoiceField(
        ["day", "hour"], required=False, default="day", help_text="Hours: of one hall"
    )

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A place is named in one way, and hours are foreseen for halls."""
        if "hall" in asked and "district" in asked:
            raise serializers.ValidationError({"district": _("Name a hall or a district.")})
        if asked["by"] == "hour" and "hall" not in asked:
            raise serializers.ValidationError({"hall": _("Hours are foreseen for one hall.")})
        return asked


class ForecastOutput(serializers.Serializer):
    hall = serializers.CharField(source="hall.code", allow_null=True, help_text="Null: a sum")
    district = serializers.CharField(help_text="Whose sum it is; empty: a hall's, or the city's")
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
        place = _place(asked, halls_of(staff, *READERS))
        run = newest()
        rows = _rows(run, place, by_hour=asked["by"] == "hour") if run else []
        return Response(ForecastOutput(rows, many=True).data)


def _place(asked: dict[str, Any], mine: QuerySet[Hall]) -> dict[str, Any]:
    """Whose numbers are asked for. Raises NotFound for a hall or a district of others."""
    if hall := asked.get("hall"):
        if not mine.filter(pk=hall.pk).exists():
            raise NotFound
        return {"hall": hall}
    district = asked.get("district", "")
    if district and not mine.filter(district_zh=district).exists():
        raise NotFound
    return {"hall": None, "district": district}


def _rows(run: ForecastRun, place: dict[str, Any], *, by_hour: bool) -> list[ForecastValue]:
    values = run.values.select_related("run", "hall", "matter").filter(**place)
    values = values.filter(hour__isnull=not by_hour)
    return list(values.order_by("service_day", "hour", "matter__code"))
