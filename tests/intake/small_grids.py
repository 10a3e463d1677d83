"""A local coordinate system of our own, and a grid of shifts that leads out of it."""

import struct
from typing import Any

import numpy as np
from pyproj import Transformer
from small_sources import BG

# A system of our own on the ellipsoid of Krassowsky; the grid moves it by these seconds.
LOCAL = "+proj=lcc +lat_0=42.7 +lon_0=25.5 +lat_1=42 +lat_2=43.3 +x_0=20000 +y_0=30000 +ellps=krass"
NORTH_S, EAST_S = 1.25, -2.5


def ntv2(south: float = 42.0, north: float = 44.0, west: float = 24.0, east: float = 27.0) -> bytes:
    """A grid of half degrees with one and the same shift at every node."""

    def record(key: str, value: Any) -> bytes:
        head = key.ljust(8).encode("ascii")
        if isinstance(value, str):
            return head + value.ljust(8).encode("ascii")
        return head + (struct.pack("<ii", value, 0) if isinstance(value, int) else struct.pack("<d", value))

    step = 0.5
    n = (round((north - south) / step) + 1) * (round((east - west) / step) + 1)
    head = {
        "NUM_OREC": 11,
        "NUM_SREC": 11,
        "NUM_FILE": 1,
        "GS_TYPE": "SECONDS",
        "VERSION": "NTv2.0",
        "SYSTEM_F": "LOCAL",
        "SYSTEM_T": "ETRS89",
        "MAJOR_F": 6378245.0,
        "MINOR_F": 6356863.019,
        "MAJOR_T": 6378137.0,
        "MINOR_T": 6356752.314,
        "SUB_NAME": "PLACE",
        "PARENT": "NONE",
        "CREATED": "20200101",
        "UPDATED": "20200101",
        "S_LAT": south * 3600.0,
        "N_LAT": north * 3600.0,
        "E_LONG": -east * 3600.0,
        "W_LONG": -west * 3600.0,
        "LAT_INC": step * 3600.0,
        "LONG_INC": step * 3600.0,
        "GS_COUNT": n,
    }
    body = struct.pack("<ffff", NORTH_S, -EAST_S, 0.0, 0.0) * n
    return b"".join(record(key, value) for key, value in head.items()) + body + b"END     " + bytes(8)


def to_local(places: Any) -> Any:
    """What the survey of these places looks like in the local system."""
    points = np.asarray(places, dtype=float)
    degrees = Transformer.from_crs(BG, 4258, always_xy=True).transform(points[:, 0], points[:, 1])
    moved = degrees[0] - EAST_S / 3600, degrees[1] - NORTH_S / 3600
    way = f"+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step {LOCAL}"
    return np.column_stack(Transformer.from_pipeline(way).transform(*moved))
