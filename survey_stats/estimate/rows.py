"""From linear estimates by group to the rows of a result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from survey_stats.errors import InputError
from survey_stats.estimate import intervals
from survey_stats.estimate.columns import Floats, Ints, code
from survey_stats.estimate.design import Design, as_names
from survey_stats.estimate.estimates import NUMBERS, DfRule, Estimates, check_df, df_rule_of
from survey_stats.estimate.layout import Layout
from survey_stats.estimate.replicated import replicated
from survey_stats.estimate.scores import Scores, block_scores, stack
from survey_stats.estimate.tally import Groups, Measure
from survey_stats.estimate.taylor import Linear, linear
from survey_stats.estimate.where import domain
from survey_stats.results import Metadata

# what a by column holds in the rows of a margin
ALL = "all"

if TYPE_CHECKING:
    from survey_stats.estimate.respondents import By
    from survey_stats.estimate.survey import Survey
    from survey_stats.estimate.where import Where

Part = tuple[str, Measure, "pd.Index[Any] | None"]


# the column that tells the waves of a Survey of several
WAVE = "wave"
# more values than this are no waves
MOST_WAVES = 100


@dataclass(frozen=True)
class Ask:
    """What every estimator is asked besides the question: groups, domain, level, df rule."""

    survey: Survey
    by: By
    where: Where
    level: float
    df_rule: DfRule
    margins: bool

    def __post_init__(self) -> None:
        check_df(self.df_rule)

    def check_names(self, taken: Sequence[str]) -> None:
        """Raise `InputError` where a by column has the name of a column of the result."""
        check_names(as_names(self.by), taken)

    def tables(self) -> list[tuple[Groups, pd.DataFrame]]:
        """The groups of `by`, and of every smaller set of its columns when margins are asked."""
        names = as_names(self.by)
        sets: list[tuple[str, ...]] = [tuple(names)]
        if self.margins:
            for size in range(len(names) - 1, -1, -1):
                sets.extend(combinations(names, size))
        tables = [self.survey.groups(chosen, self.where) for chosen in sets]
        clash = [n for n in names if self.margins and (tables[0][1][n].astype(object) == ALL).any()]
        if clash:
            raise InputError(
                f"The by column {clash[0]!r} has a group named {ALL!r}, which margins use for "
                "their own rows; rename the group"
            )
        return tables


def check_names(by: Sequence[str], taken: Sequence[str]) -> None:
    """Raise `InputError` where a by column has the name of a column of the result."""
    clash = [name for name in by if name in (*taken, *NUMBERS)]
    if clash:
        raise InputError(
            f"by names {clash[0]!r}, which is a column of the result; rename the column of the "
            "frame"
        )


@dataclass(frozen=True)
class Block:
    """One question, estimated in one set of groups."""

    part: Part
    groups: Groups
    keys: pd.DataFrame
    result: Linear


def assemble(
    ask: Ask, parts: Sequence[Part], statistic: str, interval: intervals.IntervalMethod
) -> Estimates:
    """Estimate every question of `parts` in every group, one below the other."""
    design = ask.survey.design
    total = statistic == "total"
    several = ["question"] if len(parts) > 1 else []
    categorical = ["level"] if any(labels is not None for _, _, labels in parts) else []
    ask.check_names(several + categorical)
    tables = ask.tables()
    measures = [measure for _, measure, _ in parts]
    layouts = [Layout(design, groups, measures) for groups, _ in tables]
    blocks = [
        Block(part, layout.groups, keys, estimate(layout, part[1], total))
        for part in parts
        for layout, (_, keys) in zip(layouts, tables, strict=True)
    ]
    numbers = Numbers.of(ask, [b.result for b in blocks])
    if statistic == "share":
        low, high = intervals.share_interval(
            interval,
            numbers.theta,
            numbers.variance,
            numbers.n,
            numbers.kish,
            numbers.df,
            ask.level,
            design.fraction,
        )
    else:
        t = intervals.t_quantile(numbers.df, ask.level)
        low, high = intervals.wald(numbers.theta, numbers.variance, t)
    frames = _frames(ask, parts, [keys for _, keys in tables])
    names = tuple(p[0] for p in parts)
    return finish(
        ask,
        names,
        statistic,
        interval,
        frames,
        numbers,
        numbers.theta,
        np.sqrt(numbers.variance),
        low,
        high,
        partial(_scores, design, blocks, total),
    )


def _frames(ask: Ask, parts: Sequence[Part], tables: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Key frames of every question in every table, one below the other."""
    by = as_names(ask.by)
    if len(parts) == 1 or len(tables) > 1 or any(labels is not None for _, _, labels in parts):
        return [
            row_keys(
                keys,
                by,
                {"question": name} if len(parts) > 1 else {},
                measure.n_targets,
                labels,
            )
            for name, measure, labels in parts
            for keys in tables
        ]
    # a row a group and question: repeating the keys is far cheaper than stacking them
    (keys,) = tables
    names = pd.Series([name for name, _, _ in parts]).array
    at = np.tile(np.arange(len(keys)), len(parts))
    columns: dict[str, Any] = {"question": names.take(np.repeat(np.arange(len(parts)), len(keys)))}
    columns |= {name: keys[name].array.take(at) for name in by}
    return [pd.DataFrame(columns, index=pd.RangeIndex(at.size))]


