"""Many rows at once, for the simulated city: see `windows/copying.py`."""

from windows.copying import Row, copy_in, new_ids, with_ids, written

__all__ = ["Row", "copy_in", "new_ids", "with_ids", "written"]
