"""Weekly plans from a file. A row with the number of a plan changes it from its first day on;
one without a number is a new plan."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Manager
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from windows.importing.cells import Cell, Choice, Codes, Day, Hour, Number, joined
from windows.importing.resources import OfMatters, Rows, column, wrong
from windows.models import HallSession, WeeklyPlan
from windows.weekly import add_plan, change_plan

SHAPE = ("slot_minutes", "walkin_percent", "assisted_percent", "audience_zh", "audience_en")


class Weekdays(Codes):
    """1 is Monday, 7 Sunday; in Chinese 一 to 日."""

    def known(self) -> dict[str, Any]:
        days = dict(zip("一二三四五六日", range(1, 8), strict=True))
        return {**days, "天": 7, **{str(day): day for day in range(1, 8)}}

    def read(self, value: Any, text: str) -> list[int]:
        return sorted(super().read(None, " ".join(text.replace(".0", ""))))

    def render(self, value: Any, obj: Any = None, **more: Any) -> str:
        return joined(value)


class WindowNumbers(Codes):
    """Numbers of the hall's windows; which windows they are the row's hall says."""

    def known(self) -> dict[str, Any]:
        return {str(number): number for number in range(1, 1000)}

    def render(self, value: Any, obj: Any = None, **more: Any) -> str:
        rows = value.order_by("number") if isinstance(value, Manager) else value
        return joined([window.number for window in rows])


class PlanRows(Rows):
    """Weekly plans of halls that still hold."""

    what, title, keys = "plans", _("Weekly plans"), ("plan",)
    called = ("hall", "kind", "opens")
    plan = column(_("Number of the plan"), Number(least=1, most=2**31))
    hall = column(_("Hall"), Cell(required=True))
    kind = column(_("Kind of session"), Choice(HallSession.Kind.choices, required=True), "kind")
    weekdays = column(_("Weekdays, 1 to 7"), Weekdays(required=True), "weekdays")
    on = column(_("On which days"), Choice(WeeklyPlan.On.choices, empty="workdays"), "on")
    opens = column(pgettext_lazy("column", "Opens at"), Hour(required=True), "opens")
    closes = column(pgettext_lazy("column", "Closes at"), Hour(required=True), "closes")
    windows = column(_("Windows"), WindowNumbers(required=True))
    valid_from = column(_("First day"), Day(required=True), "valid_from")
    valid_until = column(_("Last day"), Day(), "valid_until")
    slot_minutes = column(_("Minutes of a time"), Number(least=10, most=120), "slot_minutes")
    walkin_percent = column(_("Walk-ins, percent"), Number(most=100), "walkin_percent")
    assisted_percent = column(_("Assisted, percent"), Number(most=100), "assisted_percent")
    audience_zh = column(_("For whom, in Chinese"), Cell(), "audience_zh")
    audience_en = column(_("For whom, in English"), Cell(), "audience_en")
    matters = column(_("Matters"), OfMatters())

    class Meta(Rows.Meta):
        model = WeeklyPlan
        clean_model_instances = False  # the command looks at the whole of it
        fields = (
            "plan", "hall", "kind", "weekdays", "on", "opens", "closes", "windows", "valid_from",
            "valid_until", "slot_minutes", "walkin_percent", "assisted_percent", "audience_zh",
            "audience_en", "matters",
        )  # fmt: skip

    def shown(self, name: str, instance: Any) -> Any:
        if name == "plan":
            return instance.pk or ""
        if name == "hall":
            return instance.hall.code
        return super().shown(name, instance)

    def instances(self) -> Iterable[WeeklyPlan]:
        plans = WeeklyPlan.objects.filter(hall__in=self.scope.mine, ended_at=None)
        plans = plans.select_related("hall").prefetch_related("windows", "matters")
        return plans.order_by("hall__code", "opens", "pk")

    def find(self, row: Mapping[str, Any]) -> WeeklyPlan | None:
        number = self.fields["plan"].widget.clean(row.get("plan"))
        try:
            self.its_hall = self.scope.hall(str(row.get("hall") or ""))
        except ValueError as error:
            raise wrong("hall", error) from error
        self.old = None
        if number is None:
            return None
        plans = WeeklyPlan.objects.filter(hall=self.its_hall, ended_at=None)
        self.old = plans.select_related("hall").filter(pk=number).first()
        if self.old is None:
            raise wrong("plan", _("This hall has no such plan. Leave it empty for a new one."))
        return self.old

    def import_instance(self, instance: WeeklyPlan, row: Any, **more: Any) -> None:
        instance.hall = self.its_hall
        super().import_instance(instance, row, **more)
        self.numbers = self._read(row, "windows")
        self.its_matters = self._read(row, "matters")

    def _read(self, row: Any, name: str) -> Any:
        try:
            return self.fields[name].widget.clean(row.get(name))
        except ValueError as error:
            raise wrong(name, error) from error

    def validate_instance(self, instance: WeeklyPlan, errors: Any = None, *args: Any) -> None:
        super().validate_instance(instance, errors, *args)
        there = {window.number: window for window in self.its_hall.windows.all()}
        missing = [number for number in self.numbers if number not in there]
        if missing:
            said = _("The hall has no window %(numbers)s.") % {"numbers": joined(missing)}
            raise wrong("windows", said)
        self.its_windows = [there[number] for number in self.numbers]

    def save_instance(self, instance: WeeklyPlan, *args: Any, **more: Any) -> None:
        if self.old is not None and self._says(instance) == self.before:
            return
        self._in_words(lambda: self._write(instance))

    def save_m2m(self, instance: Any, row: Any, **more: Any) -> None:
        """The command has done it."""

    def _write(self, told: WeeklyPlan) -> None:
        names = ("kind", "weekdays", "on", "opens", "closes", "valid_from", "valid_until", *SHAPE)
        facts = {name: getattr(told, name) for name in names}
        facts |= {"windows": self.its_windows, "matters": self.its_matters}
        facts |= {"by": self.scope.by, "now": self.scope.now}
        if self.old is None:
            made = add_plan(hall=self.its_hall, **facts)
        else:
            made = change_plan(plan=self.old, **facts)
        self.made = made

    def _says(self, told: WeeklyPlan) -> dict[str, Any]:
        """The row as it would be shown, before it is written."""
        shown = {name: self.shown(name, told) for name in self.columns() if name not in
                 ("windows", "matters")}  # fmt: skip
        order = sorted(self.its_windows, key=lambda window: window.number)
        matters = sorted(self.its_matters, key=lambda one: (one.position, one.code))
        codes = joined([one.code for one in matters])
        return {**shown, "windows": joined([w.number for w in order]), "matters": codes}

    def after_import_row(self, row: Any, row_result: Any, **more: Any) -> None:
        self.after = self._says(row_result.instance)
