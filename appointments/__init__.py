"""The promises: who will come, and how the offer follows demand."""
