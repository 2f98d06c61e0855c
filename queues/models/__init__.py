from queues.models.prediction import Prediction, WaitFit
from queues.models.rating import Rating
from queues.models.ticket import Call, NumberBlock, NumberCounter, Paper, Ticket, TicketEvent

__all__ = [
    "Call",
    "NumberBlock",
    "NumberCounter",
    "Paper",
    "Prediction",
    "Rating",
    "Ticket",
    "TicketEvent",
    "WaitFit",
]
