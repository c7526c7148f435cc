"""Population benchmarks: tables of people, read, summed, interpolated and compared."""

from __future__ import annotations

from survey_stats.weight.population.ages import Ages, age_groups
from survey_stats.weight.population.districts import (
    city_population,
    district_population,
    population_table,
)
from survey_stats.weight.population.table import Population, combine

__all__ = [
    "Ages",
    "Population",
    "age_groups",
    "city_population",
    "combine",
    "district_population",
    "population_table",
]
