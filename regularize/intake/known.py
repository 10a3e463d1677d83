"""What is known besides the file: settlements, identical points, and what the store holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from geopandas import GeoDataFrame

from regularize.intake.crs import Extent
from regularize.intake.settlements import Settlements

# Words for a person (already translated), rows done, rows in all.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Known:
    """What a delivery is judged against; everything may be missing, and is then not assessed.

    Parameters
    ----------
    settlements : Settlements or None
        The user's list of settlements.
    own : tuple of str
        Codes of the project's settlements.
    control_points : Path or None
        Table of identical points of a local coordinate system.
    grid : Path or None
        Grid of shifts, or a way of PROJ, from a local coordinate system.
    stored : callable or None
        From the name of a layer to its valid rows in the store; asked only for what is needed.
    progress : callable or None
        Told how far the reading is.
    places : callable or None
        Boxes around what is stored already, one a delivery; asked only where it is needed.
    is_elsewhere : bool
        Whether the user says that a place far from all of these is right.
    """

    settlements: Settlements | None = None
    own: tuple[str, ...] = ()
    control_points: Path | None = None
    grid: Path | None = None
    stored: Callable[[str], GeoDataFrame | None] | None = None
    progress: Progress | None = None
    places: Callable[[], Sequence[Extent]] | None = None
    is_elsewhere: bool = False

    def rows(self, layer: str) -> GeoDataFrame | None:
        """The stored rows of `layer`; None where there are none to compare with."""
        frame = self.stored(layer) if self.stored is not None else None
        return frame if frame is not None and len(frame) else None

    def tell(self, what: str, done: int, total: int) -> None:
        """Report progress, where somebody listens."""
        if self.progress is not None:
            self.progress(what, done, total)


NOTHING_KNOWN = Known()
