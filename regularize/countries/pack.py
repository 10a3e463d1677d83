"""The loader of country packs. Files are read when they are first asked for."""

import importlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from regularize.countries.parameters import Parameter, read_parameters
from regularize.countries.profiles import Profile, kinds_matching, read_profile
from regularize.countries.reading import Words, broken, check_keys, flat_words, read_table, words
from regularize.countries.rules import Rule, read_rules
from regularize.errors import OptionError
from regularize.i18n import translate as _

ROOT = Path(__file__).parent
T = TypeVar("T")
Extent = tuple[float, float, float, float]


@dataclass(frozen=True)
class Sigma:
    """A default accuracy: standard deviation of a position (m, one axis) and its basis."""

    value_m: float
    basis: str


@dataclass(frozen=True)
class LocalSystem:
    """A coordinate system without a published way to the pack's CRS: its name and its range.

    ``bounds`` are (minx, miny, maxx, maxy) in its own metres, easting first.
    """

    title: Words
    bounds: Extent


@dataclass(frozen=True, eq=False)
class Pack:
    """One country.

    Parameters
    ----------
    code : str
    folder : Path
    parent : Pack or None
        The pack whose entries stand where this one has none.
    title : mapping of language to text
    law : bool
        Whether the pack knows any law; without it every legal check is not assessed.
    crs : str or None
        Metric CRS of the cadastre as ``AUTH:CODE``.
    extent : tuple of float or None
        (minx, miny, maxx, maxy) in `crs`, easting first, with a margin.
    geographic_extent : tuple of float or None
        (west, south, east, north) in degrees.
    identifier_module : str or None
    """

    code: str
    folder: Path
    parent: "Pack | None"
    title: Words
    law: bool
    crs: str | None
    extent: Extent | None
    geographic_extent: Extent | None
    identifier_module: str | None

    def _gather(self, pattern: str, read: Callable[[Path], Mapping[str, T]]) -> dict[str, T]:
        """Entries of all files that match, over those of the parent; twice in one pack is an error."""
        own: dict[str, T] = {}
        for file in sorted(self.folder.glob(pattern)):
            for key, value in read(file).items():
                if key in own:
                    raise broken(file, _("{key} stands in two files of the pack").format(key=key))
                own[key] = value
        return own

    @cached_property
    def labels(self) -> Mapping[str, Words]:
        """All labels by dotted key."""
        own = self._gather("labels*.toml", lambda file: flat_words(read_table(file), file))
        return {**(self.parent.labels if self.parent else {}), **own}

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """All rules, issues, reasons and classes that have a code."""
        own = self._gather("rules*.toml", read_rules)
        return {**(self.parent.rules if self.parent else {}), **own}

    @cached_property
    def rule_sets(self) -> Mapping[str, frozenset[str]]:
        """Codes by the name of their file: ``intake`` for those of ``rules_intake.toml``."""
        sets = dict(self.parent.rule_sets) if self.parent else {}
        for file in sorted(self.folder.glob("rules_*.toml")):
            name = file.stem.removeprefix("rules_")
            sets[name] = sets.get(name, frozenset()) | frozenset(read_rules(file))
        return sets

    @cached_property
    def parameters(self) -> Mapping[str, Parameter]:
        """All legal values."""
        own = self._gather("parameters*.toml", read_parameters)
        return {**(self.parent.parameters if self.parent else {}), **own}

    @cached_property
    def profiles(self) -> Mapping[str, Profile]:
        """All profiles by name."""
        own = self._gather("profiles/*.toml", lambda file: {file.stem: read_profile(file)})
        return {**(self.parent.profiles if self.parent else {}), **own}

    @cached_property
    def procedures(self) -> Mapping[str, Mapping[str, Any]]:
        """Raw tables of ``procedures/*.toml`` by file name; ``law`` gives them meaning."""
        own = self._gather("procedures/*.toml", lambda file: {file.stem: read_table(file)})
        return {**(self.parent.procedures if self.parent else {}), **own}

    @cached_property
    def code_lists(self) -> Mapping[str, Mapping[str, Words]]:
        """Code lists by name: code -> text in each language."""
        own = self._gather("codes*.toml", _read_code_lists)
        return {**(self.parent.code_lists if self.parent else {}), **own}

    @cached_property
    def groups(self) -> Mapping[str, Mapping[str, frozenset[str]]]:
        """Codes that belong together, by code list and name of the group."""
        own = self._gather("groups*.toml", _read_groups)
        return {**(self.parent.groups if self.parent else {}), **own}

    @cached_property
    def colours(self) -> Mapping[str, Any]:
        """Colours of maps that the country prefers, by what has to be decided; judged by who draws."""
        own = self._gather("colours*.toml", read_table)
        return {**(self.parent.colours if self.parent else {}), **own}

    @cached_property
    def threshold_records(self) -> Mapping[str, Mapping[str, Any]]:
        """Detection thresholds with value, unit and basis."""
        own = self._gather("detection*.toml", _read_thresholds)
        return {**(self.parent.threshold_records if self.parent else {}), **own}

    @cached_property
    def thresholds(self) -> Mapping[str, float]:
        """Detection thresholds as numbers, each in the unit of its record."""
        return {name: float(record["value"]) for name, record in self.threshold_records.items()}

    @cached_property
    def sigmas(self) -> Mapping[str, Sigma]:
        """Default accuracies by origin (``cadastre``) or method (``survey.orthophoto``)."""
        own = self._gather("sigma*.toml", _read_sigmas)
        return {**(self.parent.sigmas if self.parent else {}), **own}

    @cached_property
    def local_systems(self) -> Mapping[str, LocalSystem]:
        """Local coordinate systems of the country by name; their files are refused, not guessed."""
        own = self._gather("local_systems*.toml", _read_local_systems)
        return {**(self.parent.local_systems if self.parent else {}), **own}

    @cached_property
    def identifier(self) -> ModuleType | None:
        """The module that knows the cadastral identifier; None where the pack has none."""
        if self.identifier_module is None:
            return self.parent.identifier if self.parent else None
        return importlib.import_module(f"regularize.countries.{self.code}.{self.identifier_module}")

    def has_label(self, key: str) -> bool:
        """Whether `key` has a label here or in the parent."""
        head, _dot, tail = key.rpartition(".")
        return key in self.labels or tail in self.codes(head) or tail in self.rules

    def label(self, key: str, lang: str) -> str:
        """The label for `key` in `lang`; the last part of the key where there is none.

        Entries of the code lists are labels too (``ownership.4``), and so are the titles of the
        codes (``reason.NO_REGISTERED_PARTNER``).

        Examples
        --------
        >>> load("bg").label("class.not_in_cadastre", "en")
        'Not in the cadastre'
        """
        head, _dot, tail = key.rpartition(".")
        entry = self.labels.get(key) or self.codes(head).get(tail)
        if entry is None and head in {"reason", "issue", "rule"} and tail in self.rules:
            entry = self.rules[tail].title
        return tail if entry is None else entry[lang]

    def codes(self, name: str) -> Mapping[str, Words]:
        """The code list `name`; empty where the pack has none."""
        return self.code_lists.get(name, {})

    def group(self, code_list: str, name: str) -> frozenset[str]:
        """Codes of a list that belong together; empty where the pack has no such group.

        Examples
        --------
        >>> "4" in load("bg").group("ownership", "municipal")
        True
        """
        return self.groups.get(code_list, {}).get(name, frozenset())

    def profile(self, name: str) -> Profile:
        """The profile `name`.

        Raises
        ------
        OptionError
            If there is none; the hint lists those there are.
        """
        if name not in self.profiles:
            raise OptionError(
                _("there is no profile {name}").format(name=name),
                hint=_("profiles: {names}, or a file: --profile FILE.toml").format(
                    names=", ".join(sorted(self.profiles))
                ),
            )
        return self.profiles[name]

    def kinds_of_name(self, name: str, allowed: Collection[str]) -> tuple[str, ...]:
        """The kinds among `allowed` that a layer or file name suggests.

        Several where the name speaks for them equally, none where it says nothing: then ask.
        """
        return kinds_matching(self.profiles.values(), name, allowed)

    def rule(self, code: str) -> Rule:
        """The record of `code`. Raises ``OptionError`` where there is none."""
        if code not in self.rules:
            raise OptionError(
                _("there is no code {code}").format(code=code),
                hint=_("codes stand beside every issue and finding: regularize findings list"),
            )
        return self.rules[code]

    def parameter(self, name: str) -> Parameter:
        """The legal value `name`. Raises ``KeyError`` where the pack has none."""
        return self.parameters[name]

    def sigma(self, name: str) -> Sigma:
        """Default accuracy of an origin or method. Raises ``KeyError`` where there is none."""
        return self.sigmas[name]


