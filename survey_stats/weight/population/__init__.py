"""Population benchmarks: tables of people, read, summed, interpolated and compared."""

from __future__ import annotations

from survey_stats.weight.population.ages import Ages, age_groups
from survey_stats.weight.population.agree import Agreement, agreement
from survey_stats.weight.population.districts import (
    city_population,
    district_population,
    population_table,
)
from survey_stats.weight.population.pxweb import as_population, read_pxweb
from survey_stats.weight.population.scaling import reconcile
from survey_stats.weight.population.table import Population, combine_populations

__all__ = [
    "Ages",
    "Agreement",
    "Population",
    "age_groups",
    "agreement",
    "as_population",
    "city_population",
    "combine_populations",
    "district_population",
    "population_table",
    "read_pxweb",
    "reconcile",
]
