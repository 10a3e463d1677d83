"""Which layer of a source is meant, and which layer of the store it fills."""

from collections.abc import Collection, Sequence
from pathlib import Path

from regularize.countries import Pack, Profile
from regularize.countries.profiles import kinds_matching
from regularize.errors import InputError, OptionError
from regularize.i18n import translate as _
from regularize.intake.dataset import LayerInfo
from regularize.layers import KINDS, Family, Layer, kinds_of, layer_for


def suggested(names: Profile | Pack, name: str, allowed: Collection[str]) -> tuple[str, ...]:
    """The kinds among `allowed` that a layer's name suggests to the user's profile or to the pack."""
    if isinstance(names, Profile):
        return kinds_matching([names], name, allowed)
    return names.kinds_of_name(name, allowed)


def choose_layer(
    path: Path,
    layers: Sequence[LayerInfo],
    wanted: str | None,
    *,
    origin: str = "",
    kind: str | None = None,
    names: Sequence[Profile | Pack] = (),
) -> str:
    """The layer to read.

    Parameters
    ----------
    names : sequence of Profile or Pack
        Who knows what layers are called, the user's own profile first: of several layers the only
        one whose name says `kind` is meant.

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
    found = [layer.name for layer in layers]
    if wanted is not None:
        if wanted in found:
            return wanted
        raise OptionError(
            _("{file}: there is no layer {layer}").format(file=path, layer=wanted), hint=_listing(layers)
        )
    if len(found) == 1:
        return found[0]
    for each in names if kind is not None else ():
        of_kind = [name for name in found if suggested(each, name, tuple(kinds_of(origin))) == (kind,)]
        if len(of_kind) == 1:
            return of_kind[0]
    raise OptionError(
        _("{file} has {n} layers: say which").format(file=path, n=len(found)), hint=_listing(layers)
    )


def _listing(layers: Sequence[LayerInfo]) -> str:
    entries = ", ".join(f"{layer.name} ({_family(layer.family)}, {layer.n})" for layer in layers)
    return _("--layer NAME, one of: {layers}").format(layers=entries)


def _family(family: Family) -> str:
    names = {"polygon": _("polygons"), "line": _("lines"), "point": _("points"), "any": _("any")}
    return names[family]


def choose_target(
    path: Path, info: LayerInfo, origin: str, kind: str | None, names: Sequence[Profile | Pack]
) -> Layer:
    """The layer of the store that `info` fills, by the user's word or by what it is called.

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
        for each in names:
            found = suggested(each, name, fitting)
            target = layer_for(origin, found[0]) if len(found) == 1 else None
            if target is not None:
                return target
    raise OptionError(
        _("{file}, layer {layer}: its name does not tell what it holds").format(file=path, layer=info.name),
        hint=_("--kind, one of: {kinds}").format(kinds=", ".join(fitting or possible)),
    )


def _fits(family: Family, target: Layer | None) -> bool:
    return target is not None and (family == "any" or target.family in {"any", family})
