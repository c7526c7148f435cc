"""A small version of benchmarks/disagreement.py: every part is found, and intervals hold it."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "disagreement.py"


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("benchmark_of_disagreement", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["few cells, 60 PSUs of 20", "gender hidden in the second survey"])
def test_every_part_is_found(benchmark, name):
    (case,) = [c for c in benchmark.cases() if c.name == name]
    runs = 60
    table = benchmark.simulate(case, runs, seed=99)
    moving = table[table["sd"] > 0]
    off = np.abs(moving["bias"]) / (moving["sd"] / np.sqrt(runs))
    assert (off < 4).all(), table
    assert (moving["coverage"] >= 0.85).all(), table
    assert (moving["mean_se"] / moving["sd"]).between(0.75, 1.35).all(), table


def test_the_truths_of_a_pair_sum_to_its_difference(benchmark):
    for case in benchmark.cases():
        truth = case.truth()
        whole = truth["difference", ""]
        definition = truth["definition", "coding"] + truth["definition", "universe"]
        parts = [truth["composition", v] for v in case.variables]
        assert definition + sum(parts) + truth["rest", ""] == pytest.approx(whole, abs=1e-12)
        assert sum(parts) == pytest.approx(truth["composition", ""], abs=1e-12)
        assert abs(truth["composition", "age"]) > 0.02 or "nothing" in case.name or case.hidden
