"""Staff from a file: one row for each person and role. No file holds a password: who is new
cannot sign in until an administrator sets one."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from windows.importing.cells import Cell, Choice, YesNo
from windows.importing.resources import Rows, column, wrong
from windows.models import Hall, Staff, StaffRole

Role = StaffRole.Role
OF_A_HALL = {Role.CLERK, Role.GUIDE, Role.AGENT, Role.VIEWER}  # what a hall gives by itself


class StaffRows(Rows):
    """Who may do what where: a hall's code, or a district, or neither for the whole city."""

    what, title = "staff", _("Staff")
    keys, called = ("username", "role", "hall", "district"), ("username", "role")
    username = column(_("User name"), Cell(required=True))
    display_name = column(_("Name"), Cell())
    role = column(_("Role"), Choice(Role.choices, required=True), "role")
    hall = column(_("Hall"), Cell())
    district = column(_("District in Chinese"), Cell())
    is_active = column(_("May sign in"), YesNo())

    class Meta(Rows.Meta):
        model = StaffRole
        fields = ("username", "display_name", "role", "hall", "district", "is_active")

    def shown(self, name: str, instance: Any) -> Any:
        person = instance.staff
        if name in ("username", "display_name"):
            return getattr(person, name)
        if name == "is_active":
            return self.fields[name].widget.render(person.is_active)
        if name == "hall":
            return instance.hall.code if instance.hall else ""
        return super().shown(name, instance)

    def instances(self) -> Iterable[StaffRole]:
        roles = StaffRole.objects.select_related("staff", "hall")
        if not self.scope.is_city:
            roles = roles.filter(hall__in=self.scope.mine)
        return roles.order_by("staff__username", "pk")

    def find(self, row: Mapping[str, Any]) -> StaffRole | None:
        self.its_hall = self._hall_of(row)
        self.its_district = str(row.get("district") or "").strip()
        self._place()
        username = self.fields["username"].widget.clean(row.get("username"))
        found = Staff.objects.filter(username=username).first()
        self.is_new, self.person = found is None, found or Staff(username=username)
        try:
            role = self.fields["role"].widget.clean(row.get("role"))
        except ValueError as error:
            raise wrong("role", error) from error
        self._theirs(role)
        roles = StaffRole.objects.select_related("staff", "hall")
        return roles.filter(
            staff__username=username, role=role, hall=self.its_hall, district=self.its_district
        ).first()

    def _hall_of(self, row: Mapping[str, Any]) -> Hall | None:
        code = str(row.get("hall") or "").strip()
        try:
            return self.scope.hall(code) if code else None
        except ValueError as error:
            raise wrong("hall", error) from error

    def _place(self) -> None:
        if self.its_hall and self.its_district:
            raise wrong("district", _("Name a hall or a district, not both."))
        district = self.its_district
        if district and not Hall.objects.filter(district_zh=district).exists():
            raise wrong("district", _("There is no hall in this district."))
        if self.its_hall is None and not self.scope.is_city:
            raise wrong("hall", _("Only the city gives roles beyond a hall. Name one of yours."))

    def _theirs(self, role: str) -> None:
        """A hall gives its own people the roles of a hall, and takes nobody from another."""
        if self.scope.is_city:
            return
        if role not in OF_A_HALL:
            raise wrong("role", _("Only the city gives this role."))
        if self.is_new:
            return
        held = StaffRole.objects.filter(staff=self.person)
        others = held.exclude(hall__in=self.scope.mine, role__in=OF_A_HALL)
        if others.exists() or not held.exists() or self.person.is_superuser:
            raise wrong("username", _("This person has other rights too; the city changes them."))

    def import_instance(self, instance: StaffRole, row: Any, **more: Any) -> None:
        super().import_instance(instance, row, **more)
        person = self.person
        person.display_name = self._read(row, "display_name")
        person.is_active = self._read(row, "is_active") if row.get("is_active") else True
        if self.is_new:
            person.password = make_password(None)
        person.full_clean(exclude=["password"])
        instance.hall, instance.district = self.its_hall, self.its_district

    def _read(self, row: Any, name: str) -> Any:
        try:
            return self.fields[name].widget.clean(row.get(name))
        except ValueError as error:
            raise wrong(name, error) from error

    def validate_instance(self, instance: StaffRole, errors: Any = None, *args: Any) -> None:
        if errors:
            raise ValidationError(errors)
        if self.person.pk == self.scope.by.pk and not self.person.is_active:
            raise wrong("is_active", _("You cannot shut yourself out."))
        if self.is_new:
            self._in_words(self.person.save)
        else:
            self.person.save(update_fields=["display_name", "is_active"])
        instance.staff = self.person
        super().validate_instance(instance, errors, *args)
