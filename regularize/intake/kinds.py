"""Which layer of a source is meant, and which layer of the store it fills."""

from collections.abc import Sequence
from pathlib import Path

from regularize.countries import Pack
from regularize.errors import InputError, OptionError
from regularize.i18n import translate as _
from regularize.intake.dataset import LayerInfo
from regularize.layers import KINDS, Family, Layer, kinds_of, layer_for


def choose_layer(path: Path, layers: Sequence[LayerInfo], wanted: str | None) -> str:
    """The layer to read.

    Raises
    ------
    InputError
        If the source has no layer.
    OptionError
        If there are several and none was named, or none of the name given.
    """
    if not layers:
        raise InputError(
            _("{file}: there is no layer to read").format(file=path),
            hint=_("ask the sender for the file again, best as GeoPackage"),
        )
    names = [layer.name for layer in layers]
    if wanted is not None:
        if wanted in names:
            return wanted
        raise OptionError(
            _("{file}: there is no layer {layer}").format(file=path, layer=wanted), hint=_listing(layers)
        )
    if len(names) > 1:
        raise OptionError(
            _("{file} has {n} layers: say which").format(file=path, n=len(names)), hint=_listing(layers)
        )
    return names[0]


def _listing(layers: Sequence[LayerInfo]) -> str:
    entries = ", ".join(f"{layer.name} ({_family(layer.family)}, {layer.n})" for layer in layers)
    return _("--layer NAME, one of: {layers}").format(layers=entries)


def _family(family: Family) -> str:
    names = {"polygon": _("polygons"), "line": _("lines"), "point": _("points"), "any": _("any")}
    return names[family]


def choose_target(path: Path, info: LayerInfo, origin: str, kind: str | None, pack: Pack) -> Layer:
    """The layer of the store that `info` fills.

    Raises
    ------
    OptionError
        If `origin` cannot fill `kind`, or no kind was given and the names do not tell.
    """
    possible = tuple(dict.fromkeys(kinds_of(origin)))
    if not possible:
        raise OptionError(
            _("there is no origin {origin}").format(origin=origin), hint="cadastre, survey, plan"
        )
    if kind is not None:
        target = layer_for(origin, kind)
        if target is not None:
            return target
        reason = _("{origin} brings no {kind}") if kind in KINDS else _("there is no kind {kind}")
        raise OptionError(
            reason.format(origin=origin, kind=kind),
            hint=_("--kind, one of: {kinds}").format(kinds=", ".join(possible)),
        )
    fitting = tuple(name for name in possible if _fits(info.family, layer_for(origin, name)))
    for name in (info.name, path.stem):
        found = pack.kinds_of_name(name, fitting)
        if len(found) == 1:
            target = layer_for(origin, found[0])
            if target is not None:
                return target
    raise OptionError(
        _("{file}, layer {layer}: its name does not tell what it holds").format(file=path, layer=info.name),
        hint=_("--kind, one of: {kinds}").format(kinds=", ".join(fitting or possible)),
    )


def _fits(family: Family, target: Layer | None) -> bool:
    return target is not None and (family == "any" or target.family in {"any", family})