@dataclass(frozen=True)
class Numbers:
    """The flattened columns of several linear results; R rows each."""

    theta: Floats
    variance: Floats
    n: Ints
    df: Floats
    kish: Floats
    n_effective: Floats
    deff: Floats
    deff_without: Floats
    flag: list[str]

    @classmethod
    def of(cls, ask: Ask, results: Sequence[Linear]) -> Numbers:
        design = ask.survey.design

        def flat(name: str) -> Any:
            return _join([getattr(r, name).ravel() for r in results])

        def spread(name: str) -> Any:
            return _join([np.repeat(getattr(r, name), r.theta.shape[1]) for r in results])

        theta, variance, simple = flat("theta"), flat("variance"), flat("simple")
        n, weight, units, strata = (spread(c) for c in ("n", "weight", "units", "strata"))
        df = (units - strata).astype(np.float64)
        if df_rule_of(design, ask.df_rule) == "design":
            df = np.full(df.shape, design.df)
        with np.errstate(divide="ignore", invalid="ignore"):
            kish = weight**2 / spread("weight_squared")
            deff = variance / simple
            deff[simple == 0] = np.nan
            n_effective = np.where(np.isfinite(deff), n / deff, kish)
            left = 1 - n / weight
            deff_without = np.where(left > 0, deff / left, np.nan)
        flag = _flags(n, theta, variance, df, units, strata)
        none = n == 0
        if none.any():
            df[none] = np.nan
            n_effective[none] = np.nan
        return cls(theta, variance, n, df, kish, n_effective, deff, deff_without, flag)


def _waves(ask: Ask, names: Sequence[str]) -> tuple[str, ...]:
    """The waves that a result counts together, by a column `wave` that the groups do not name."""
    survey = ask.survey
    known = int((survey.frame.columns == WAVE).sum())
    if survey.wave is not None or known != 1 or WAVE in as_names(ask.by):
        return ()
    return waves_among(survey.frame, names, ask.where)


def waves_among(frame: pd.DataFrame, names: Sequence[str], where: Where) -> tuple[str, ...]:
    """The waves of the rows of a domain that answer these questions; empty where it is only one."""
    try:
        coded = code(frame[WAVE])
    except (InputError, TypeError):
        # a column of another kind that happens to have the name
        return ()
    if not 2 <= len(coded.labels) <= MOST_WAVES:
        return ()
    used = domain(frame, where) if where is not None else coded.codes >= 0
    for name in names:
        if name in frame.columns:
            used = used & frame[name].notna().to_numpy()
    present = np.unique(coded.codes[used & (coded.codes >= 0)]).tolist()
    return tuple(str(coded.labels[i]) for i in present) if len(present) > 1 else ()


def finish(
    ask: Ask,
    names: tuple[str, ...],
    statistic: str,
    interval: str,
    frames: Sequence[pd.DataFrame],
    numbers: Numbers,
    estimate: Floats,
    se: Floats,
    low: Floats,
    high: Floats,
    scores: Callable[[], Scores],
) -> Estimates:
    """The result object, with what is known of its origin."""
    survey, where = ask.survey, ask.where
    df_rule = df_rule_of(survey.design, ask.df_rule)
    return Estimates(
        metadata=Metadata(
            names,
            statistic,
            survey.name,
            survey.wave,
            survey.design.text,
            _method(survey.design, interval, df_rule),
            tuple(as_names(ask.by)),
            where if isinstance(where, str) else ("" if where is None else "given rows"),
            ask.level,
            survey.coded_by(names),
            survey.synthetic,
            survey.deliveries,
            _waves(ask, names),
        ),
        df_rule=df_rule,
        interval=interval,
        keys=frames[0] if len(frames) == 1 else stack_keys(frames),
        estimate=estimate,
        se=se,
        ci_low=low,
        ci_high=high,
        df=numbers.df,
        n=numbers.n,
        n_effective=numbers.n_effective,
        deff=numbers.deff,
        deff_without=numbers.deff_without,
        flag=numbers.flag,
        design_df=survey.design.df,
        design=survey.design,
        _scores=scores,
    )


