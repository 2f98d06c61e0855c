"""Measurements: ratios inside one run, never absolute claims (docs/performance.md)."""
