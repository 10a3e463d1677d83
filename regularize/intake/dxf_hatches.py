"""Outlines of hatched areas, for layers in which nothing else encloses anything."""

from collections.abc import Iterator

import numpy as np
import shapely

from regularize.i18n import translate as _
from regularize.intake.dxf_shapes import MAX_ARC_POINTS, Points, Shape, UnreadableEntityError
from regularize.intake.dxf_tags import Entity, load_ezdxf

_MAX_TAGS = 50_000


def outlines_of(entity: Entity, tolerance_m: float) -> Iterator[Shape]:
    """The outer loops of a HATCH, each with the loops inside it as holes.

    Raises
    ------
    UnreadableEntityError
        If its numbers make no outline.
    """
    if len(entity.tags) > _MAX_TAGS:
        raise UnreadableEntityError(_("its numbers make no outline"))
    dxf_error = load_ezdxf()
    try:
        rings = list(_rings(entity, tolerance_m))
    except (
        *(ValueError, ZeroDivisionError, OverflowError, IndexError, TypeError, AttributeError),
        *(KeyError, AssertionError, RecursionError, dxf_error),
    ) as error:
        # What ezdxf raises for a hatch whose numbers contradict each other is of many kinds.
        raise UnreadableEntityError(_("its numbers make no outline")) from error
    polygons = [shapely.Polygon(ring) for ring in rings]
    order = sorted(range(len(rings)), key=lambda at: -polygons[at].area)
    shells: dict[int, list[Points]] = {}
    for at in order:
        point = shapely.Point(rings[at][0])
        around = [shell for shell in shells if polygons[shell].intersects(point)]
        if around:
            shells[around[-1]].append(rings[at])
        else:
            shells[at] = []
    for shell, holes in shells.items():
        yield Shape(rings[shell], True, is_stroked=True, holes=tuple(holes))


def _rings(entity: Entity, tolerance_m: float) -> Iterator[Points]:
    from ezdxf.entities import Hatch, factory
    from ezdxf.lldxf.extendedtags import ExtendedTags
    from ezdxf.path import from_hatch

    text = "".join(f"{code}\n{value}\n" for code, value in [(0, "HATCH"), *entity.tags])
    hatch = factory.load(ExtendedTags.from_text(text))
    if not isinstance(hatch, Hatch):
        raise TypeError(hatch)
    for path in from_hatch(hatch):
        corners = np.array([(point.x, point.y) for point in path.control_vertices()], dtype=float)
        if len(corners) < 3 or not np.isfinite(corners).all():
            raise ValueError(len(corners))
        # However large an arc is, it does not become more points than that.
        size_m = float(np.ptp(corners, axis=0).max())
        chords = path.flattening(max(tolerance_m, size_m / MAX_ARC_POINTS), segments=4)
        ring = np.array([(point.x, point.y) for point in chords], dtype=float)
        if len(ring) > 3 and (ring[0] == ring[-1]).all():
            ring = ring[:-1]
        if len(ring) >= 3:
            yield ring
