from queues.models.rating import Rating
from queues.models.ticket import Call, NumberCounter, Ticket, TicketEvent

__all__ = ["Call", "NumberCounter", "Rating", "Ticket", "TicketEvent"]
