"""Profiles: how the columns of a source are called, and how sure its positions are."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regularize.countries.reading import Words, broken, check_keys, read_table, words
from regularize.i18n import translate as _

# DBF field names hold ten bytes: ten characters in a one-byte encoding, five Cyrillic in UTF-8.
DBF_NAME_BYTES = 10
# No position is as bad as this; the limit only keeps out what is no length at all.
_MOST_SIGMA_M = 1e6
_CYRILLIC_TWINS = str.maketrans("асеорхукмтвн", "aceopxykmtbh")


def folded(name: str) -> str:
    """`name` for comparison: no case, no separators, Cyrillic look-alikes as Latin letters.

    Agency files carry field names such as ``ЕТ`` in either alphabet; a name of several letters that
    are all look-alikes therefore equals its Latin twin.

    Examples
    --------
    >>> folded("Етаж_ност") == folded("етажност"), folded("ET") == folded("ЕТ")
    (True, True)
    """
    return re.sub(r"[\s_.\-]+", "", name.casefold()).translate(_CYRILLIC_TWINS)


def _truncations(name: str) -> set[str]:
    """How a DBF file cuts `name` when it is longer than ten bytes."""
    stripped = name.strip()
    cut = {
        stripped[:DBF_NAME_BYTES],
        stripped.encode("utf-8")[:DBF_NAME_BYTES].decode("utf-8", errors="ignore"),
    }
    return {folded(part) for part in cut if part != stripped and len(part) >= DBF_NAME_BYTES // 2}


@dataclass(frozen=True, eq=False)
class Profile:
    """Names, codes and accuracy of one kind of source.

    Parameters
    ----------
    name : str
        What ``--profile`` calls it.
    title : mapping of language to text
    kinds : tuple of str
        Kinds of layer that it knows.
    columns : mapping of kind to mapping of contract column to source names
        Source names in order of preference; ``ref`` is always among those of ``ref``.
    encodings : tuple of str
        Encodings to try first, in order.
    sigma_m : float or None
        Default standard deviation of a position (m, one axis); None leaves it to the origin.
    sigma_basis : str
        Where `sigma_m` comes from.
    machine_drawn : bool
        Whether a machine drew the outlines: then detection believes no better accuracy than
        ``machine_sigma_m``, whatever is stated.
    patterns : mapping of kind to compiled patterns
        Names of layers and files by which the kind is recognised.
    source : mapping of language to text
        Default text of the ``source`` column; may be empty.
    codes : mapping of contract column to mapping of folded source text to code
    """

    name: str
    title: Words
    kinds: tuple[str, ...]
    columns: Mapping[str, Mapping[str, tuple[str, ...]]]
    encodings: tuple[str, ...]
    sigma_m: float | None
    sigma_basis: str
    patterns: Mapping[str, tuple[re.Pattern[str], ...]]
    source: Words
    codes: Mapping[str, Mapping[str, str]]
    machine_drawn: bool = False

    def assign(self, kind: str, names: Iterable[str]) -> dict[str, str]:
        """Which source column fills which contract column of a layer of `kind`.

        Case, separators and look-alike letters do not matter; names cut by DBF are recognised
        where only one source column can be meant. One source column may fill two contract
        columns.

        Returns
        -------
        dict
            Contract column -> source column as given; columns without a source are absent.

        Examples
        --------
        >>> from regularize.countries import load
        >>> load("bg").profile("kais").assign("parcels", ["CADNUM", "usecode"])["identifier"]
        'CADNUM'
        """
        by_name: dict[str, str] = {}
        for given in names:
            by_name.setdefault(folded(given), given)
        found: dict[str, str] = {}
        cut: dict[str, str] = {}
        for column, candidates in self.columns.get(kind, {}).items():
            whole = next((by_name[folded(c)] for c in candidates if folded(c) in by_name), None)
            short = next((by_name[t] for c in candidates for t in _truncations(c) if t in by_name), None)
            if whole is not None:
                found[column] = whole
            elif short is not None:
                cut[column] = short
        claims = Counter(cut.values())
        found |= {column: name for column, name in cut.items() if claims[name] == 1}
        return found

    def code(self, column: str, text: str) -> str:
        """The code for `text` in a contract column; `text` itself where the profile knows none."""
        return self.codes.get(column, {}).get(folded(text), text)

    def matches(self, name: str, kind: str) -> int:
        """How many characters of a layer or file name speak for `kind`; 0 for none."""
        plain = plain_name(name)
        spans = (match.span() for p in self.patterns.get(kind, ()) for match in p.finditer(plain))
        return max((end - start for start, end in spans), default=0)


def plain_name(name: str) -> str:
    """A layer or file name as words: no case, no separators, no digits."""
    return re.sub(r"[\W\d_]+", " ", name.casefold()).strip()


def kinds_matching(profiles: Iterable[Profile], name: str, allowed: Collection[str]) -> tuple[str, ...]:
    """The kinds among `allowed` for which `name` speaks most; several where it is a tie."""
    weight = {kind: max((profile.matches(name, kind) for profile in profiles), default=0) for kind in allowed}
    best = max(weight.values(), default=0)
    return tuple(sorted(kind for kind, value in weight.items() if value == best)) if best else ()


def read_profile(file: Path) -> Profile:
    """The profile in a TOML file: one of a pack, or the user's own.

    Raises
    ------
    InputError
        If it cannot be read, or an entry has the wrong form; the message names the file.
    """
    table = read_table(file)
    allowed = {"title", "encodings", "sigma_m", "sigma_basis", "patterns", "source", "codes", "machine_drawn"}
    check_keys(table, file, file.stem, {"columns"}, allowed)
    columns, listed, codes = (_table(table, key, file) for key in ("columns", "patterns", "codes"))
    sigma_m = table.get("sigma_m")
    # Written so that "nan" and a number without end are refused as well.
    if sigma_m is not None and not (type(sigma_m) in {int, float} and 0 < sigma_m < _MOST_SIGMA_M):
        raise broken(file, _("sigma_m must be a number of metres above zero"))
    machine_drawn = table.get("machine_drawn", False)
    if not isinstance(machine_drawn, bool):
        raise broken(file, _("machine_drawn must be true or false"))
    try:
        patterns = {
            kind: tuple(re.compile(text) for text in _names(texts, f"patterns.{kind}", file))
            for kind, texts in listed.items()
        }
    except (re.error, OverflowError, RecursionError) as error:
        raise broken(file, f"patterns: {error}") from error
    return Profile(
        name=file.stem,
        title=words(table["title"], file, "title")
        if "title" in table
        else dict.fromkeys(("bg", "en"), file.stem),
        kinds=tuple(columns),
        columns={kind: _columns(kind, entry, file) for kind, entry in columns.items()},
        encodings=_names(table.get("encodings", []), "encodings", file),
        sigma_m=None if sigma_m is None else float(sigma_m),
        sigma_basis=str(table.get("sigma_basis", "")),
        patterns=patterns,
        source=words(table["source"], file, "source") if "source" in table else {},
        codes={
            column: {folded(text): str(code) for text, code in _table(codes, column, file, "codes.").items()}
            for column in codes
        },
        machine_drawn=machine_drawn,
    )


def _columns(kind: str, entry: Any, file: Path) -> dict[str, tuple[str, ...]]:
    if not isinstance(entry, Mapping):
        raise broken(file, _("{key} must be a table").format(key=f"columns.{kind}"))
    found: dict[str, tuple[str, ...]] = {"ref": ("ref",)}
    for column, names in entry.items():
        listed = _names(names, f"columns.{kind}.{column}", file)
        found[column] = tuple(dict.fromkeys((*found.get(column, ()), *listed)))
    return found


def _table(table: Mapping[str, Any], key: str, file: Path, above: str = "") -> Mapping[str, Any]:
    """One entry of a table that is a table itself, empty where it is absent."""
    entry = table.get(key, {})
    if not isinstance(entry, Mapping):
        raise broken(file, _("{key} must be a table").format(key=f"{above}{key}"))
    return entry


def _names(names: Any, key: str, file: Path) -> tuple[str, ...]:
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise broken(file, _("{key} must be a list of names").format(key=key))
    return tuple(names)
