"""A fictional settlement, drawn from a seed, with its truth. Shares no code with detection.

``generate`` writes the files as the agency and a surveyor would deliver them; ``neighbourhood``
draws the same in memory, for tests and benchmarks over many seeds and error settings.
"""

from regularize.sample.files import Delivered, Sample, generate
from regularize.sample.neighbourhood import Neighbourhood, neighbourhood
from regularize.sample.settings import (
    BENCHMARK,
    DEFAULT,
    EKATTE,
    FILE_FAULT,
    FULL,
    SAMPLE_SEED,
    SETTLEMENT,
    SURVEYS,
    TEST_SEEDS,
    TRAIN_SEEDS,
    Settings,
    with_survey,
)
from regularize.sample.surface import Flight, Surface, surface

__all__ = [
    "BENCHMARK",
    "DEFAULT",
    "EKATTE",
    "FILE_FAULT",
    "FULL",
    "SAMPLE_SEED",
    "SETTLEMENT",
    "SURVEYS",
    "TEST_SEEDS",
    "TRAIN_SEEDS",
    "Delivered",
    "Flight",
    "Neighbourhood",
    "Sample",
    "Settings",
    "Surface",
    "generate",
    "neighbourhood",
    "surface",
    "with_survey",
]
