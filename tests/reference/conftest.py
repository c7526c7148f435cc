"""Designs of the fixtures, and how a row of results is looked up in a frame of ours.

Tolerance: 1e-9 relative everywhere. Both sides compute in double precision along other orders of
summation, which costs less than 1e-12; what differs by more than 1e-9 differs by a rule.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.estimate import ReplicateWeights

HERE = Path(__file__).parent

# design of results -> fixture and arguments of Survey
DESIGNS: dict[str, tuple[str, dict[str, Any]]] = {
    "element": ("element", {"strata": "stratum"}),
    "element_fpc": ("element", {"strata": "stratum", "fpc": "size"}),
    "element_unstratified": ("element", {}),
    "clusters": ("clusters", {"strata": "stratum", "clusters": "psu"}),
    "clusters_fpc": ("clusters", {"strata": "stratum", "clusters": "psu", "fpc": "n_psu"}),
    "clusters_unstratified": ("clusters", {"clusters": "psu_unique"}),
    "twostage": (
        "twostage",
        {"strata": "stratum", "clusters": ["psu", "ssu"], "fpc": ["n1", "n2"]},
    ),
    "twostage_fraction": (
        "twostage",
        {"strata": "stratum", "clusters": ["psu", "ssu"], "fpc": ["f1", "f2"]},
    ),
    "threestage": (
        "twostage",
        {"strata": "stratum", "clusters": ["psu", "ssu", "id"], "fpc": ["n1", "n2", "n3"]},
    ),
    "pps": ("pps", {"strata": "stratum", "clusters": "psu"}),
    "apistrat": ("apistrat", {"weights": "pw", "strata": "stype", "fpc": "fpc"}),
    "apiclus1": ("apiclus1", {"weights": "pw", "clusters": "dnum", "fpc": "fpc"}),
    "apiclus2": (
        "apiclus2",
        {"weights": "pw", "clusters": ["dnum", "snum"], "fpc": ["fpc1", "fpc2"]},
    ),
    "apisrs": ("apisrs", {"weights": "pw", "fpc": "fpc"}),
    "nhanes": (
        "nhanes",
        {"weights": "WTMEC2YR", "strata": "SDMVSTRA", "clusters": "SDMVPSU"},
    ),
    "hospital": ("hospital", {"strata": "oblevel", "fpc": "tothosp"}),
    "mu284": ("mu284", {"clusters": ["id1", "id2"], "fpc": ["n1", "n2"]}),
    "mu284_fraction": ("mu284", {"clusters": ["id1", "id2"], "fpc": ["f1", "f2"]}),
    "scd": ("scd", {"strata": "ESA", "clusters": "ambulance", "fpc": "size"}),
    "fpc": (
        "fpc",
        {"weights": "weight", "strata": "stratid", "clusters": "psuid", "fpc": "Nh"},
    ),
}


@functools.cache
def load_fixture(name: str) -> pd.DataFrame:
    return pd.read_csv(HERE / "fixtures" / f"{name}.csv", keep_default_na=False, na_values=[""])


@functools.cache
def load_design(name: str) -> ss.Survey:
    """The Survey of a design of results; "lonely[_fpc]|rule|design or domain" names the rule."""
    if name.startswith("lonely"):
        fixture, rule, scope = name.split("|")
        frame = load_fixture("lonely")
        if rule == "collapse":
            # stratum 7 has no neighbour that R's merged strata would share with ours
            frame = frame[frame["stratum"] != 7]
        return ss.Survey(
            frame,
            weights="w",
            strata="stratum",
            clusters="psu",
            fpc="n_psu" if fixture == "lonely_fpc" else None,
            # R's "remove" and "certainty" are one rule: the stratum adds nothing
            lonely_psu="certainty" if rule == "remove" else rule,
            lonely_domain=scope == "domain",
        )
    fixture, arguments = DESIGNS[name]
    return ss.Survey(load_fixture(fixture), **{"weights": "w", **arguments})


# kind of results -> arguments of ReplicateWeights; r/replicates.R declares the same
REPLICATES: dict[str, dict[str, Any]] = {
    "brr": {},
    "fay": {"rho": 0.3},
    "jk1": {},
    "jkn": {"rscales": [(n - 1) / n for n in (3, 6, 4, 5, 3, 4) for _ in range(n)]},
    "jk2": {},
    "bootstrap": {},
    "sdr": {},
    "hospital_jkn": {
        "rscales": [
            (n - 1) / n * (1 - n / size)
            for n, size in ((4, 42), (5, 99), (6, 17))
            for _ in range(n)
        ]
    },
    "mu284_bootstrap": {"scale": 1.0, "rscales": [1 / 23] * 24},
}


@functools.cache
def load_replicate_design(name: str) -> ss.Survey:
    """The Survey of "pairs_brr|mse": fixture, kind, and the centre of the replicates."""
    file, _, centre = name.partition("|")
    fixture, _, kind = file.partition("_")
    frame = pd.concat([load_fixture(fixture), load_fixture(file)], axis=1)
    # a column that only looks like a replicate weight
    frame["r_flag"] = 1.0
    own = REPLICATES.get(file, REPLICATES[kind])
    weights = ReplicateWeights("r", kind, mse=centre == "mse", **own)
    return ss.Survey(frame, weights="w", replicates=weights)


@functools.cache
def load_calibrated(name: str) -> ss.Survey:
    """The Survey of "clusters_fpc|raking" or "pairs_brr|logit", as r/calibrated.R has it."""
    design, _, method = name.partition("|")
    fixture, _, kind = design.partition("_")
    given = kind in REPLICATES
    survey = load_replicate_design(f"{design}|centred") if given else load_design(design)
    targets = pd.read_csv(HERE / "fixtures" / "targets.csv", keep_default_na=False)
    margins: dict[str, Any] = {}
    for column, part in targets[targets["fixture"] == fixture].groupby("variable", sort=False):
        levels = part["level"].tolist()
        margins[str(column)] = (
            dict(zip(levels, part["total"].tolist(), strict=True))
            if levels != [""]
            else float(part["total"].iloc[0])
        )
    if method == "post":
        column = next(iter(margins))
        return survey.post_stratify({column: margins[column]})
    bounds = {
        "logit": (0.1, 8.0) if given else (0.5, 2.0),
        "truncated": (0.1, 3.0) if given else (0.85, 1.25),
    }
    return survey.calibrate(margins, method=method, bounds=bounds.get(method))


def by_columns(by: str) -> list[str]:
    """The columns of "g=a;s=men"."""
    return [part.partition("=")[0] for part in by.split(";")] if by else []


def index_rows(frame: pd.DataFrame, names: list[str]) -> dict[tuple[str, str], int]:
    """Position of each row of a result, by "g=a;s=men" and level."""
    rows = {}
    for i in range(len(frame)):
        by = ";".join(f"{n}={frame[n].iloc[i]}" for n in names)
        rows[by, str(frame["level"].iloc[i]) if "level" in frame else ""] = i
    return rows


@pytest.fixture(scope="session")
def survey_of() -> Callable[[str], ss.Survey]:
    return load_design


@pytest.fixture(scope="session")
def replicate_survey_of() -> Callable[[str], ss.Survey]:
    return load_replicate_design


@pytest.fixture(scope="session")
def calibrated_survey_of() -> Callable[[str], ss.Survey]:
    return load_calibrated


@pytest.fixture(scope="session")
def fixture_of() -> Callable[[str], pd.DataFrame]:
    return load_fixture


@pytest.fixture(scope="session")
def rows_of() -> Callable[[pd.DataFrame, list[str]], dict[tuple[str, str], int]]:
    return index_rows


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with an argument `block` runs once a block of the results named in its module."""
    if "block" not in metafunc.fixturenames:
        return
    subject = metafunc.function.__name__.removeprefix("test_")
    results = pd.read_csv(
        HERE / "results" / f"{subject}.csv", dtype=str, keep_default_na=False
    ).assign(columns=lambda f: ["+".join(by_columns(b)) for b in f["by"]])
    results["value"] = [float(v) for v in results["value"]]
    keys = ["design", "estimator", "question", "where", "columns"]
    blocks = [
        (" ".join(k for k in key if k), part) for key, part in results.groupby(keys, sort=False)
    ]
    metafunc.parametrize("block", [b for _, b in blocks], ids=[name for name, _ in blocks])
