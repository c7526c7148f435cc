"""The same table in every engine that a survey may be scanned from."""

from __future__ import annotations

import functools
import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

Deliver = Callable[[pd.DataFrame], Any]


@functools.cache
def spark() -> Any:
    """A local session, made once."""
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed (extra spark)")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    builder = sql.SparkSession.builder.master("local[2]").appName("survey_stats")
    for key, value in (
        ("spark.ui.enabled", "false"),
        ("spark.sql.shuffle.partitions", "2"),
        ("spark.driver.memory", "1g"),
        ("spark.ui.showConsoleProgress", "false"),
    ):
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session


def _polars(frame: pd.DataFrame) -> Any:
    polars = pytest.importorskip("polars")
    columns = {}
    for name in frame:
        series = frame[name]
        if isinstance(series.dtype, pd.CategoricalDtype):
            kind = polars.Enum(series.cat.categories.astype(str).tolist())
            columns[name] = polars.Series(series.astype(object).tolist(), dtype=kind)
        else:
            columns[name] = polars.from_pandas(series)
    return polars.DataFrame(columns)


def _parts(frame: pd.DataFrame, folder: Path) -> str:
    cuts = [0, len(frame) // 3, len(frame) // 3, len(frame)]
    for i, (start, end) in enumerate(itertools.pairwise(cuts)):
        frame.iloc[start:end].to_parquet(folder / f"part_{i}.parquet")
    return str(folder / "part_*.parquet")


def deliver(engine: str, frame: pd.DataFrame, folder: Path) -> Any:
    """`frame` as `engine` holds it; "parquet parts" has a file without rows."""
    file = folder / "whole.parquet"
    if engine in ("parquet", "duckdb", "spark"):
        frame.to_parquet(file)
    if engine == "pandas":
        return frame
    if engine == "polars":
        return _polars(frame)
    if engine == "polars lazy":
        return _polars(frame).lazy()
    if engine == "parquet":
        return file
    if engine == "parquet parts":
        return _parts(frame, folder)
    if engine == "duckdb":
        duckdb = pytest.importorskip("duckdb")
        return duckdb.read_parquet(str(file))
    return spark().read.parquet(str(file))


ENGINES = ("pandas", "polars", "polars lazy", "duckdb", "parquet", "parquet parts", "spark")
# engines in which the order of categories is not told by the data
UNORDERED = ("duckdb", "spark")
