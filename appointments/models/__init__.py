from appointments.models.advice import SessionAdvice
from appointments.models.alert import TurnAlert
from appointments.models.asking import Tally, UsedChallenge
from appointments.models.booking import Booking, BookingEvent, BookingGroup, ReturningPlace
from appointments.models.delivery import (
    Contact,
    MessageProvider,
    MessageTemplate,
    ProviderCall,
    PushBrowser,
    Receipt,
)
from appointments.models.demand import (
    QuotaMove,
    RebalanceRun,
    StaffProposal,
    UnmetDemand,
    VainSearch,
)
from appointments.models.displaced import Displaced
from appointments.models.draw import Draw, DrawEntry, DrawPerson
from appointments.models.facts import (
    CardCohort,
    DayClosing,
    DayFigure,
    DemandFact,
    ForecastRun,
    ForecastValue,
)
from appointments.models.message import InboxItem, Message, MessageDecision
from appointments.models.missing import Appeal, Closure, MissedVisit
from appointments.models.proof import PhoneProof
from appointments.models.room import RoomPlace, WaitingRoom
from appointments.models.waiting import WaitEntry, WaitOffer, WaitPerson

__all__ = [
    "Appeal",
    "Booking",
    "BookingEvent",
    "BookingGroup",
    "CardCohort",
    "Closure",
    "Contact",
    "DayClosing",
    "DayFigure",
    "DemandFact",
    "Displaced",
    "Draw",
    "DrawEntry",
    "DrawPerson",
    "ForecastRun",
    "ForecastValue",
    "InboxItem",
    "Message",
    "MessageDecision",
    "MessageProvider",
    "MessageTemplate",
    "MissedVisit",
    "PhoneProof",
    "ProviderCall",
    "PushBrowser",
    "QuotaMove",
    "RebalanceRun",
    "Receipt",
    "ReturningPlace",
    "RoomPlace",
    "SessionAdvice",
    "StaffProposal",
    "Tally",
    "TurnAlert",
    "UnmetDemand",
    "UsedChallenge",
    "VainSearch",
    "WaitEntry",
    "WaitOffer",
    "WaitPerson",
    "WaitingRoom",
]
