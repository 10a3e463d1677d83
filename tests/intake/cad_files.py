"""A small writer of ``.cad`` files with invented land and invented, unborn people."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from stdnum.bg import egn

from regularize.intake import mik  # noqa: F401 registers the codec

Place = tuple[float, float]  # east, north, from the reference point

PARCEL_FIELDS = (
    *("IDENT    C 20 0 1", "VIDT     S  1 0 2", "VIDTOLD  S  1 0 2", "VIDS     S  2 0 2"),
    *("NTP      S  4 0 2", "MESTNOST S  4 0 3 MESTNOSTI", "PARTIDA  C 20 0", "KVARTAL  C 10 0"),
    *("BEG_DATE D 10 0", "END_DATE D 10 0"),
)
BUILDING_FIELDS = (
    *("IDENT    C 20 0 1", "VIDS     S  2 0 2", "CONST    S  2 0 2", "VFUNC    S  3 0 2"),
    *("{ET}     S  3 0", "LEGAL    S  1 0", "BEG_DATE D 10 0", "END_DATE D 10 0"),
)
UNBORN = [("Любомира", "Тодорова", "Керанова"), ("Светлозар", "Минчев", "Опълченски")]


def unborn_egn(n: int) -> str:
    """A national number of somebody born in the 2090s: nobody's."""
    born = date(2090 + n % 10, 1 + n % 12, 1 + n % 28)
    stem = f"{born.year % 100:02d}{born.month + 40:02d}{born.day:02d}{n % 1000:03d}"
    return stem + egn.calc_check_digit(stem)


def ring_area_m2(ring: Sequence[Place]) -> float:
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2


