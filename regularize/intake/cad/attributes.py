"""Attributes of the objects of a ``.cad`` file: its tables, read by the names of their fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from regularize.intake.cad.header import day
from regularize.intake.cad.records import RawTable
from regularize.intake.cad.rows import field_name, split_row

KEY = "IDENT"
_END, _BEGIN = "END_DATE", "BEG_DATE"


@dataclass
class Attributes:
    """The living rows of one table.

    Parameters
    ----------
    names : tuple of str
        Fields in Latin capitals, each once, without the key and the dates of validity.
    by_number : mapping of object number to mapping of field to raw value
        Empty values are absent.
    ended_on : mapping of object number to date
        When the last row of an object ended that has no living one.
    ended, wrong_width, repeated, without_key : int
        Rows that are historic; that have more or fewer values than the table has fields; whose
        object has a row already; that name no object.
    """

    names: tuple[str, ...] = ()
    by_number: dict[bytes, Mapping[str, bytes]] = field(default_factory=dict)
    ended_on: dict[bytes, date] = field(default_factory=dict)
    ended: int = 0
    wrong_width: int = 0
    repeated: int = 0
    without_key: int = 0


def read_table(table: RawTable) -> Attributes:
    """Take the rows of `table` apart."""
    order = [field_name(raw) for raw in table.fields]
    found = Attributes(tuple(dict.fromkeys(name for name in order if name not in {KEY, _BEGIN, _END})))
    if KEY not in order:
        found.without_key = table.n
        return found
    # A name that stands twice counts where it stands first.
    places = {name: at for at, name in reversed(list(enumerate(order)))}
    for raw in table.rows:
        values = split_row(raw)
        if values is None or len(values) != len(order):
            found.wrong_width += 1
            continue
        if _END in places and (end := day(values[places[_END]])) is not None:
            found.ended += 1
            of_object = values[places[KEY]]
            found.ended_on[of_object] = max(end, found.ended_on.get(of_object, end))
            continue
        number = values[places[KEY]]
        if not number:
            found.without_key += 1
        elif number in found.by_number:
            found.repeated += 1
        else:
            found.by_number[number] = {name: values[at] for name, at in places.items() if values[at]}
    found.ended_on = {n: end for n, end in found.ended_on.items() if n and n not in found.by_number}
    return found


def orphans(attributes: Attributes, numbers: Sequence[bytes]) -> tuple[list[int], list[bytes]]:
    """Positions of objects without a row, and numbers of rows without an object."""
    known = set(numbers)
    bare = [at for at, number in enumerate(numbers) if number not in attributes.by_number]
    return bare, [number for number in attributes.by_number if number not in known]


def begin_of(attributes: Attributes, number: bytes) -> bytes:
    """BEG_DATE of the row of an object, as written."""
    return attributes.by_number.get(number, {}).get(_BEGIN, b"")
