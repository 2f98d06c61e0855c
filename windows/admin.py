"""Administration of what changes rarely: halls, windows, matters, rules, staff, devices."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config import civil
from windows.models import (
    DeviceToken,
    Hall,
    Material,
    Matter,
    Rule,
    SelfServicePoint,
    Staff,
    StaffRole,
    Window,
)

admin.site.site_header = _("Dengta administration")
admin.site.site_title = _("Dengta administration")


@admin.register(Hall)
class HallAdmin(admin.ModelAdmin):
    list_display = ("code", "name_zh", "name_en", "district_zh", "is_open")
    search_fields = ("code", "name_zh", "name_en")


@admin.register(Window)
class WindowAdmin(admin.ModelAdmin):
    list_display = ("hall", "number", "is_accessible", "is_in_use")
    list_filter = ("hall",)
    filter_horizontal = ("matters",)


class MaterialInline(admin.TabularInline):
    model = Material
    extra = 0


@admin.register(Matter)
class MatterAdmin(admin.ModelAdmin):
    list_display = ("code", "name_zh", "name_en", "minutes", "fee_cny", "is_offered")
    inlines = (MaterialInline,)


class WholeCity(admin.options.BaseModelAdmin):
    """The hall may be left empty: then it is the whole city."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "hall" and db_field.null:
            kwargs["required"] = False
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(SelfServicePoint)
class SelfServicePointAdmin(WholeCity, admin.ModelAdmin):
    """Where it is and what it does; whether it works is said on the supervisors' page."""

    list_display = ("code", "name_zh", "kind", "district_zh", "hall", "state", "is_shown")
    list_filter = ("kind", "state", "district_zh")
    search_fields = ("code", "name_zh", "name_en")
    filter_horizontal = ("matters",)
    exclude = (
        "state",
        "out_since",
        "out_note_zh",
        "out_note_en",
        "changed_by",
        "changed_at",
        "is_simulated",
    )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Without hours it is there day and night; a photo booth ends no matter."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and (db_field.null or db_field.name == "matters"):
            field.required = False
        return field

    def save_model(
        self, request: HttpRequest, obj: SelfServicePoint, form: Any, change: bool
    ) -> None:
        obj.changed_by_id, obj.changed_at = request.user.pk, civil.now()
        super().save_model(request, obj, form, change)


@admin.register(Rule)
class RuleAdmin(WholeCity, admin.ModelAdmin):
    """A rule in force stays as it is: a change is a new row with its date."""

    list_display = ("name", "hall", "value", "effective_on")
    list_filter = ("name", "hall")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class RoleInline(WholeCity, admin.TabularInline):
    model = StaffRole
    extra = 0


@admin.register(Staff)
class StaffAdmin(UserAdmin):
    list_display = ("username", "display_name", "is_active")
    inlines = (RoleInline,)
    fieldsets = (
        (None, {"fields": ("username", "password", "display_name")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser")}),
    )


@admin.register(DeviceToken)
class DeviceTokenAdmin(admin.ModelAdmin):
    list_display = ("name", "hall", "kind", "revoked_at")
    readonly_fields = ("token_hash",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
