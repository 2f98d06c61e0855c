"""Providers that are not there: real servers on 127.0.0.1 that behave as badly as told."""
