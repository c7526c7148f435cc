"""Weights: from the sampling design to the population, remembering how they were made."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

# name -> module that holds it, loaded at first use: estimates need only what steps are
_PUBLIC = {
    "BaseWeightError": "errors",
    "BenchmarkError": "errors",
    "EmptyCellError": "errors",
    "Step": "result",
    "UnknownCellError": "errors",
    "Weights": "result",
    "adjust_classes": "response.classes",
    "adjust_propensity": "response.propensity",
    "base_weights": "base",
    "InfeasibleError": "errors",
    "NegativeWeightError": "errors",
    "UnknownLevelError": "errors",
    "calibrate": "calibration.calibrate",
    "CommonPopulation": "common",
    "common_population": "common",
    "cross": "cells",
    "district_population": "population",
    "Agreement": "population",
    "agreement": "population",
    "Population": "population",
    "age_groups": "population",
    "as_population": "population",
    "city_population": "population",
    "combine_populations": "population",
    "read_pxweb": "population",
    "reconcile": "population",
    "WeightingReport": "diagnostics",
    "diagnose": "diagnostics",
    "kish_by_group": "diagnostics",
    "kish_design_effect": "diagnostics",
    "spencer_design_effect": "diagnostics",
    "population_table": "population",
    "post_stratify": "poststratify",
    "trim": "trimming.trim",
}

__all__ = [
    "Agreement",
    "BaseWeightError",
    "BenchmarkError",
    "CommonPopulation",
    "EmptyCellError",
    "InfeasibleError",
    "NegativeWeightError",
    "Population",
    "Step",
    "UnknownCellError",
    "UnknownLevelError",
    "WeightingReport",
    "Weights",
    "adjust_classes",
    "adjust_propensity",
    "age_groups",
    "agreement",
    "as_population",
    "base_weights",
    "calibrate",
    "city_population",
    "combine_populations",
    "common_population",
    "cross",
    "diagnose",
    "district_population",
    "kish_by_group",
    "kish_design_effect",
    "population_table",
    "post_stratify",
    "read_pxweb",
    "reconcile",
    "spencer_design_effect",
    "trim",
]

if TYPE_CHECKING:
    from survey_stats.weight.base import base_weights
    from survey_stats.weight.calibration.calibrate import calibrate
    from survey_stats.weight.cells import cross
    from survey_stats.weight.common import CommonPopulation, common_population
    from survey_stats.weight.diagnostics import (
        WeightingReport,
        diagnose,
        kish_by_group,
        kish_design_effect,
        spencer_design_effect,
    )
    from survey_stats.weight.errors import (
        BaseWeightError,
        BenchmarkError,
        EmptyCellError,
        InfeasibleError,
        NegativeWeightError,
        UnknownCellError,
        UnknownLevelError,
    )
    from survey_stats.weight.population import (
        Agreement,
        Population,
        age_groups,
        agreement,
        as_population,
        city_population,
        combine_populations,
        district_population,
        population_table,
        read_pxweb,
        reconcile,
    )
    from survey_stats.weight.poststratify import post_stratify
    from survey_stats.weight.response.classes import adjust_classes
    from survey_stats.weight.response.propensity import adjust_propensity
    from survey_stats.weight.result import Step, Weights
    from survey_stats.weight.trimming.trim import trim


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PUBLIC[name]}"), name)
