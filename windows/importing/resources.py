"""What a row of a file becomes: halls, windows, matters. One resource for each.

A resource knows its columns, finds what a row means, checks whose it is, and saves it. What is
wrong is told by column. Its `before` and `after` are the row as it was and as it is.
"""

from abc import ABCMeta, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from import_export import resources
from import_export.declarative import ModelDeclarativeMetaclass
from import_export.fields import Field

from config.refusals import Refusal, constraint_of
from windows.importing.cells import Cell, Codes, Degrees, Number, YesNo, joined
from windows.models import Hall, Matter, Staff, Window

CONSTRAINTS = {
    "hall_code_once": _("This code stands for another hall."),
    "window_number_once_in_hall": _("This window stands in the hall already."),
    "matter_code_once": _("This code stands for another matter."),
    "matter_minutes_sensible": _("A matter takes 1 to 120 minutes."),
}


@dataclass(frozen=True)
class Scope:
    """Who takes the file in, when, and what is theirs: the city, or these halls."""

    by: Staff
    now: datetime
    is_city: bool
    halls: Mapping[str, Hall]
    more: Mapping[str, type["Rows"]] = field(default_factory=dict)  # what other apps take in

    @property
    def mine(self) -> list[int]:
        return [hall.pk for hall in self.halls.values()]

    def hall(self, code: str) -> Hall:
        """Raises ValueError in words where the hall is not known, or not theirs."""
        hall = self.halls.get(code.upper())
        if hall is None:
            raise ValueError(
                _now("There is no hall of yours with the code %(code)s.") % {"code": code}
            )
        return hall


def column(label: Any, widget: Cell, attribute: str | None = None, **more: Any) -> Field:
    """A column: its heading in the reader's language, and how its cells are read."""
    field = Field(attribute=attribute, widget=widget, **more)
    field.label = label
    return field


def wrong(name: str | None, text: Any) -> ValidationError:
    return ValidationError({name or NON_FIELD_ERRORS: [str(text)]})


class RowsType(ModelDeclarativeMetaclass, ABCMeta):
    """Columns are declared; what each kind of row must say for itself is abstract."""


class Rows(resources.ModelResource, metaclass=RowsType):
    """The base of all: nothing of a row is half done, and every refusal is in words."""

    what = ""
    title: Any = ""
    is_of_city = False  # only who runs the whole city may take it in
    keys: tuple[str, ...] = ()  # what a row is about: once in a file
    home = ""  # the page that lists them, if one does
    called: tuple[str, ...] = ()  # what it is called; its keys when nothing is said

    class Meta:
        skip_diff = True  # `before` and `after` say it in words
        store_instance = True
        clean_model_instances = True
        use_transactions = False
        force_init_instance = False

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope
        self.before: dict[str, Any] | None = None
        self.after: dict[str, Any] = {}
        for name, its in self.fields.items():
            its.column_name = name

    def labels(self) -> dict[str, str]:
        return {name: str(self.fields[name].label) for name in self.columns()}

    def columns(self) -> list[str]:
        return list(self._meta.fields)

    def values(self, instance: Any) -> dict[str, Any]:
        """The instance as a row of the file."""
        return {name: self.shown(name, instance) for name in self.columns()}

    def shown(self, name: str, instance: Any) -> Any:
        field = self.fields[name]
        return field.widget.render(getattr(instance, field.attribute or name, None))

    @classmethod
    def is_for(cls, scope: Scope) -> bool:
        """Whether the person may take such rows in, and out."""
        return scope.is_city or not cls.is_of_city

    @abstractmethod
    def instances(self) -> Iterable[Any]:
        """All that are the person's, in the order of a file."""

    @abstractmethod
    def find(self, row: Mapping[str, Any]) -> Any:
        """What the row means, when it is there already."""

    def allowed(self, instance: Any) -> None:
        """Raises ValidationError for what is not theirs to write."""

    def get_instance(self, instance_loader: Any, row: Mapping[str, Any]) -> Any:
        try:
            found = self.find(row)
        except ValueError as error:
            raise wrong(self.keys[0], error) from error
        self.before = self.values(found) if found else None
        return found

    def import_row(self, row: Any, instance_loader: Any, **more: Any) -> Any:
        self.before, self.after = None, {}
        return super().import_row(row, instance_loader, **more)

    def validate_instance(
        self, instance: Any, errors: Any = None, validate_unique: bool = True
    ) -> None:
        """All that is wrong with the row at once, by column."""
        told = dict(errors or {})
        fields = instance._meta.concrete_fields
        absent = [f.name for f in fields if f.null and getattr(instance, f.attname) is None]
        try:
            if self._meta.clean_model_instances:
                instance.full_clean(exclude=[*told, *absent], validate_unique=validate_unique)
        except ValidationError as error:
            told = error.update_error_dict(told)
        if told:
            raise ValidationError(told)
        self.allowed(instance)

    def save_instance(self, instance: Any, *args: Any, **more: Any) -> None:
        self._in_words(lambda: super(Rows, self).save_instance(instance, *args, **more))

    def after_import_row(self, row: Any, row_result: Any, **more: Any) -> None:
        self.after = self.values(row_result.instance)

    def _in_words(self, write: Callable[[], Any]) -> None:
        """What the database or a command refuses is told beside its column."""
        try:
            with transaction.atomic():
                write()
        except Refusal as no:
            raise wrong(no.field if no.field in self.fields else None, no) from no
        except IntegrityError as error:
            said = CONSTRAINTS.get(constraint_of(error) or "", _("The database refuses this row."))
            raise wrong(None, said) from error