def available(root: Path = ROOT) -> tuple[str, ...]:
    """The codes of all packs."""
    return tuple(sorted(file.parent.name for file in root.glob("*/pack.toml")))


@cache
def load(code: str, *, root: Path = ROOT) -> Pack:
    """The pack of a country.

    Raises
    ------
    OptionError
        If there is no such pack; the hint lists those there are.
    InputError
        If its ``pack.toml`` is broken; other files are read when first needed.
    """
    if code not in available(root):
        raise OptionError(
            _("there is no country pack {code}").format(code=code),
            hint=_("country packs: {names}").format(names=", ".join(available(root))),
        )
    file = root / code / "pack.toml"
    table = read_table(file)
    optional = {"inherits", "crs", "extent", "geographic_extent", "identifier"}
    check_keys(table, file, "pack", {"title", "law"}, optional)
    parent = table.get("inherits")
    if parent == code:
        raise broken(file, _("a pack cannot inherit from itself"))
    return Pack(
        code=code,
        folder=file.parent,
        parent=None if parent is None else load(parent, root=root),
        title=words(table["title"], file, "title"),
        law=bool(table["law"]),
        crs=table.get("crs"),
        extent=_extent(table, "extent", file),
        geographic_extent=_extent(table, "geographic_extent", file),
        identifier_module=table.get("identifier"),
    )


