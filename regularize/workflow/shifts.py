"""A shift as it is reported: for people in lines, for programs as a record."""

import math
from collections.abc import Iterator
from typing import Any

from regularize.detect.sources import Shifts
from regularize.geometry.alignment import Shift
from regularize.i18n import translate as _


def shift_lines(shift: Shift | None, shifts: Shifts) -> Iterator[str]:
    """What to tell of the shift of a run: how far, how surely, where it differs."""
    if shift is None or not (shift.accepted or shift.pairs or shift.overlap_after):
        return
    if not shift.accepted:
        yield _(
            "no shift is accepted: {pairs} pairs that scatter by {sigma} m; with the best one {after} of the"
            " register would lie under the survey"
        ).format(pairs=shift.pairs, sigma=f"{shift.sigma_m:.2f}", after=f"{shift.overlap_after:.0%}")
        return
    yield _("shift of the register against the survey: {dx} m east, {dy} m north ({pairs} pairs)").format(
        dx=f"{shift.dx_m:+.2f}", dy=f"{shift.dy_m:+.2f}", pairs=shift.pairs
    )
    yield _(
        "  pairs scatter by {sigma} m about it; of the register {before} lie under the survey without it,"
        " {after} with it"
    ).format(
        sigma=f"{shift.sigma_m:.2f}", before=f"{shift.overlap_before:.0%}", after=f"{shift.overlap_after:.0%}"
    )
    if shift.affine is not None:
        a, b, c, d = shift.affine
        yield _("  and it is turned by {turn}° and stretched by {scale} m in 100 m").format(
            turn=f"{math.degrees(math.atan2(c - b, 2 + a + d)):+.2f}", scale=f"{50 * (a + d):+.2f}"
        )
    applied = [cell for cell in shift.cells if cell.applied]
    if applied:
        most = max(math.hypot(cell.dx_m, cell.dy_m) for cell in applied)
        yield _("  cells of {side} m where more is added: {n}, {most} m at most (all with --json)").format(
            n=len(applied), side=f"{shift.cell_m:.0f}", most=f"{most:.2f}"
        )
    if len(shifts.own) > 1:
        for source, own in shifts.own.items():
            yield _("  against {source}: {dx} m east, {dy} m north ({pairs} pairs)").format(
                source=source, dx=f"{own.dx_m:+.2f}", dy=f"{own.dy_m:+.2f}", pairs=own.pairs
            )


def shift_record(shift: Shift | None) -> dict[str, Any] | None:
    """A shift with stable English keys, residuals of its cells included."""
    if shift is None:
        return None
    return {
        "dx_m": round(shift.dx_m, 3),
        "dy_m": round(shift.dy_m, 3),
        "accepted": shift.accepted,
        "reason": shift.reason,
        "pairs": shift.pairs,
        "sigma_m": None if shift.sigma_m is None else round(shift.sigma_m, 3),
        "overlap_before": round(shift.overlap_before, 3),
        "overlap_after": round(shift.overlap_after, 3),
        "affine": None if shift.affine is None else list(shift.affine),
        "origin": list(shift.origin),
        "cell_m": shift.cell_m,
        "cells": [
            {
                "easting": round(cell.x, 1),
                "northing": round(cell.y, 1),
                "pairs": cell.pairs,
                "dx_m": round(cell.dx_m, 3),
                "dy_m": round(cell.dy_m, 3),
                "sigma_m": round(cell.sigma_m, 3),
                "applied": cell.applied,
            }
            for cell in shift.cells
        ],
    }
