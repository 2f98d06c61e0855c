"""Ways to break a constraint: a row once more, a row changed, rows removed."""

from uuid import uuid4

from django.db import connection

from appointments.models import PhoneProof


def again(model, **changes):
    """Inserts a copy of the model's first row, with the changes."""

    def insert():
        row = model.objects.order_by("pk").first()
        row.pk, row._state.adding = None, True
        for name, value in changes.items():
            setattr(row, name, value)
        if model is PhoneProof:
            row.pk = uuid4()
        row.save(force_insert=True)

    return insert


def change(model, where=None, **changes):
    def update():
        first = model.objects.filter(**(where or {})).order_by("pk").first()
        assert first is not None
        model.objects.filter(pk=first.pk).update(**changes)

    return update


def remove(model):
    def delete():
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {model._meta.db_table}")

    return delete
