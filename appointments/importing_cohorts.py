"""Card cohorts from a file, as the household registry can write them: look first, then all."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appointments.knowing_cohorts import MOST_CARDS, CohortFacts, write_cohort
from appointments.models import CardCohort
from windows.access import ADMIN, SUPERVISOR
from windows.importing.cells import Cell, Number, in_all_languages
from windows.importing.resources import Rows, Scope, column, wrong
from windows.models import Hall
from windows.reach import districts_of, runs_district

MONTH = re.compile(r"(\d{4}) ?[-/.年] ?(\d{1,2})(?: ?月|[-/.月]\d{1,2}日?)?")
VALIDITY = re.compile(r"(5|10|20)(?:\.0)? ?(?:年|years?)?", re.IGNORECASE)
WRITE = (SUPERVISOR, ADMIN)
CITY = pgettext_lazy("where", "The whole city")


class Month(Cell):
    """A month by its first day, as people and spreadsheets write months."""

    def read(self, value: Any, text: str) -> date:
        if isinstance(value, datetime):
            return value.date().replace(day=1)
        said = MONTH.fullmatch(text)
        if said is None or not 1 <= int(said[2]) <= 12 or not int(said[1]):
            raise ValueError(_now("Enter the month like 2027-03."))
        return date(int(said[1]), int(said[2]), 1)

    def render(self, value: Any, obj: Any = None, **more: Any) -> str:
        return f"{value:%Y-%m}" if value else ""


class Validity(Cell):
    """5, 10 or 20, with its word or without."""

    def read(self, value: Any, text: str) -> int:
        said = VALIDITY.fullmatch(text)
        if said is None:
            raise ValueError(_now("Cards are valid for 5, 10 or 20 years."))
        return int(said[1])


class Area(Cell):
    """A district by its name in either language, or the whole city; nobody's by mistake."""

    def read(self, value: Any, text: str) -> str:
        if text.casefold() in in_all_languages(CITY):
            return ""
        for chinese, english in Hall.objects.values_list("district_zh", "district_en").distinct():
            if text.casefold() in {chinese.casefold(), english.casefold()} - {""}:
                return str(chinese)
        raise ValueError(_now("There is no hall in this district."))

    def render(self, value: Any, obj: Any = None, **more: Any) -> str:
        if not value:
            return str(CITY)
        if (get_language() or "zh").startswith("zh"):
            return str(value)
        english = Hall.objects.filter(district_zh=value).values_list("district_en", flat=True)
        return english.first() or str(value)


class CohortRows(Rows):
    """Cards that expire: a month, a validity and a district stand once in a file."""

    what, title, keys = "cohorts", _("Cards that expire"), ("month", "years", "where")
    home = "appointments:supervise_cohorts"
    month = column(_("Month in which they expire"), Month(required=True), "month")
    years = column(_("Valid for"), Validity(required=True), "years")
    where = column(_("Where do the people live?"), Area(required=True), "district")
    cards = column(_("Cards"), Number(least=1, most=MOST_CARDS, required=True), "cards")

    class Meta(Rows.Meta):
        model = CardCohort
        clean_model_instances = False  # the command looks at the whole of it
        fields = ("month", "years", "where", "cards")

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        self.stood: set[tuple[date, int, str]] = set()

    @classmethod
    def is_for(cls, scope: Scope) -> bool:
        """Who runs the city or a district; a hall alone has no cards of its own."""
        return scope.is_city or bool(districts_of(scope.by, *WRITE))

    def instances(self) -> Iterable[CardCohort]:
        cohorts = CardCohort.objects.order_by("month", "district", "years")
        return [one for one in cohorts if self._theirs(one.district)]

    def _theirs(self, district: str) -> bool:
        if not district:
            return self.scope.is_city
        return self.scope.is_city or runs_district(self.scope.by, district, *WRITE)

    def find(self, row: Mapping[str, Any]) -> CardCohort | None:
        month, years, district = (self._read(row, name) for name in self.keys)
        if not self._theirs(district):
            said = _("You write the cards of your own district only.")
            raise wrong("where", said)
        key = (month, years, district)
        if key in self.stood:
            raise wrong(None, _("The same stands in a row above already."))
        self.stood.add(key)
        self.old = CardCohort.objects.filter(month=month, years=years, district=district).first()
        return self.old

    def _read(self, row: Mapping[str, Any], name: str) -> Any:
        try:
            return self.fields[name].widget.clean(row.get(name))
        except ValueError as error:
            raise wrong(name, error) from error

    def save_instance(self, instance: CardCohort, *args: Any, **more: Any) -> None:
        if self.old is None or self.values(instance) != self.before:
            self._in_words(lambda: self._write(instance))

    def save_m2m(self, instance: Any, row: Any, **more: Any) -> None:
        """A cohort has none."""

    def _write(self, told: CardCohort) -> None:
        facts = CohortFacts(told.month, told.years, told.cards, told.district)
        pk = self.old.pk if self.old else None
        write_cohort(facts, pk=pk, by=self.scope.by, now=self.scope.now)
