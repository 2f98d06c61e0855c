from django.apps import AppConfig
from django.core import checks


class WindowsConfig(AppConfig):
    name = "windows"

    def ready(self) -> None:
        from windows.calendar_watch import calendar_check

        checks.register(calendar_check, checks.Tags.database)
