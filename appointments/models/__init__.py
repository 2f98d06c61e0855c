from appointments.models.booking import Booking, BookingEvent, BookingGroup
from appointments.models.demand import QuotaMove, RebalanceRun, UnmetDemand
from appointments.models.message import InboxItem, Message
from appointments.models.proof import PhoneProof

__all__ = [
    "Booking",
    "BookingEvent",
    "BookingGroup",
    "InboxItem",
    "Message",
    "PhoneProof",
    "QuotaMove",
    "RebalanceRun",
    "UnmetDemand",
]
