"""Deliveries cut from the demo, spoiled in one way each, and what must come of it.

A *source* is a wave in one file format. A *mutation* spoils a source and says what is right:

- `same`: it harmonises to the same frame, so to the same figures, bit for bit;
- `safe`: either of the next two may come of it, as where a cut hits what nobody needs;
- `stop`: it stops with an error of ours whose sentence holds the given words;
- `found`: it may harmonise, and `check` with the wave before it has a new problem that holds them;
- `hidden`: nothing in the file or in other waves tells it; counted, so that it is known.

Mutations of the contents are in `mutations_content`, `_labels` and `_rows`, those of the files in
`_files` and `_text`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
import pandas as pd

import survey_stats as ss
from survey_stats.demo import file_name
from survey_stats.harmonise import Codebook, Harmonised, Problem, check
from survey_stats.harmonise.codebook.schema import Constant
from survey_stats.harmonise.codes import code_key
from survey_stats.read import Delivery, UserMissing, VariableLabels, filter_rows

Outcome = Literal["same", "safe", "stop", "found", "hidden"]
ROWS = 300
# of the wave before, for `check`
ROWS_BEFORE = 2000
_MODULES = ("content", "labels", "rows", "files", "text")
# each variant takes all of so many sources, and every second, third ... of more
_TURN = 5


@dataclass(frozen=True)
class Expect:
    """What must come of a mutation.

    `keys` is False where respondents' keys are written anew; `spoiled` is True where the draft was
    changed on purpose, so that it tells itself what is right.
    """

    outcome: Outcome
    words: tuple[str, ...] = ()
    keys: bool = True
    spoiled: bool = False


def same(keys: bool = True, spoiled: bool = False) -> Expect:
    return Expect("same", keys=keys, spoiled=spoiled)


def safe() -> Expect:
    return Expect("safe")


def stop(*words: str) -> Expect:
    return Expect("stop", words)


def found(*words: str) -> Expect:
    return Expect("found", words)


def hidden() -> Expect:
    return Expect("hidden")


@dataclass(frozen=True)
class Source:
    """A wave in a format; `style` is how a text file is written."""

    survey: str
    wave: int
    ending: str
    encoding: str = "cp1252"
    delimiter: str = ";"
    decimal: str = ","

    @property
    def labelled(self) -> bool:
        return self.ending in (".sav", ".dta", ".xlsx", ".parquet")

    @property
    def id(self) -> str:
        style = f"-{self.encoding}" if self.ending == ".csv" else ""
        return f"{self.survey.split('_')[0]}{self.wave}{self.ending}{style}"


SOURCES = (
    Source("city_safety", 2017, ".sav"),
    Source("city_safety", 2020, ".sav"),
    Source("city_safety", 2020, ".xlsx"),
    Source("city_safety", 2023, ".dta"),
    Source("city_safety", 2023, ".parquet"),
    Source("regional_safety", 2020, ".csv", "cp1252", ";", ","),
    Source("regional_safety", 2021, ".csv", "utf-8", ",", "."),
    Source("regional_safety", 2021, ".por"),
    Source("regional_safety", 2022, ".csv", "utf-8-sig", "\t", ","),
    Source("regional_safety", 2023, ".csv", "utf-16", ";", ","),
    Source("regional_safety", 2023, ".xlsx"),
    Source("regional_safety", 2024, ".csv", "latin-1", "|", "."),
    Source("regional_safety", 2024, ".parquet"),
    Source("school_survey", 2018, ".sav"),
    Source("school_survey", 2020, ".csv", "utf-8", ";", ","),
    Source("school_survey", 2022, ".sav"),
    Source("school_survey", 2022, ".dta"),
    Source("school_survey", 2024, ".xlsx"),
    Source("school_survey", 2024, ".parquet"),
)


@dataclass
class Draft:
    """A delivery that a mutation may spoil before it is written."""

    source: Source
    book: Codebook
    frame: pd.DataFrame
    variables: dict[str, str]
    value_labels: dict[str, dict[Any, str]]
    missing: dict[str, tuple[Any, ...]]
    notes: tuple[str, ...]
    rng: np.random.Generator
    ranges: dict[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    stem: str = "leverans"

    @property
    def design(self) -> Any:
        return self.book.waves[self.source.wave]

    @property
    def weight(self) -> str | None:
        weight = self.design.weight
        return None if isinstance(weight, Constant) else str(weight)

    @property
    def key(self) -> str:
        return str(self.design.respondent)

    def item(self, name: str) -> Any:
        return self.book.item(name, self.source.wave)

    def variable(self, name: str) -> str:
        return str(self.item(name).variable)

    @property
    def names(self) -> list[str]:
        """Harmonised names with a variable in this wave."""
        return [n for n, item in self.book.items(self.source.wave) if item.variable is not None]

    @property
    def coded(self) -> list[str]:
        """Questions and parts told by codes."""
        asked = {*self.book.questions, *self.book.parts}
        return [n for n in self.names if n in asked and self.item(n).codes is not None]

    def scale(self) -> str:
        """The evening question, which every survey asks."""
        return "unsafe_evening"

    def pair(self) -> tuple[str, str]:
        """Two questions with the same codes and other answers given."""
        parts = [n for n in self.coded if n in self.book.parts]
        return parts[0], parts[1]

    def codes(self, name: str) -> dict[str, str]:
        return dict(self.book.codes(self.item(name)))

    def reasons(self, name: str) -> dict[str, str]:
        return dict(self.book.missing(self.item(name), self.source.wave))

    def used(self, name: str) -> list[Any]:
        """The codes of answers that the column holds, in order."""
        known = self.codes(name)
        values = self.frame[self.variable(name)].dropna().unique()
        return sorted(v for v in values if code_key(v) in known)

    def words(self, column: str) -> None:
        """Make a column hold any value."""
        self.frame[column] = self.frame[column].astype(object)

    def held(self, text: str) -> str:
        """A text as the format can hold it: portable files have no Swedish letters."""
        if self.source.ending != ".por":
            return text
        plain = text.translate(str.maketrans("åäöéÅÄÖ", "aaoeAAO"))
        return plain.encode("ascii", "replace").decode("ascii")

    def delivery(self) -> Delivery:
        raw = base(self.source.survey, self.source.wave)
        return Delivery(
            self.frame,
            VariableLabels(self.variables, self.value_labels),
            UserMissing(self.missing, self.ranges),
            replace(raw.manifest, rows=len(self.frame), notes=self.notes),
        )


_demo: dict[str, Path] = {}


def use_demo(folder: Path) -> None:
    """Where the demo deliveries are."""
    _demo["folder"] = folder


@cache
def book(survey: str) -> Codebook:
    return Codebook.load(survey)


@cache
def whole(survey: str, wave: int) -> Delivery:
    """A wave of the demo."""
    return ss.read(_demo["folder"] / file_name(survey, wave))


@cache
def base(survey: str, wave: int, rows: int = ROWS) -> Delivery:
    """A few respondents of a wave of the demo, as every format can hold them."""
    delivery = whole(survey, wave)
    rng = np.random.default_rng(wave)
    n = len(delivery.frame)
    kept = np.zeros(n, dtype=bool)
    kept[rng.choice(n, rows, replace=False)] = True
    cut = filter_rows(delivery, kept)
    weight = book(survey).waves[wave].weight
    frame = pd.DataFrame(
        {
            c: v.astype(float) if pd.api.types.is_numeric_dtype(v) else v.astype(object)
            for c, v in cut.frame.items()
        }
    )
    if not isinstance(weight, Constant):
        # the cut stands for as many people as the whole
        frame[weight] = (frame[weight] * n / rows).round(4)
    return replace(cut, frame=frame)


@cache
def right(survey: str, wave: int) -> Harmonised:
    """What every harmless mutation must harmonise to."""
    return ss.harmonise(base(survey, wave), book(survey), wave)


@cache
def small_book(source: Source) -> Codebook:
    """The codebook with as many answers as the cut has, so that `check` sees rows that are lost."""
    full = book(source.survey)
    waves = {
        year: w.model_copy(
            update={"facts": w.facts.model_copy(update={"answers": ROWS}), "weights_sum_to": None}
        )
        for year, w in full.waves.items()
    }
    return full.model_copy(update={"waves": waves})


@cache
def before(source: Source) -> tuple[Delivery, ...]:
    """The two waves before, or those after the first ones."""
    waves = list(book(source.survey).waves)
    at = waves.index(source.wave)
    near = waves[max(at - 2, 0) : at] if at > 1 else [w for w in waves[:3] if w != source.wave]
    return tuple(base(source.survey, w, ROWS_BEFORE) for w in near)


@cache
def known_problems(source: Source) -> tuple[Problem, ...]:
    """What `check` says of the cut itself: it is small, and waves differ."""
    from . import formats

    with TemporaryDirectory() as folder:
        path = formats.write(draft(source), Path(folder))
        return tuple(check(path, small_book(source), source.wave, previous=before(source)))


def draft(source: Source, seed: int = 0, rows: int = ROWS) -> Draft:
    """A fresh delivery to spoil."""
    delivery = base(source.survey, source.wave, rows)
    return Draft(
        source,
        book(source.survey),
        delivery.frame.copy(),
        dict(delivery.labels.variables),
        {v: {_number(c): t for c, t in w.items()} for v, w in delivery.labels.value_labels.items()},
        dict(delivery.missing.codes),
        delivery.manifest.notes,
        np.random.default_rng(seed),
    )


def _number(code: Any) -> Any:
    return code if isinstance(code, str) else float(code)


Content = Callable[[Draft, Any], Expect]
Files = Callable[[Path, Draft, Any], tuple[Path, Expect]]


@dataclass(frozen=True)
class Mutation:
    """A kind of damage, the sources and variants in which it is done."""

    kind: str
    do: Callable[..., Any]
    sources: tuple[Source, ...]
    variants: tuple[Any, ...]
    of_file: bool
    by_turns: bool


@dataclass(frozen=True)
class Case:
    """One spoiled delivery."""

    mutation: Mutation
    source: Source
    variant: Any

    @property
    def id(self) -> str:
        variant = "" if self.variant is None else f"-{self.variant}"
        return f"{self.mutation.kind.replace(' ', '_')}-{self.source.id}{variant}"

    def make(self, folder: Path) -> tuple[Path, Draft, Expect]:
        """Write the spoiled delivery into `folder`."""
        from . import formats

        seed = sum(map(ord, self.id))
        made = draft(self.source, seed)
        if self.mutation.of_file:
            path = formats.write(made, folder)
            path, expect = self.mutation.do(path, made, self.variant)
            return path, made, expect
        expect = self.mutation.do(made, self.variant)
        return formats.write(made, folder), made, expect


MUTATIONS: list[Mutation] = []


def mutation(
    kind: str,
    *variants: Any,
    where: Callable[[Source], bool] = lambda source: True,
    of_file: bool = False,
    by_turns: bool = True,
) -> Callable[[Any], Any]:
    """Register `do(draft, variant)` on contents, or `do(path, draft, variant)` on a file."""

    def register(do: Any) -> Any:
        sources = tuple(s for s in SOURCES if where(s))
        MUTATIONS.append(Mutation(kind, do, sources, variants or (None,), of_file, by_turns))
        return do

    return register


def cases() -> Iterator[Case]:
    """Every case, in the order of the modules.

    Where a mutation is done in many sources, its variants take some of them by turns: all formats,
    surveys and waves are reached, in a part of the time.
    """
    for name in _MODULES:
        import_module(f".mutations_{name}", __package__)
    for k, m in enumerate(MUTATIONS):
        for j, source in enumerate(m.sources):
            for i, variant in enumerate(m.variants):
                if not m.by_turns or (i + j + k) % (1 + len(m.sources) // _TURN) == 0:
                    yield Case(m, source, variant)
