"""Predictive margins and average marginal effects of a model, as Estimates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.estimate import intervals
from survey_stats.estimate.columns import Bools, Ints
from survey_stats.estimate.design import as_names
from survey_stats.estimate.estimates import NUMBERS, Estimates, df_rule_of
from survey_stats.estimate.respondents import By
from survey_stats.estimate.where import Where
from survey_stats.explain.models.averages import Averages, Scenario, averages
from survey_stats.explain.models.crossings import assumption
from survey_stats.explain.models.formula import evaluate

if TYPE_CHECKING:
    from survey_stats.explain.models.result import Model

Covariates = Literal["sampled", "fixed"]
MarginInterval = Literal["logit", "wald"]
# steps of a numeric derivative, in standard deviations, and what each point counts
_STENCIL = ((-2, 1 / 12), (-1, -8 / 12), (1, 8 / 12), (2, -1 / 12))
_STEP = 1e-3


@dataclass(frozen=True, eq=False)
class Setting:
    """One scenario in words: the values that it gives to columns."""

    values: Mapping[str, Any]

    def count(self, model: Model) -> Bools:
        """Respondents of the model who really have these levels (numbers count for everybody)."""
        patterns = model.fit.sample.patterns
        held = np.ones(len(patterns), dtype=bool)
        for name, value in self.values.items():
            if is_levels(model, name):
                held &= np.asarray(patterns[name].astype(object) == value, dtype=bool)
        return held[model.fit.sample.pattern]


def is_levels(model: Model, name: str) -> bool:
    """Whether a predictor has levels rather than numbers."""
    column = model.fit.sample.patterns[name]
    return isinstance(column.dtype, pd.CategoricalDtype) or name in model.parsed.levels_of


def levels(model: Model, name: str) -> list[Any]:
    """The levels of a predictor among the respondents of the model, in order."""
    column = model.fit.sample.patterns[name]
    if isinstance(column.dtype, pd.CategoricalDtype):
        return list(column.cat.categories.tolist())
    return list(np.unique(column.to_numpy()).tolist())


def predictor(model: Model, name: str) -> str:
    """`name` if it is a predictor of the model, else an `UnknownNameError`."""
    known = [str(c) for c in model.fit.sample.patterns.columns]
    if name not in known:
        raise UnknownNameError("predictor", name, known, where=f"the model {model.formula!r}")
    return name


def scenario(model: Model, values: Mapping[str, Any]) -> Scenario:
    """The model's patterns with columns set to values, or to arrays of values by pattern."""
    frame = model.fit.sample.patterns.copy()
    for name, value in values.items():
        column = frame[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            known = column.cat.categories
            if value not in known.tolist():
                raise UnknownNameError("level", value, known.tolist(), where=f"predictor {name!r}")
            code = np.full(len(frame), known.tolist().index(value))
            frame[name] = pd.Categorical.from_codes(code, dtype=column.dtype)
            continue
        if np.ndim(value) == 0:
            if isinstance(value, str) or not np.isfinite(value):
                raise InputError(f"{name!r} is a number, and cannot be set to {value!r}")
            if name in model.parsed.levels_of and value not in levels(model, name):
                raise UnknownNameError(
                    "level", value, levels(model, name), where=f"predictor {name!r}"
                )
        frame[name] = value
    matrix = model.terms.matrix(frame)[:, model.fit.columns]
    offset = np.zeros(len(frame))
    if model.offset is not None:
        offset = evaluate(model.offset, frame)
    return Scenario(matrix, offset)


def margins(
    model: Model,
    columns: By,
    by: By,
    at: Mapping[str, Any] | None,
    where: Where,
    level: float,
    covariates: Covariates,
    interval: MarginInterval,
) -> Estimates:
    """Predictive margins; see `Model.margins`."""
    settings = _settings(model, as_names(columns), at or {})
    names = list(settings[0].values) if settings else []
    taken = [n for n in names if n in ("level", *NUMBERS)]
    if taken:
        raise InputError(
            f"The predictor {taken[0]!r} has the name of a column of the result; rename the column "
            "of the frame"
        )
    group, keys = _groups(model, by, where, names)
    scenarios = (scenario(model, s.values) for s in settings)
    found = averages(
        model.fit, scenarios, np.eye(len(settings)), group, len(keys), _sampled(covariates)
    )
    held = [s.count(model) for s in settings]
    counted = model.fit.sample.counted
    n = np.stack([counted(group[h], len(keys), h) for h in held], axis=1)
    frame = pd.DataFrame({name: _column([s.values[name] for s in settings]) for name in names})
    what = f"predictive margins of {model.formula}"
    made = _estimates(
        model, found, keys, frame, n, model.statistic, what, level, covariates, interval, where
    )
    return _flag_outside(model, made, names)


def _flag_outside(model: Model, made: Estimates, names: Sequence[str]) -> Estimates:
    """The margins, with a flag where a number is set to what no respondent comes near."""
    flag = np.array(list(made.flag), dtype=object)
    for name in names:
        if is_levels(model, name):
            continue
        x = model.fit.sample.patterns[name].to_numpy(np.float64)
        at = made.keys[name].to_numpy(np.float64)
        outside = ((at < x.min()) | (at > x.max())) & (flag == "")
        flag[outside] = f"{name} is outside the respondents' {x.min():g} to {x.max():g}"
    return replace(made, flag=flag.tolist())


def effects(
    model: Model,
    columns: By,
    by: By,
    where: Where,
    step: float | None,
    reference: object,
    level: float,
    covariates: Covariates,
) -> Estimates:
    """Average marginal effects; see `Model.effects`."""
    every = dict.fromkeys(c for own in model.variables_of_terms().values() for c in sorted(own))
    names = as_names(columns) or list(every)
    if not names:
        raise InputError(f"The model {model.formula!r} has no predictor to have an effect")
    group, keys = _groups(model, by, where, ["variable", "contrast"])
    if reference is not None and len(names) > 1:
        raise InputError("reference= goes with one column; ask for its effects alone")
    scenarios: list[Mapping[str, Any]] = []
    mixes: list[tuple[dict[int, float], Any, Bools, Bools]] = []
    for name in (predictor(model, c) for c in names):
        if is_levels(model, name):
            known = levels(model, name)
            if reference is not None and reference not in known:
                raise UnknownNameError("level", reference, known, where=f"predictor {name!r}")
            base = known[0] if reference is None else reference
            first = len(scenarios)
            scenarios += [{name: value} for value in known]
            at = first + known.index(base)
            own = Setting({name: base}).count(model)
            for i, value in enumerate(known):
                if value != base:
                    held = Setting({name: value}).count(model)
                    label = (name, f"{value} - {base}")
                    mixes.append(({first + i: 1.0, at: -1.0}, label, held, own))
            continue
        x = model.fit.sample.patterns[name].to_numpy(np.float64)
        everybody = np.ones(model.fit.sample.rows.size, dtype=bool)
        first = len(scenarios)
        if step is not None:
            scenarios += [{name: x}, {name: x + step}]
            label = (name, f"{step:+g}")
            mixes.append(({first: -1.0, first + 1: 1.0}, label, everybody, everybody))
            continue
        size = _STEP * float(x.std() or 1.0)
        scenarios += [{name: x + k * size} for k, _ in _STENCIL]
        mixed = {first + i: c / size for i, (_, c) in enumerate(_STENCIL)}
        mixes.append((mixed, (name, "slope"), everybody, everybody))
    if not mixes:
        raise InputError(f"{names[0]!r} has one level in the model; an effect needs two")
    mix = np.zeros((len(scenarios), len(mixes)))
    for d, (weights, _, _, _) in enumerate(mixes):
        for s, weight in weights.items():
            mix[s, d] = weight
    made_of = (scenario(model, values) for values in scenarios)
    found = averages(model.fit, made_of, mix, group, len(keys), _sampled(covariates))
    counted = model.fit.sample.counted
    # the smaller base of the two sides is what a difference stands on
    n = np.stack(
        [
            np.minimum(counted(group[one], len(keys), one), counted(group[other], len(keys), other))
            for _, _, one, other in mixes
        ],
        axis=1,
    )
    frame = pd.DataFrame([label for _, label, _, _ in mixes], columns=["variable", "contrast"])
    what = f"average marginal effects of {model.formula}"
    statistic = f"effect on {model.statistic}"
    made = _estimates(
        model, found, keys, frame, n, statistic, what, level, covariates, "wald", where
    )
    groups = as_names(by)
    told = {name: assumption(model, name, groups) for name in names}
    flag = [f or told[v] for f, v in zip(made.flag, made.keys["variable"], strict=True)]
    return replace(made, flag=flag)


def _sampled(covariates: str) -> bool:
    if covariates not in ("sampled", "fixed"):
        raise InputError(f"covariates={covariates!r} is not known; use 'sampled' or 'fixed'")
    return covariates == "sampled"


def _settings(model: Model, columns: Sequence[str], at: Mapping[str, Any]) -> list[Setting]:
    """Every combination of the levels of `columns` and of the values of `at`."""
    if not isinstance(at, Mapping):
        raise InputError("at= maps predictors to values, as {'age': [20, 40]}")
    values: dict[str, list[Any]] = {}
    for name in columns:
        predictor(model, name)
        if not is_levels(model, name):
            raise InputError(
                f"{name!r} is a number without levels; give the values to look at as "
                f"at={{{name!r}: [...]}}, or ask effects({name!r}) for its slope"
            )
        values[name] = levels(model, name)
    for name, wanted in at.items():
        predictor(model, name)
        several = isinstance(wanted, (list, tuple, range, np.ndarray, pd.Index, pd.Series))
        values[name] = list(wanted) if several else [wanted]
        if not values[name]:
            raise InputError(f"at= names no value of {name!r}")
    return [Setting(dict(zip(values, chosen, strict=True))) for chosen in product(*values.values())]


def _groups(model: Model, by: By, where: Where, taken: Sequence[str]) -> tuple[Ints, pd.DataFrame]:
    """Group of each respondent of the model, (m,), and the keys of the groups."""
    clash = [n for n in as_names(by) if n in (*taken, "level", *NUMBERS)]
    if clash:
        what = "average over it or set it, not both"
        if clash[0] not in taken:
            what = "rename the column of the frame"
        raise InputError(f"by names {clash[0]!r}, which is another column of the result; {what}")
    groups, keys = model.survey.groups(by, where)
    codes = groups.codes[model.fit.sample.rows].astype(np.int64)
    present = np.unique(codes[codes < groups.n_groups])
    if present.size == 0:
        raise InputError("No respondent of the model is in the domain of the margins; widen where=")
    table = np.full(groups.n_groups + 1, present.size)
    table[present] = np.arange(present.size)
    return table[codes], keys.iloc[present].reset_index(drop=True)


def _column(values: list[Any]) -> Any:
    return pd.Series(values).infer_objects().array


def _estimates(
    model: Model,
    found: Averages,
    keys: pd.DataFrame,
    settings: pd.DataFrame,
    n: Ints,
    statistic: str,
    what: str,
    level: float,
    covariates: str,
    interval: MarginInterval,
    where: Where,
) -> Estimates:
    """Rows by group, then setting, then outcome; `n` is (G, D)."""
    if interval not in ("logit", "wald"):
        raise InputError(f"interval={interval!r} is not known for margins; use 'logit' or 'wald'")
    intervals.check_level(level)
    C = model.fit.kernel.n_outcomes
    G, D = n.shape
    outcomes = model.fit.sample.outcomes
    at = np.repeat(np.arange(G), D * C)
    columns: dict[str, Any] = {name: keys[name].array.take(at) for name in keys.columns}
    place = np.tile(np.repeat(np.arange(D), C), G)
    columns |= {str(name): settings[name].array.take(place) for name in settings.columns}
    if outcomes is not None:
        columns["level"] = outcomes.take(np.tile(np.arange(C), G * D))
    frame = pd.DataFrame(columns, index=pd.RangeIndex(G * D * C))
    estimate, variance = found.estimate, found.scores.variance()
    df = np.full(estimate.size, model.fit.df)
    if model.df_rule == "design":
        df = np.full(estimate.size, model.fit.design.df)
    base = np.repeat(n.ravel(), C)
    t = intervals.t_quantile(df, level)
    share = statistic == "share"
    n_effective, deff = np.full(estimate.size, np.nan), np.full(estimate.size, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        if share and interval == "logit":
            low, high = intervals.logit(estimate, variance, t)
        else:
            low, high = intervals.wald(estimate, variance, t)
        if share:
            n_effective = estimate * (1 - estimate) / variance
            deff = base / n_effective
    flag = np.full(estimate.size, "", dtype=object)
    flag[base == 0] = "nobody in the model has these values: the margin is the model's alone"
    flag[df <= 0] = "no interval: no df"
    flag[np.isnan(variance)] = "no standard error"
    rule = df_rule_of(model.fit.design, model.df_rule)
    how = "of the respondents' own kind" if covariates == "fixed" else "of the population"
    method = (
        f"{what} ({model.family}), averages {how}, {interval if share else 'wald'} interval with "
        f"t on {rule} df"
    )
    metadata = model.metadata.but(
        statistic=statistic,
        method=method,
        by=tuple(str(c) for c in keys.columns) + tuple(map(str, settings.columns)),
        level=level,
        where=_both(model.metadata.where, where),
    )
    return Estimates(
        metadata=metadata,
        df_rule=rule,
        interval=interval if share else "wald",
        keys=frame,
        estimate=estimate,
        se=np.sqrt(variance),
        ci_low=low,
        ci_high=high,
        df=df,
        n=base,
        n_effective=n_effective,
        deff=deff,
        deff_without=np.full(estimate.size, np.nan),
        flag=flag.tolist(),
        design_df=model.fit.design.df,
        design=model.fit.design,
        _scores=lambda: found.scores,
    )


def _both(first: str, where: Where) -> str:
    own = where if isinstance(where, str) else ("" if where is None else "given rows")
    return " and ".join(f"({w})" if first and own else w for w in (first, own) if w)
