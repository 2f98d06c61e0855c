from django.apps import AppConfig


class AppointmentsConfig(AppConfig):
    name = "appointments"

    def ready(self) -> None:
        from appointments.expecting import BOOKED
        from queues.lining_up import expect

        expect(BOOKED)
