"""What `make check` asks beside format, lint and types.

    python -m config.checking

Every template compiles; docs/openapi.yaml is the API's description as it is now.
"""

import difflib
import io
import os
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
DESCRIPTION = PROJECT / "docs" / "openapi.yaml"


def broken_templates() -> list[str]:
    from django.template import TemplateSyntaxError, engines

    folders = [PROJECT / "templates", *PROJECT.glob("*/templates")]
    names = {
        path.relative_to(folder).as_posix()
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file()
    }
    complaints = []
    for name in sorted(names):
        try:
            engines["django"].get_template(name)
        except TemplateSyntaxError as error:
            complaints.append(f"{name}: {error}")
    return complaints


def drift() -> list[str]:
    """How the written description of the API differs from the true one."""
    from django.core.management import call_command

    out = io.StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=out)
    true = out.getvalue().rstrip() + "\n"
    written = DESCRIPTION.read_text() if DESCRIPTION.exists() else ""
    lines = difflib.unified_diff(
        written.splitlines(), true.splitlines(), "docs/openapi.yaml", "the API", lineterm="", n=1
    )
    return list(lines)


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("DENGTA_EMBEDDED", "1")  # throwaway keys: nothing is sealed here
    django.setup()
    complaints = broken_templates()
    if changes := drift():
        complaints += [
            *changes[:40],
            "The API changed: manage.py spectacular --file docs/openapi.yaml",
        ]
    print("\n".join(complaints) or "Templates compile, docs/openapi.yaml is true.")
    sys.exit(bool(complaints))


if __name__ == "__main__":
    main()
