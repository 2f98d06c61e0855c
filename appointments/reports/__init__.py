"""Reports: figures of closed days, written once, read over any period."""
