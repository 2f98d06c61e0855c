"""What carries messages: routes, adapters, addresses, receipts, words."""
