"""Small deliveries written from the codebooks, to be read and harmonised again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from survey_stats.harmonise import Codebook, Geography
from survey_stats.harmonise.codebook.schema import Constant
from survey_stats.read import Delivery, Manifest, UserMissing, VariableLabels


@dataclass
class Small:
    """A delivery that a test may spoil before it is used."""

    book: Codebook
    wave: int
    frame: pd.DataFrame
    value_labels: dict[str, dict[Any, str]] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    missing: dict[str, list[Any]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    file: str = "delivery.sav"

    def variable(self, name: str) -> str:
        return self.book.item(name, self.wave).variable

    def delivery(self) -> Delivery:
        return Delivery(
            self.frame,
            VariableLabels(self.labels, self.value_labels),
            UserMissing({k: tuple(v) for k, v in self.missing.items()}),
            Manifest(
                self.file,
                "0" * 64,
                1,
                len(self.frame),
                self.frame.shape[1],
                "test",
                notes=self.notes,
            ),
        )

    def sav(self, path: Path) -> Path:
        pyreadstat.write_sav(
            self.frame,
            path,
            file_label=" ".join(self.notes),
            column_labels=self.labels,
            variable_value_labels=self.value_labels,
            missing_ranges=self.missing,
        )
        return path


def make(survey: str, wave: int, n: int = 60, seed: int = 1) -> Small:
    book = Codebook.load(survey)
    design = book.waves[wave]
    geo = Geography.load()
    rng = np.random.default_rng(seed)
    small = Small(book, wave, pd.DataFrame({design.respondent: np.arange(1.0, n + 1)}))
    frame = small.frame
    if not isinstance(design.weight, Constant):
        frame[design.weight] = rng.uniform(0.5, 3, n).round(3)
    if design.year:
        frame[design.year] = float(wave)
    homes = rng.choice(list(geo.home), n)
    for name, item in book.items(wave):
        if item.variable is None:
            continue
        if item.years:
            frame[item.variable] = rng.integers(16, 80, n).astype(float)
        elif item.names == "neighbourhood" and item.read == "label":
            numbers = {home: float(i) for i, home in enumerate(geo.home, start=1)}
            frame[item.variable] = [numbers[h] for h in homes]
            small.value_labels[item.variable] = {i: h.upper() for h, i in numbers.items()}
        elif item.names == "neighbourhood":
            frame[item.variable] = homes
        elif item.names == "district":
            frame[item.variable] = [geo.district_of(h, design.districts_as_of) for h in homes]
        elif item.names == "municipality":
            frame[item.variable] = "Stockholm"
        elif name == "district" and survey == "city_safety":
            code = {answer: float(key) for key, answer in book.codes(item).items()}
            frame[item.variable] = [code[geo.district_of(h, design.districts_as_of)] for h in homes]
        else:
            keys = list(book.codes(item))
            codes = [float(k) if k.isdigit() else k.capitalize() for k in keys]
            frame[item.variable] = rng.choice(np.array(codes), n)
    for variable, filler in ((design.stratum, 1.0), (design.psu, None)):
        if variable is not None and variable not in frame:
            frame[variable] = filler if filler else rng.integers(1, 6, n).astype(float)
    small.frame = frame.copy()
    return small


@pytest.fixture
def city():
    return make("city_safety", 2020)


@pytest.fixture
def school():
    return make("school_survey", 2024)


@pytest.fixture
def region():
    return make("regional_safety", 2023)


@pytest.fixture(scope="session")
def make_delivery():
    return make


def pytest_terminal_summary(terminalreporter):
    """What came of the spoiled deliveries, by kind of damage."""
    told = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in report.user_properties
        if name == "mutation"
    ]
    if not told:
        return
    outcomes = ("same", "stop", "found", "hidden")
    counts = Counter(map(tuple, told))
    kinds = list(dict.fromkeys(kind for kind, _ in map(tuple, told)))
    terminalreporter.section("spoiled deliveries")
    write = terminalreporter.write_line
    write(f"{'kind of damage':52}{'same':>8}{'stopped':>8}{'found':>8}{'hidden':>8}")
    for kind in kinds:
        write(f"{kind:52}" + "".join(f"{counts[kind, o] or '':>8}" for o in outcomes))
    sums = [sum(n for (_, o), n in counts.items() if o == outcome) for outcome in outcomes]
    write(f"{f'{len(told)} deliveries, {len(kinds)} kinds':52}" + "".join(f"{n:>8}" for n in sums))
    write(
        "same: harmonised to the same figures; stopped: a message names the cause; found: check, "
        "with the waves before, tells it; hidden: nobody can tell it from the file"
    )
