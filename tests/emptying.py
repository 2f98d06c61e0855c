"""After a test that really commits, the tables are empty again, and soon.

Django truncates every table and writes its content types and permissions anew: new files for
a hundred tables and their indexes, after a test that wrote to ten. Here rows are deleted where
there are any, and what migrating wrote once stays.
"""

from django.db import connection, transaction
from django.test import TransactionTestCase

# What `migrate` writes, always the same.
LASTING = {"django_content_type", "auth_permission", "django_migrations"}
LARGE = 1024 * 1024  # bytes; what was deleted there would be read again and again


def empty_tables(case: TransactionTestCase) -> None:
    """No table holds a row of a test, whatever its triggers and keys say to who deletes."""
    sizes = tables_with_pages()
    if not sizes:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {', '.join(sizes)} IN ACCESS EXCLUSIVE MODE")  # none writes on
        filled = " UNION ALL ".join(f"SELECT '{t}' WHERE EXISTS (SELECT FROM {t})" for t in sizes)
        cursor.execute(filled)
        deleting = "".join(f"; DELETE FROM {table}" for (table,) in cursor.fetchall())
        cursor.execute("SET LOCAL session_replication_role = replica" + deleting)
    for table, size in sizes.items():
        if size > LARGE:
            with connection.cursor() as cursor:
                cursor.execute(f"VACUUM {table}")


def tables_with_pages() -> dict[str, int]:
    """Where anything was ever written since the table was made, or is written now; in bytes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(relname), pg_relation_size(oid) FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " AND pg_relation_size(oid) > 0"
        )
        return {table: size for table, size in cursor.fetchall() if table not in LASTING}
