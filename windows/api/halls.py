"""What is offered and where: matters, halls."""

from django.db.models import Prefetch
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from windows.api.describing import described
from windows.api.plumbing import Call
from windows.models import Hall, Material, Matter


class MaterialOutput(serializers.Serializer):
    name = serializers.CharField()
    note = serializers.CharField()


class MatterOutput(serializers.Serializer):
    code = serializers.CharField(help_text="Names the matter in all other calls")
    prefix = serializers.CharField(help_text="Letter of its ticket numbers")
    name = serializers.CharField(help_text="In the language asked for")
    name_zh = serializers.CharField()
    name_en = serializers.CharField()
    summary = serializers.CharField()
    minutes = serializers.IntegerField(help_text="Window-minutes that one person takes")
    fee_cny = serializers.IntegerField()
    promised_workdays = serializers.IntegerField()
    min_age = serializers.IntegerField(allow_null=True)
    max_age = serializers.IntegerField(allow_null=True)
    needs_guardian = serializers.BooleanField()
    bring = MaterialOutput(many=True, source="to_bring")


class HallOutput(serializers.Serializer):
    code = serializers.CharField(help_text="Names the hall in all other calls")
    name = serializers.CharField(help_text="In the language asked for")
    name_zh = serializers.CharField()
    name_en = serializers.CharField()
    district = serializers.CharField()
    address = serializers.CharField()
    transport = serializers.CharField()
    phone = serializers.CharField()
    latitude = serializers.FloatField(allow_null=True)
    longitude = serializers.FloatField(allow_null=True)
    is_open = serializers.BooleanField(help_text="False while the hall is shut for good reason")


class Matters(Call):
    @described("matters", "Offer", gives=MatterOutput(many=True), unsafe=False, private=False)
    def get(self, request: Request) -> Response:
        """What people come for, with what to bring."""
        bring = Material.objects.filter(kind=Material.Kind.BRING).order_by("position", "pk")
        matters = Matter.objects.filter(is_offered=True).order_by("position", "pk")
        matters = matters.prefetch_related(Prefetch("materials", bring, to_attr="to_bring"))
        return Response(MatterOutput(matters, many=True).data)


class Halls(Call):
    @described("halls", "Offer", gives=HallOutput(many=True), unsafe=False, private=False)
    def get(self, request: Request) -> Response:
        """All halls of the city."""
        return Response(HallOutput(Hall.objects.order_by("code"), many=True).data)