def below(parts: Sequence[Estimates], scores: Callable[[], Scores]) -> Estimates:
    """Results of one question each, made alike of one table, below each other as one result.

    `scores` makes those of all their rows. Raises `InputError` where a by column is "question".
    """
    first, names = parts[0], tuple(p.metadata.question[0] for p in parts)
    check_names(first.metadata.by, ["question"])
    frames = []
    for name, part in zip(names, parts, strict=True):
        keys = part.keys.copy()
        named = pd.Series([name]).take(np.zeros(len(keys), dtype=np.intp))
        keys.insert(0, "question", named.set_axis(keys.index))
        frames.append(keys)

    def joined(name: str) -> Any:
        return np.concatenate([getattr(p, name) for p in parts])

    metadata = first.metadata.but(
        question=names,
        coding=tuple(dict.fromkeys(c for p in parts for c in p.metadata.coding)),
        waves=tuple(dict.fromkeys(w for p in parts for w in p.metadata.waves)),
    )
    columns = [f.name for f in fields(Estimates) if f.name in NUMBERS and f.name != "flag"]
    return replace(
        first,
        metadata=metadata,
        keys=stack_keys(frames),
        flag=[flag for p in parts for flag in p.flag],
        deff_without=joined("deff_without"),
        _scores=scores,
        **{name: joined(name) for name in columns},
    )


def _join(parts: Sequence[Any]) -> Any:
    return parts[0].copy() if len(parts) == 1 else np.concatenate(parts)


def estimate(layout: Layout, measure: Measure, total: bool) -> Linear:
    """By replicates where the design has them, otherwise by linearisation."""
    design = layout.design
    if design.replicates is not None:
        return replicated(design, design.replicates, layout.groups, measure, total)
    result = linear(layout, measure, total)
    if design.trail is None:
        return result
    variance = block_scores(design, layout.groups, measure, result, total).variance()
    return replace(result, variance=variance.reshape(result.theta.shape))


def _method(design: Design, interval: str, df_rule: DfRule) -> str:
    how = "Taylor linearisation"
    if design.replicates is not None:
        how = f"{design.replicates.n} {design.replicates.kind} replicates"
    return f"{how}, {interval} interval with t on {df_rule} df"


def row_keys(
    keys: pd.DataFrame,
    by: Sequence[str],
    before: Mapping[str, object],
    n_targets: int = 1,
    labels: pd.Index[Any] | None = None,
) -> pd.DataFrame:
    """Key columns of the rows: those of `before`, the by columns, then `level`.

    A by column that was summed over (a margin) holds "all".
    """
    if labels is None and not before and len(by) == keys.shape[1]:
        return keys
    groups = len(keys)
    at = np.repeat(np.arange(groups), n_targets)
    columns: dict[str, Any] = {
        name: pd.Series([value]).array.take(np.zeros(at.size, dtype=np.intp))
        for name, value in before.items()
    }
    for name in by:
        if name in keys.columns:
            columns[name] = keys[name].array.take(at)
        else:
            columns[name] = np.full(at.size, ALL, dtype=object)
    if labels is not None:
        columns["level"] = labels.take(np.tile(np.arange(n_targets), groups))
    return pd.DataFrame(columns, index=pd.RangeIndex(at.size))


def stack_keys(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Key frames below each other; a categorical stays one, with "all" as its last category."""
    kinds = frames[0].dtypes
    if all(f.dtypes.index.equals(kinds.index) and (f.dtypes == kinds).all() for f in frames[1:]):
        return pd.concat(frames, ignore_index=True)
    names = list(dict.fromkeys(c for f in frames for c in f.columns))
    columns: dict[str, Any] = {}
    for name in names:
        parts = [
            f[name] if name in f.columns else pd.Series(np.full(len(f), None), dtype=object)
            for f in frames
        ]
        own = next((p.dtype for p in parts if isinstance(p.dtype, pd.CategoricalDtype)), None)
        values = pd.concat([p.astype(object) for p in parts], ignore_index=True)
        if own is not None and name != "level":
            extra = [ALL] if ALL not in own.categories else []
            values = values.astype(
                pd.CategoricalDtype([*own.categories, *extra], ordered=own.ordered)
            )
        columns[name] = values if own is not None else values.infer_objects()
    return pd.DataFrame(columns)


def _flags(
    n: Ints, theta: Floats, variance: Floats, df: Floats, units: Ints, strata: Ints
) -> list[str]:
    flag = [""] * n.size
    for i in np.flatnonzero((n == 0) | (df <= 0) | np.isnan(variance)).tolist():
        if n[i] == 0:
            flag[i] = "no answers"
        elif np.isnan(theta[i]):
            flag[i] = "denominator is zero"
        elif df[i] <= 0:
            flag[i] = f"no interval: {units[i]} PSUs in {strata[i]} strata leave no df"
        else:
            flag[i] = "no standard error: a stratum has a single PSU"
    return flag


def _scores(design: Design, blocks: Sequence[Block], total: bool) -> Scores:
    """Scores of all rows, in row order."""
    return stack([block_scores(design, b.groups, b.part[1], b.result, total) for b in blocks])
