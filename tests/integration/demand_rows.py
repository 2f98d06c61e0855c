"""One valid row of what demand, forecast and rebalancing write, and what no command would do."""

from datetime import timedelta

from appointments.models import (
    CardCohort,
    DayClosing,
    DayFigure,
    DemandFact,
    ForecastRun,
    ForecastValue,
    RebalanceRun,
    SessionAdvice,
    StaffProposal,
)
from tests.conftest import DAY, NOON
from tests.integration.breaking import again, change, remove
from windows.models import Hall, Staff

NEXT_DAY = DAY + timedelta(days=1)


def rows_of_demand(hall, matter) -> None:
    """A written day, a wave of cards, a forecast with its advice, and a proposal for staff."""
    here = {"hall": hall, "service_day": DAY}
    DayClosing.objects.create(**here, written_at=NOON, was_open=True)
    DemandFact.objects.create(
        **here, matter=matter, hour=9, kind="regular", channel="online", what="booked",
        people=3, minutes=18, recorded_at=NOON,
    )  # fmt: skip
    DayFigure.objects.create(**here, name="served", count=3, recorded_at=NOON)
    CardCohort.objects.create(month=DAY.replace(day=1), years=20, cards=1000, made_at=NOON)
    run = ForecastRun.objects.create(
        made_at=NOON, first_day=NEXT_DAY, last_day=NEXT_DAY, last_known_day=DAY, method="naive"
    )
    ForecastValue.objects.create(
        run=run, service_day=NEXT_DAY, mean=3, p05=1, p25=2, p50=3, p75=4, p90=5, p95=6, minutes=18
    )
    SessionAdvice.objects.create(
        run=run, hall=hall, service_day=NEXT_DAY, first_hour=18, ends_hour=20,
        starts_at=NOON, ends_at=NOON + timedelta(hours=2), reason="session", kind="night",
        numbers=[3], staff_hours=2, expected=30, places=0, effect={}, made_at=NOON,
    )  # fmt: skip
    rebalanced = RebalanceRun.objects.create(demand_day=DAY, ran_at=NOON, state="proposed")
    other = Hall.objects.create(code="H77", name_zh="别处", name_en="Elsewhere")
    StaffProposal.objects.create(
        run=rebalanced, from_hall=hall, to_hall=other, service_day=NEXT_DAY, from_hour=9,
        to_hour=9, facts={},
    )  # fmt: skip


def corrected(model, **changes):
    """A correction of the first row, with something left out."""

    def insert():
        first = model.objects.order_by("pk").first()
        by = Staff.objects.order_by("pk").first()
        again(model, **{"corrects": first, "by": by, "reason": "counted again", **changes})()

    return insert


def moves_nowhere():
    here = StaffProposal.objects.values_list("from_hall", flat=True)[0]
    StaffProposal.objects.update(to_hall=here)


FACTS = {
    "demand_fact_once": again(DemandFact),
    "demand_fact_append_only": change(DemandFact, people=4),
    "demand_correction_has_author": corrected(DemandFact, by=None),
    "demand_fact_sensible": again(DemandFact, hour=42),
    "day_written_once": again(DayClosing),
    "day_figure_once": again(DayFigure),
    "day_figure_append_only": remove(DayFigure),
    "day_correction_has_author": corrected(DayFigure, reason=""),
}
COHORTS = {
    "card_cohort_once": again(CardCohort),
    "card_cohort_by_month": change(CardCohort, month=DAY),
    "card_cohort_validity_known": change(CardCohort, years=15),
}
FORECASTS = {
    "forecast_days_in_order": change(ForecastRun, last_known_day=NEXT_DAY),
    "forecast_value_once": again(ForecastValue),
    "forecast_quantiles_in_order": change(ForecastValue, p25=0.5),
}
ADVICE = {
    "advice_once_for_an_hour": again(SessionAdvice),
    "advice_hours_in_order": change(SessionAdvice, ends_hour=18),
    "advice_names_windows": change(SessionAdvice, numbers=[]),
}
REBALANCED = {
    "rebalance_decided_at_a_time": change(
        RebalanceRun, where={"state": "proposed"}, decided_at=NOON
    ),
    "staff_proposal_once": again(StaffProposal),
    "staff_proposal_decided_by_somebody": change(StaffProposal, state="taken", decided_at=NOON),
    "staff_proposal_moves": moves_nowhere,
}
DEMAND_CASES = [FACTS, COHORTS, FORECASTS, ADVICE, REBALANCED]
