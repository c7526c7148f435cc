"""Weighted shares, honest standard errors, tested changes and the statistical appendix."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from survey_stats._version import __version__

# The public face: name -> module that holds it. Loaded at first use, so importing costs little.
_PUBLIC = {
    "Survey": "survey_stats.estimate",
    "Estimates": "survey_stats.estimate",
    "Contrasts": "survey_stats.estimate",
    "ReplicateWeights": "survey_stats.estimate",
    "SurveyTest": "survey_stats.estimate",
    "join": "survey_stats.estimate",
    "read": "survey_stats.read",
    "Delivery": "survey_stats.read",
    "harmonise": "survey_stats.harmonise",
    "Harmonised": "survey_stats.harmonise",
    "combine": "survey_stats.harmonise",
    "HarmonisedSet": "survey_stats.harmonise",
    "draft_codebook": "survey_stats.harmonise",
    "check": "survey_stats.harmonise",
    "Codebook": "survey_stats.harmonise",
    "comparability": "survey_stats.harmonise",
    "change": "survey_stats.compare",
    "Changes": "survey_stats.compare",
    "count_change": "survey_stats.compare",
    "count_changes": "survey_stats.compare",
    "count_rest": "survey_stats.compare",
    "count_series": "survey_stats.compare",
    "CountSeries": "survey_stats.compare",
    "smallest_change": "survey_stats.compare",
    "base_needed": "survey_stats.compare",
    "base_for_interval": "survey_stats.compare",
    "Plan": "survey_stats.compare",
    "plan_sample": "survey_stats.compare",
    "SamplePlan": "survey_stats.compare",
    "against": "survey_stats.compare",
    "letters": "survey_stats.compare",
    "Letters": "survey_stats.compare",
    "pools": "survey_stats.compare",
    "trend": "survey_stats.compare",
    "Trends": "survey_stats.compare",
    "coding_effect": "survey_stats.explain",
    "disagreement": "survey_stats.explain",
    "glm": "survey_stats.explain",
    "Model": "survey_stats.explain",
    "scale": "survey_stats.explain",
    "Scale": "survey_stats.explain",
    "compare_scales": "survey_stats.explain",
    "ScaleComparison": "survey_stats.explain",
    "with_answers": "survey_stats.explain",
    "small_areas": "survey_stats.explain",
    "SmallAreas": "survey_stats.explain",
    "rank_areas": "survey_stats.explain",
    "Ranks": "survey_stats.explain",
    "publish": "survey_stats.explain",
    "neighbour_mean": "survey_stats.explain",
    "earlier_shares": "survey_stats.explain",
    "decompose": "survey_stats.explain",
    "Decomposition": "survey_stats.explain",
    "base_weights": "survey_stats.weight",
    "common_population": "survey_stats.weight",
    "Population": "survey_stats.weight",
    "read_pxweb": "survey_stats.weight",
    "Weights": "survey_stats.weight",
    "audit": "survey_stats.audit",
    "audit_tables": "survey_stats.audit",
    "SurveyStatsError": "survey_stats.errors",
    "InputError": "survey_stats.errors",
    "DesignError": "survey_stats.errors",
    "CodebookError": "survey_stats.errors",
    "ComparabilityError": "survey_stats.errors",
    "RenderError": "survey_stats.errors",
    "UnknownNameError": "survey_stats.errors",
    "use_data": "survey_stats.resources",
}

__all__ = [*_PUBLIC, "__version__"]

if TYPE_CHECKING:
    from survey_stats.audit import audit, audit_tables
    from survey_stats.compare import (
        Changes,
        CountSeries,
        Letters,
        Plan,
        SamplePlan,
        Trends,
        against,
        base_for_interval,
        base_needed,
        change,
        count_change,
        count_changes,
        count_rest,
        count_series,
        letters,
        plan_sample,
        pools,
        smallest_change,
        trend,
    )
    from survey_stats.errors import (
        CodebookError,
        ComparabilityError,
        DesignError,
        InputError,
        RenderError,
        SurveyStatsError,
        UnknownNameError,
    )
    from survey_stats.estimate import (
        Contrasts,
        Estimates,
        ReplicateWeights,
        Survey,
        SurveyTest,
        join,
    )
    from survey_stats.explain import (
        Decomposition,
        Model,
        Ranks,
        Scale,
        ScaleComparison,
        SmallAreas,
        coding_effect,
        compare_scales,
        decompose,
        disagreement,
        earlier_shares,
        glm,
        neighbour_mean,
        publish,
        rank_areas,
        scale,
        small_areas,
        with_answers,
    )
    from survey_stats.harmonise import (
        Codebook,
        Harmonised,
        HarmonisedSet,
        check,
        combine,
        comparability,
        draft_codebook,
        harmonise,
    )
    from survey_stats.read import Delivery, read
    from survey_stats.resources import use_data
    from survey_stats.weight import (
        Population,
        Weights,
        base_weights,
        common_population,
        read_pxweb,
    )


class _Face(ModuleType):
    """Keeps `ss.read` the function: importing the folder `read` would otherwise take its name."""

    def __getattr__(self, name: str) -> Any:
        if name not in _PUBLIC:
            raise AttributeError(f"module 'survey_stats' has no attribute {name!r}")
        value = getattr(importlib.import_module(_PUBLIC[name]), name)
        self.__dict__[name] = value
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _PUBLIC and isinstance(value, ModuleType)):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted(__all__)


sys.modules[__name__].__class__ = _Face
