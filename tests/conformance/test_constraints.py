"""Every constraint is told where people look for it."""

from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from appointments.invariants import QUESTIONS

OURS = [
    model for label in ("windows", "queues", "appointments")
    for model in apps.get_app_config(label).get_models()
]  # fmt: skip
TOLD = (Path(settings.BASE_DIR) / "docs" / "invariants.md").read_text()


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_a_models_docstring_names_its_constraints(model):
    missing = [c.name for c in model._meta.constraints if c.name not in (model.__doc__ or "")]

    assert missing == []


def test_the_page_of_invariants_is_complete():
    names = [constraint.name for model in OURS for constraint in model._meta.constraints]

    assert [name for name in names if f"`{name}`" not in TOLD] == []
    assert [question for question in QUESTIONS if question not in TOLD] == []