@dataclass
class Cad:
    """One file; ``text()`` can be changed before it is written, to break it."""

    version: str = "4.02"
    ekatte: str = "00990"
    coordtype: str | None = "2005, Балтийска"
    reference: Place | None = (523_000.0, 4_791_000.0)
    accuracy: str = "0"
    newline: str = "\r\n"
    et: str = "ET"
    blocks: dict[str, list[str]] = field(default_factory=dict)
    areas: dict[str, list[tuple[str, float]]] = field(default_factory=dict)
    nested: list[tuple[str, ...]] = field(default_factory=list)
    conflicts: list[tuple[str, str]] = field(default_factory=list)
    parcels: list[str] = field(default_factory=list)
    buildings: list[str] = field(default_factory=list)
    tables: dict[str, tuple[Sequence[str], list[str]]] = field(default_factory=dict)
    edges: dict[frozenset[Place], int] = field(default_factory=dict)
    lines: int = 0
    vertices: int = 0

    def line(
        self,
        places: Sequence[Place],
        kind: int = 146,
        d: str = "0",
        layer: str = "CADASTER",
        begin: str = "0",
    ) -> int:
        self.lines += 1
        groups = []
        for east, north in places:
            self.vertices += 1
            groups.append(f"{self.vertices} {north:.3f} {east:.3f} {self.accuracy} 0 0;")
        rows = ["".join(groups[at : at + 3]) for at in range(0, len(groups), 3)]
        self.blocks.setdefault(layer, []).append("\n".join([f"L {kind} {self.lines} 2 {begin} {d}", *rows]))
        return self.lines

    def contour(
        self,
        kind: int,
        number: str,
        ring: Sequence[Place],
        *,
        d: str = "0",
        begin: str = "03.02.2020",
        layer: str = "CADASTER",
        inside: Place | None = None,
        lines: Sequence[int] | None = None,
        area_m2: float | None = None,
    ) -> None:
        """A contour over lines that neighbours share: one for each side."""
        if lines is None:
            lines = []
            for one, other in zip(ring, [*ring[1:], ring[0]], strict=True):
                side = frozenset((one, other))
                if side not in self.edges:
                    self.edges[side] = self.line([one, other], 13 if kind == 1 else 146, layer=layer)
                lines = [*lines, self.edges[side]]
        east, north = inside or (
            sum(x for x, _y in ring) / len(ring),
            sum(y for _x, y in ring) / len(ring),
        )
        self.blocks.setdefault(layer, []).append(
            f"C {kind} {number} {north:.3f} {east:.3f} {begin} {d}\n" + " ".join(map(str, lines)) + " "
        )
        if d == "0":
            stated = ring_area_m2(ring) if area_m2 is None else area_m2
            self.areas.setdefault(layer, []).append((number, stated))

    def parcel(
        self, number: str, ring: Sequence[Place], row: str = '1,3,5,1000,,"","12",05.04.2019,'
    ) -> None:
        self.contour(2, number, ring)
        self.parcels.append(f'"{number}",{row}')

    def building(self, number: str, ring: Sequence[Place], row: str = "5,3,100,2,,05.04.2019,") -> None:
        self.contour(1, number, ring)
        self.buildings.append(f'"{number}",{row}')

    def text(self) -> str:
        out = ["HEADER", f"VERSION {self.version}"]
        out += (
            [f"EKNM {self.ekatte}", "PLANDATA 01.01.2001", "PLANNUMBER 7", "PLANSIGN"]
            if self.version.startswith("2")
            else [f"EKATTE {self.ekatte}", "NAME с. Долно Измислено"]
        )
        out += ["PROGRAM ИЗПИТ V1.0", "DATE 01.06.2021", 'FIRM "ИЗМИСЛЕНА ГЕОДЕЗИЯ" ООД']
        if self.reference is not None:
            out.append(f"REFERENCE {self.reference[1]:.3f} {self.reference[0]:.3f} ")
        out.append("WINDOW 0.000 0.000 2000.000 2000.000 ")
        if self.coordtype is not None:
            out.append(f"COORDTYPE {self.coordtype}")
        out += ["CONTENTS PART", "COMMENT ", "END_HEADER", ""]
        for layer, records in self.blocks.items():
            out += [f"LAYER {layer}", *records, "END_LAYER", "", f"CONTROL {layer}"]
            for word, letter in (("POINTS", "P"), ("LINES", "L"), ("SYMBOLS", "S"), ("TEXTS", "T")):
                out.append(f"NUMBER_{word} {sum(r.startswith(letter + ' ') for r in records)}")
            out.append(f"NUMBER_CONTURS {sum(r.startswith('C ') for r in records)}")
            out += [f"CONTUR_AREA {number} {area:.3f}" for number, area in self.areas.get(layer, ())]
            if layer == "CADASTER":
                out += ["CONTUR_NESTED " + " ".join(entry) for entry in self.nested]
                out += [f"CONTUR_CONFLICT {a} {b}" for a, b in self.conflicts]
            out += ["END_CONTROL", ""]
        tables = {
            "MESTNOSTI": (("MESTNOST S 4 0 1", "NAME C 20 0"), ['1,"м. Горната нива, до реката"']),
            "POZEMLIMOTI": (PARCEL_FIELDS, self.parcels),
            "SGRADI": ([name.format(ET=self.et) for name in BUILDING_FIELDS], self.buildings),
            "PRAVA": (
                ("IDENT C 20 0 3 POZEMLIMOTI", "PERSON C 10 0 3 PERSONS", "PRAVOVID S 2 0 2"),
                [f"{row.partition(',')[0]},{unborn_egn(at)},1" for at, row in enumerate(self.parcels)],
            ),
            "PERSONS": (
                ("PERSON C 10 0 1", "IME C 20 0", "PREZIME C 20 0", "FAMILIA C 20 0", "ADDRESS C 60 0"),
                [
                    f'{unborn_egn(at)},"' + '","'.join(UNBORN[at % 2]) + f'","ул. Тайна {at}"'
                    for at in range(len(self.parcels))
                ],
            ),
            **self.tables,
        }
        for name, (fields, rows) in tables.items():
            out += [
                f"TABLE {name}",
                *(f"F {f}" for f in fields),
                *(f"D {row}" for row in rows),
                "END_TABLE",
                "",
            ]
        return "\n".join(out) + "\n"

    def write(self, path: Path, encoding: str = "mik", text: str | None = None) -> Path:
        content = self.text() if text is None else text
        path.write_bytes(content.replace("\n", self.newline).encode(encoding))
        return path


def box(east: float, north: float, width: float, height: float | None = None) -> list[Place]:
    high = width if height is None else height
    return [(east, north), (east + width, north), (east + width, north + high), (east, north + high)]


def village(columns: int = 3, rows: int = 2, **options: object) -> Cad:
    """Parcels of 20 m in a grid, a house of 8 m on each."""
    cad = Cad(**options)  # type: ignore[arg-type]  # the caller names fields of Cad
    for row in range(rows):
        for column in range(columns):
            number = f"501.{1 + row * columns + column}"
            cad.parcel(number, box(100 + 20 * column, 200 + 20 * row, 20))
            cad.building(f"{number}.1", box(105 + 20 * column, 205 + 20 * row, 8))
    return cad
