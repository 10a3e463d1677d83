"""A layer as plain arrays with an index: what is asked for once per home, a thousand times over.

To take a row out of a frame costs more than what is read of it; an array of objects does not.
"""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from geopandas import GeoDataFrame
from shapely.geometry.base import BaseGeometry

Positions = npt.NDArray[np.intp]
Objects = npt.NDArray[np.object_]


class Rows:
    """The rows of a layer. Positions are those in the layer; columns are made into arrays when asked for.

    Parameters
    ----------
    frame : GeoDataFrame or None
        A layer of ``layers.py`` with a column ``fid``; None is a layer without rows.

    Examples
    --------
    >>> frame = GeoDataFrame({"fid": [7, 3]}, geometry=[shapely.box(0, 0, 1, 1), None], crs="EPSG:7801")
    >>> rows = Rows(frame)
    >>> rows.of({3}).tolist(), rows.near(shapely.box(0, 0, 9, 9)).tolist(), rows.column("fid").tolist()
    ([1], [0], [7, 3])
    """

    def __init__(self, frame: GeoDataFrame | None) -> None:
        given = frame is not None and len(frame) > 0
        self._frame = frame if given else None
        self._columns: dict[str, Objects] = {}
        self.names: frozenset[str] = frozenset(frame.columns) if frame is not None else frozenset()
        self.fids: npt.NDArray[np.int64] = (
            np.empty(0, np.int64) if self._frame is None else self._frame["fid"].to_numpy(dtype=np.int64)
        )
        self.shapes: Objects = (
            np.empty(0, dtype=object)
            if self._frame is None
            else np.asarray(self._frame.geometry.array, dtype=object)
        )
        self._tree: shapely.STRtree | None = None

    def __len__(self) -> int:
        return len(self.fids)

    def column(self, name: str) -> Objects:
        """The cells of a column as objects, as the frame holds them. Raises ``KeyError``."""
        if name not in self._columns:
            self._columns[name] = (
                np.empty(0, dtype=object)
                if self._frame is None
                else np.asarray(self._frame[name].array, dtype=object)
            )
        return self._columns[name]

    def of(self, fids: Collection[int]) -> Positions:
        """Positions of the rows with these numbers that are there, in the order of the layer."""
        if not fids or not len(self):
            return np.empty(0, np.intp)
        return np.flatnonzero(np.isin(self.fids, list(fids)))

    def near(self, window: BaseGeometry) -> Positions:
        """Positions of the rows whose boxes meet that of `window`, in the order of the layer."""
        if self._tree is None:
            self._tree = shapely.STRtree(self.shapes)
        found: Positions = np.sort(self._tree.query(window))
        return found

    def taken(self, positions: Positions, wanted: Sequence[str]) -> list[dict[str, Any]]:
        """The rows at `positions` as dicts of the wanted columns that there are, by their numbers.

        What is missing is whatever the frame holds in its place. The geometry's name is ``geometry``.
        """
        positions = positions[np.argsort(self.fids[positions], kind="stable")]
        names = [name for name in wanted if name in self.names]
        columns = [
            (self.shapes if name == "geometry" else self.column(name))[positions].tolist() for name in names
        ]
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def rows_of(layer: GeoDataFrame | Rows | None) -> Rows:
    """A layer as rows, made from a frame where it is one."""
    return layer if isinstance(layer, Rows) else Rows(layer)