class OfMatters(Codes):
    """Matters by their codes."""

    def known(self) -> dict[str, Any]:
        return {matter.code.casefold(): matter for matter in Matter.objects.all()}

    def render(self, value: Any, obj: Any = None, **more: Any) -> str:
        matters = value.order_by("position", "code") if isinstance(value, models.Manager) else value
        return joined([matter.code for matter in matters])


class HallRows(Rows):
    """Halls: the city makes new ones, supervisors correct their own."""

    what, title, keys = "halls", _("Halls"), ("code",)
    code = column(pgettext_lazy("column", "Code"), Cell(required=True), "code")
    name_zh = column(_("Name in Chinese"), Cell(required=True), "name_zh")
    name_en = column(_("Name in English"), Cell(required=True), "name_en")
    district_zh = column(_("District in Chinese"), Cell(required=True), "district_zh")
    district_en = column(_("District in English"), Cell(required=True), "district_en")
    address_zh = column(_("Address in Chinese"), Cell(required=True), "address_zh")
    address_en = column(_("Address in English"), Cell(), "address_en")
    transport_zh = column(_("How to get there, in Chinese"), Cell(), "transport_zh")
    transport_en = column(_("How to get there, in English"), Cell(), "transport_en")
    phone = column(_("Phone"), Cell(), "phone")
    latitude = column(_("Latitude"), Degrees(most=90), "latitude")
    longitude = column(_("Longitude"), Degrees(most=180), "longitude")
    is_open = column(_("Open to the public"), YesNo(), "is_open")

    class Meta(Rows.Meta):
        model = Hall
        fields = (
            "code", "name_zh", "name_en", "district_zh", "district_en", "address_zh",
            "address_en", "transport_zh", "transport_en", "phone", "latitude", "longitude",
            "is_open",
        )  # fmt: skip

    def instances(self) -> Iterable[Hall]:
        return Hall.objects.filter(pk__in=self.scope.mine).order_by("code")

    def find(self, row: Mapping[str, Any]) -> Hall | None:
        code = self.fields["code"].widget.clean(row.get("code")).upper()
        found = Hall.objects.filter(code=code).first()
        if not self.scope.is_city:
            return self.scope.hall(code)
        return found

    def allowed(self, instance: Hall) -> None:
        instance.code = instance.code.upper()
        if self.scope.is_city or self.before is None:
            return
        if self.before["district_zh"] != instance.district_zh:
            raise wrong("district_zh", _("Only the city moves a hall to another district."))


