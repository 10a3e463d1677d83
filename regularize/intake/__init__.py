"""From a file to rows that can be stored: the only door for data from outside.

The format is decided by content, each format is one small reader behind one registry, and whatever
the reader gives goes through the same checks. Every row that is read is either in the frame or in
quarantine.
"""

from regularize import gdal_guard  # noqa: F401 first, before any engine
from regularize.intake.dataset import LayerInfo
from regularize.intake.delivery import Delivery, Quarantined, layers_in, origins_of, read, tables_last
from regularize.intake.guard import PLACE_CODES

__all__ = [
    "PLACE_CODES",
    "Delivery",
    "LayerInfo",
    "Quarantined",
    "layers_in",
    "origins_of",
    "read",
    "tables_last",
]