def _extent(table: Mapping[str, Any], key: str, file: Path) -> Extent | None:
    values = table.get(key)
    if values is None:
        return None
    if len(values) != len(("minx", "miny", "maxx", "maxy")):
        raise broken(file, _("{key} must be four numbers").format(key=key))
    minx, miny, maxx, maxy = (float(value) for value in values)
    if minx >= maxx or miny >= maxy:
        raise broken(file, _("{key} must be four numbers").format(key=key))
    return minx, miny, maxx, maxy


def _read_code_lists(file: Path) -> dict[str, Mapping[str, Words]]:
    return {
        name: {code: words(value, file, f"{name}.{code}") for code, value in entries.items()}
        for name, entries in read_table(file).items()
    }


def _read_groups(file: Path) -> dict[str, Mapping[str, frozenset[str]]]:
    return {
        code_list: {name: frozenset(codes) for name, codes in groups.items()}
        for code_list, groups in read_table(file).items()
    }


def _read_thresholds(file: Path) -> dict[str, Mapping[str, Any]]:
    table = read_table(file)
    for name, record in table.items():
        check_keys(record, file, name, {"value", "unit", "basis"}, set())
    return table


def _read_sigmas(file: Path) -> dict[str, Sigma]:
    found: dict[str, Sigma] = {}
    for name, record in read_table(file).items():
        check_keys(record, file, name, {"sigma_m", "basis"}, set())
        found[name] = Sigma(float(record["sigma_m"]), str(record["basis"]))
    return found


def _read_local_systems(file: Path) -> dict[str, LocalSystem]:
    found: dict[str, LocalSystem] = {}
    for name, record in read_table(file).items():
        check_keys(record, file, name, {"title", "bounds"}, set())
        bounds = _extent(record, "bounds", file)
        if bounds is None:
            raise broken(file, _("{key} must be four numbers").format(key=f"{name}.bounds"))
        found[name] = LocalSystem(words(record["title"], file, name), bounds)
    return found