class WindowRows(Rows):
    """Windows of halls."""

    what, title, keys = "windows", _("Windows"), ("hall", "number")
    hall = column(_("Hall"), Cell(required=True))
    number = column(_("Window"), Number(least=1, most=999, required=True), "number")
    matters = column(_("Matters"), OfMatters())
    is_accessible = column(_("Accessible"), YesNo(), "is_accessible")
    is_in_use = column(_("In use"), YesNo(), "is_in_use")

    class Meta(Rows.Meta):
        model = Window
        fields = ("hall", "number", "matters", "is_accessible", "is_in_use")

    def shown(self, name: str, instance: Any) -> Any:
        return instance.hall.code if name == "hall" else super().shown(name, instance)

    def instances(self) -> Iterable[Window]:
        windows = Window.objects.filter(hall__in=self.scope.mine).select_related("hall")
        return windows.prefetch_related("matters").order_by("hall__code", "number")

    def find(self, row: Mapping[str, Any]) -> Window | None:
        self.its_hall = self.scope.hall(str(row.get("hall") or ""))
        try:
            number = self.fields["number"].widget.clean(row.get("number"))
        except ValueError as error:
            raise wrong("number", error) from error
        return (
            Window.objects.select_related("hall").filter(hall=self.its_hall, number=number).first()
        )

    def import_instance(self, instance: Window, row: Any, **more: Any) -> None:
        instance.hall = self.its_hall
        super().import_instance(instance, row, **more)
        try:
            self.its_matters = self.fields["matters"].widget.clean(row.get("matters"))
        except ValueError as error:
            raise wrong("matters", error) from error

    def save_m2m(self, instance: Any, row: Any, **more: Any) -> None:
        instance.matters.set(self.its_matters)


class MatterRows(Rows):
    """Matters: the whole city's."""

    what, title, keys, is_of_city = "matters", _("Matters"), ("code",), True
    code = column(pgettext_lazy("column", "Code"), Cell(required=True), "code")
    prefix = column(_("Letter of its numbers"), Cell(required=True), "prefix")
    name_zh = column(_("Name in Chinese"), Cell(required=True), "name_zh")
    name_en = column(_("Name in English"), Cell(required=True), "name_en")
    summary_zh = column(_("In a sentence, in Chinese"), Cell(required=True), "summary_zh")
    summary_en = column(_("In a sentence, in English"), Cell(required=True), "summary_en")
    minutes = column(_("Minutes"), Number(least=1, most=120, required=True), "minutes")
    fee_cny = column(_("Fee in yuan"), Number(empty=0), "fee_cny")
    promised_workdays = column(
        _("Working days until it is ready"), Number(most=365, empty=20), "promised_workdays"
    )
    min_age = column(_("From age"), Number(most=120), "min_age")
    max_age = column(_("To age"), Number(most=120), "max_age")
    needs_guardian = column(_("With a guardian"), YesNo(), "needs_guardian")
    position = column(_("Place in the list"), Number(empty=0), "position")
    is_offered = column(_("On offer"), YesNo(), "is_offered")

    class Meta(Rows.Meta):
        model = Matter
        fields = (
            "code", "prefix", "name_zh", "name_en", "summary_zh", "summary_en", "minutes",
            "fee_cny", "promised_workdays", "min_age", "max_age", "needs_guardian", "position",
            "is_offered",
        )  # fmt: skip

    def instances(self) -> Iterable[Matter]:
        return Matter.objects.order_by("position", "code")

    def find(self, row: Mapping[str, Any]) -> Matter | None:
        code = self.fields["code"].widget.clean(row.get("code")).upper()
        return Matter.objects.filter(code=code).first()

    def allowed(self, instance: Matter) -> None:
        instance.code, instance.prefix = instance.code.upper(), instance.prefix.upper()
        if not (instance.prefix.isascii() and instance.prefix.isalpha()):
            raise wrong("prefix", _("Enter one letter from A to Z."))
        ages = instance.min_age, instance.max_age
        if None not in ages and ages[0] > ages[1]:  # type: ignore[operator]
            raise wrong("max_age", _("This age is below the first one."))
