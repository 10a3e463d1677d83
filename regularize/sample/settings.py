"""What the generator draws: shares, errors and places, all stated, none hidden in the code.

The defaults follow one committed sample; :data:`SURVEYS`, :data:`REGISTER_SIGMAS_M` and their
neighbours are the settings that a benchmark sweeps. Thresholds of a detector may be tuned on
:data:`TRAIN_SEEDS` only; :data:`TEST_SEEDS` are for reporting.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

SAMPLE_SEED = 1338
TRAIN_SEEDS = tuple(range(20))
TEST_SEEDS = tuple(range(100, 120))

CRS = "EPSG:7801"
# A code with a leading zero whose last digit is not its check digit (that would be 8): nobody's.
EKATTE = "00990"
SETTLEMENT = "с. Примерово"
# Where settlements lie (code, name, easting, northing), as a user would list them. The second one is
# invented as well; it is there so that a list has more than one row.
SETTLEMENTS = (
    (EKATTE, SETTLEMENT, 523_600.0, 4_791_400.0),
    ("00873", "с. Измислица", 531_900.0, 4_795_300.0),
)


@dataclass(frozen=True)
class Quarter:
    """One neighbourhood: its name and the grid of blocks that it is bent out of.

    Parameters
    ----------
    name : str
        An invented, neutral name.
    rows, columns : int
        Number of blocks.
    east_m, north_m : float
        South-west corner of the undistorted grid, in the project CRS.
    angle_deg : float
        Direction of its long streets, anticlockwise from east.
    """

    name: str
    rows: int
    columns: int
    east_m: float
    north_m: float
    angle_deg: float


IZGREV = Quarter("Изгрев", 3, 3, 523_400.0, 4_791_200.0, 14.0)
POLYANA = Quarter("Поляна", 2, 2, 523_665.0, 4_791_262.0, -9.0)


@dataclass(frozen=True)
class Settings:
    """One world and the errors with which it is delivered. Shares are 0..1, sigmas 1-D.

    Parameters
    ----------
    quarters : tuple of Quarter
    block_m : (float, float)
        Length and depth of a block before it is bent.
    street_m : float
        Width of a street; lanes are 1.5-4 m.
    plot_median_m2, plot_sigma : float
        Log-normal size of a plot (sigma of the logarithm).
    empty, second_house, l_shape, on_boundary, annex, rows_share, shed : float
        Shares of plots without a house, with two, and of houses of each form.
    annex_m2 : (float, float)
        Least and greatest area of an annex.
    row_longest : int
        Houses in the longest row, wall to wall; 2 means pairs.
    omission .. complex_share : float
        Shares of the buildings by what the register knows of them.
    duplicates, wrong_parcel, typos, slivers, invalid : float
        Shares of register rows that are odd in themselves; at least one each where above 0.
    no_parcels, coarse, exact : float
        Shares of blocks by their parcels; what is left of 1 is one municipal parcel each.
    moved_line, street_taken, gaps : float
        Shares of the parcels of an exact block whose lines lie elsewhere than the fences.
    generalised, generalised_m : float, (float, float)
        Share of the blocks that the register has from an old plan, and the grid it was drawn to.
    street_through : float
        Share of the blocks through whose houses the cadastre shows a street.
    register_sigma_m, common_share : float
        Noise of the register, and the share of its variance that is common to one object.
    shift_m, rotation_deg : (float, float), float
        How the register lies off the ground: moved east and north, turned about its middle.
    sheet_jump_m : float
        What lies east of the middle is moved north by so much more: two sheets of an old plan.
    survey_sigma_m, survey_common_share, eaves_m, missed : float
        Errors of the survey; `eaves_m` widens every outline, `missed` is a share of houses.
    measured_twice : float
        Share of the buildings that stand twice in the survey, measured twice.
    file_fault : float
        Share of the surveys delivered with swapped axes or in a wrong zone: all their files alike.
    resurvey : int
        Number of the survey: each measures the same buildings with errors of its own.
    unchanged : bool
        Null test: the register knows everything as it is; only noise and shift are left.
    unrelated : bool
        Null test: the register shows another neighbourhood at the same place.
    """

    quarters: tuple[Quarter, ...] = (IZGREV, POLYANA)
    block_m: tuple[float, float] = (70.0, 55.0)
    street_m: float = 6.0
    plot_median_m2: float = 185.0
    plot_sigma: float = 0.32
    empty: float = 0.16
    second_house: float = 0.35
    l_shape: float = 0.25
    on_boundary: float = 0.25
    annex: float = 0.25
    annex_m2: tuple[float, float] = (11.0, 25.0)
    rows_share: float = 0.2
    row_longest: int = 2
    shed: float = 0.12
    fenced: float = 0.8
    omission: float = 0.45
    demolished: float = 0.06
    extended: float = 0.15
    reduced: float = 0.03
    changed: float = 0.02
    rebuilt: float = 0.05
    merged: float = 0.03
    split: float = 0.03
    complex_share: float = 0.01
    duplicates: float = 0.01
    wrong_parcel: float = 0.02
    typos: float = 0.01
    slivers: float = 0.01
    invalid: float = 0.01
    no_parcels: float = 0.2
    coarse: float = 0.4
    exact: float = 0.35
    moved_line: float = 0.25
    street_taken: float = 0.15
    gaps: float = 0.08
    generalised: float = 0.0
    generalised_m: tuple[float, float] = (0.3, 0.6)
    street_through: float = 0.0
    register_sigma_m: float = 0.2
    common_share: float = 0.7
    shift_m: tuple[float, float] = (1.8, -1.2)
    rotation_deg: float = 0.0
    sheet_jump_m: float = 0.0
    survey_sigma_m: float = 0.05
    survey_common_share: float = 0.0
    eaves_m: float = 0.0
    missed: float = 0.03
    measured_twice: float = 0.0
    file_fault: float = 0.0
    resurvey: int = 0
    cadastre_on: date = date(2026, 1, 15)
    survey_on: date = date(2026, 5, 20)
    unchanged: bool = False
    unrelated: bool = False


DEFAULT = Settings()

# One neighbourhood of 3 x 4 blocks: what benchmarks draw once per seed.
BENCHMARK = replace(DEFAULT, quarters=(Quarter("Изгрев", 3, 4, 523_400.0, 4_791_200.0, 14.0),))

# The same with everything that a register, a cadastre and a survey do wrong, but for faulty files.
FULL = replace(
    BENCHMARK,
    annex_m2=(8.0, 25.0),
    row_longest=5,
    generalised=0.2,
    street_through=0.05,
    measured_twice=0.01,
)
FILE_FAULT = 0.02  # one survey of 50

# How a survey may err; give one to ``with_survey``.
SURVEYS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "gnss": {"survey_sigma_m": 0.05, "survey_common_share": 0.0, "eaves_m": 0.0},
        "drone": {"survey_sigma_m": 0.25, "survey_common_share": 0.7, "eaves_m": 0.4},
        "ortho": {"survey_sigma_m": 0.6, "survey_common_share": 0.7, "eaves_m": 0.4},
        "phone": {"survey_sigma_m": 2.0, "survey_common_share": 0.7, "eaves_m": 0.0},
    }
)
REGISTER_SIGMAS_M = (0.2, 0.4, 0.6)
SHIFTS_M = ((0.0, 0.0), (0.8, -0.6), (1.8, -1.2), (-2.4, 1.8), (3.0, 4.0))
ROTATIONS_DEG = (0.0, 0.1, 0.2, 0.3)
SHEET_JUMPS_M = (0.0, 0.5, 1.0, 2.0)
OMISSIONS = (0.1, 0.25, 0.45, 0.65, 0.85, 0.95)


def with_survey(settings: Settings, survey: str) -> Settings:
    """`settings` with the errors of one kind of survey.

    Examples
    --------
    >>> with_survey(DEFAULT, "phone").survey_sigma_m
    2.0
    """
    errors = SURVEYS[survey]
    return replace(
        settings,
        survey_sigma_m=errors["survey_sigma_m"],
        survey_common_share=errors["survey_common_share"],
        eaves_m=errors["eaves_m"],
    )


def ground_of(settings: Settings) -> Settings:
    """`settings` with every error of register and survey at its default: what decides the ground."""
    return replace(
        settings,
        register_sigma_m=DEFAULT.register_sigma_m,
        common_share=DEFAULT.common_share,
        shift_m=DEFAULT.shift_m,
        rotation_deg=DEFAULT.rotation_deg,
        sheet_jump_m=DEFAULT.sheet_jump_m,
        survey_sigma_m=DEFAULT.survey_sigma_m,
        survey_common_share=DEFAULT.survey_common_share,
        eaves_m=DEFAULT.eaves_m,
        generalised=DEFAULT.generalised,
        generalised_m=DEFAULT.generalised_m,
        measured_twice=DEFAULT.measured_twice,
        file_fault=DEFAULT.file_fault,
        resurvey=DEFAULT.resurvey,
    )


def _unchanged(settings: Settings) -> Settings:
    return replace(
        settings,
        omission=0.0,
        demolished=0.0,
        extended=0.0,
        reduced=0.0,
        changed=0.0,
        rebuilt=0.0,
        merged=0.0,
        split=0.0,
        complex_share=0.0,
        duplicates=0.0,
        wrong_parcel=0.0,
        typos=0.0,
        slivers=0.0,
        invalid=0.0,
        no_parcels=0.0,
        coarse=0.0,
        exact=1.0,
        moved_line=0.0,
        street_taken=0.0,
        gaps=0.0,
        generalised=0.0,
        street_through=0.0,
        measured_twice=0.0,
        missed=0.0,
    )


def effective(settings: Settings) -> Settings:
    """`settings` as they are drawn: a null test sets every share of change to nothing."""
    return _unchanged(settings) if settings.unchanged or settings.unrelated else settings
