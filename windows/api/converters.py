"""What an address of the API may hold: anything else is absent (404) before it is looked up."""

from django.urls import register_converter


class Code:
    """A hall's code, a reference, a public id: a few letters, digits and hyphens."""

    regex = "[A-Za-z0-9_-]{1,32}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class RowId:
    """A row's number, as far as the database counts."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(Code, "code")
register_converter(RowId, "rowid")
