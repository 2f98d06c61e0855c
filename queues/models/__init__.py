from queues.models.doubtful import DoubtfulNumber
from queues.models.journal import Call, TicketEvent
from queues.models.numbers import NumberBlock, NumberCounter, Paper
from queues.models.prediction import Prediction, WaitFit
from queues.models.rating import Rating
from queues.models.ticket import Ticket

__all__ = [
    "Call",
    "DoubtfulNumber",
    "NumberBlock",
    "NumberCounter",
    "Paper",
    "Prediction",
    "Rating",
    "Ticket",
    "TicketEvent",
    "WaitFit",
]
