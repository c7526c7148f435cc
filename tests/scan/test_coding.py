"""Codes of columns that come in batches: the values come back, whatever the batches were."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey_stats.scan import coding
from survey_stats.scan.coding import Column, Combinations, Kind, TooManyError
from survey_stats.scan.grouped import Kinds

KINDS: dict[str, tuple[pa.DataType, list[Any]]] = {
    "yes or no": (pa.bool_(), [True, False]),
    "small": (pa.int8(), [-128, 127, 0]),
    "unsigned": (pa.uint16(), [0, 65535, 7]),
    "far apart": (pa.int64(), [-(2**62), 2**62, 5]),
    "larger than signed": (pa.uint64(), [2**64 - 1, 3]),
    "number": (pa.float64(), [0.1, -1e300, 0.0, float("nan"), float("inf")]),
    "text": (pa.string(), ["åäö", "", "🙂"]),
    "long text": (pa.large_string(), ["a", "b"]),
    "day": (pa.date32(), [datetime.date(2023, 1, 1), datetime.date(1900, 2, 3)]),
    "time": (
        pa.timestamp("us"),
        [datetime.datetime(2023, 1, 1, 12), datetime.datetime(1970, 1, 1)],
    ),
    "decimal": (pa.decimal128(5, 2), [Decimal("1.25"), Decimal("-3.00")]),
    "category": (pa.dictionary(pa.int8(), pa.string()), ["b", "a"]),
    "nothing": (pa.null(), []),
}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), sizes=st.lists(st.integers(1, 6), min_size=1, max_size=4))
def test_values_come_back(kind: str, seed: int, sizes: list[int]) -> None:
    dtype, known = KINDS[kind]
    rng = np.random.default_rng(seed)
    column, codes, given_values = Column(), [], []
    for size in sizes:
        values = [([*known, None])[i] for i in rng.integers(0, len(known) + 1, size)]
        codes.append(column.codes(pa.array(values, dtype)))
        given_values += values
    joined = np.concatenate(codes)
    back = column.series(joined)[0]
    for value, found in zip(given_values, back.tolist(), strict=True):
        if value is None or value != value:
            assert pd.isna(found)
        else:
            assert found == (float(value) if isinstance(value, Decimal) else value)
    assert column.size == 1 + len({v for v in given_values if v is not None and v == v})
    assert ((joined == 0) == back.isna().to_numpy()).all()
    ranks = column.ranks()[joined]
    present = back[back.notna()]
    if len(present):
        at = np.argsort(ranks, kind="stable")
        assert back.iloc[at].isna().tolist() == sorted(back.isna().tolist())
        in_order = back.iloc[at].dropna().tolist()
        assert in_order == sorted(in_order)


def test_types_are_those_of_pandas() -> None:
    def dtype(values: list[Any], kind: pa.DataType) -> str:
        column = Column()
        return str(column.series(column.codes(pa.array(values, kind)))[0].dtype)

    assert dtype([1, 2], pa.int8()) == "int8"
    assert dtype([1, None], pa.int8()) == "Int64"
    assert dtype([True, False], pa.bool_()) == "bool"
    assert dtype([True, None], pa.bool_()) == "boolean"
    assert dtype([1.5, None], pa.float32()) == "float32"


def test_declared_categories_keep_their_order() -> None:
    column = Column(pd.CategoricalDtype(["low", "high"], ordered=True))
    codes = column.codes(pa.array(["high", "other", None, "low"]))
    (back,) = column.series(codes)
    assert list(back.cat.categories) == ["low", "high", "other"]
    assert column.ranks()[codes].argsort(kind="stable").tolist() == [3, 0, 1, 2]


def test_an_unused_value_of_a_dictionary_is_not_met() -> None:
    column = Column()
    array = pa.DictionaryArray.from_arrays(pa.array([2, 0, None]), pa.array(["a", "b", "c"]))
    codes = column.codes(array)
    assert column.size == 3
    assert column.series(codes)[0].tolist()[:2] == ["c", "a"]


def test_integers_that_grow_too_far_apart_are_still_found_again() -> None:
    column = Column()
    first = column.codes(pa.array([5, 6]))
    second = column.codes(pa.array([10**12, 5]))
    third = column.codes(pa.array([6, 10**12]))
    assert second[1] == first[0]
    assert third.tolist() == [first[1], second[0]]


@settings(max_examples=50, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 8), min_size=0, max_size=3),
    batches=st.lists(st.integers(1, 30), min_size=1, max_size=4),
    seed=st.integers(0, 10_000),
)
def test_combinations_are_numbered_once(sizes: list[int], batches: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    met = Combinations([Column() for _ in sizes])
    codes, rows = [], []
    for n in batches:
        arrays = [rng.integers(0, size, n) for size in sizes]
        codes.append(met.codes([pa.array(a) for a in arrays], n))
        rows += [tuple(int(a[i]) for a in arrays) for i in range(n)]
    number = np.concatenate(codes).tolist()
    assert met.size == len(set(rows)) or not sizes
    assert sorted(set(number)) == list(range(met.size))
    assert len(set(zip(number, rows, strict=True))) == met.size
    parts = met.parts()
    for code, row in zip(number, rows, strict=True):
        told = [int(c.series(p[[code]])[0][0]) for c, p in zip(met.columns, parts, strict=True)]
        assert tuple(told) == row


def test_units_numbered_through_strata_take_no_room_for_what_never_meets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(coding, "PAIRS", 3000)
    psu = np.arange(600) % 200
    met = Combinations([Column() for _ in range(3)])
    met.codes([pa.array(psu // 20), pa.array(psu), pa.array(np.arange(600) % 5)], 600)
    assert met.size == 200
    with pytest.raises(TooManyError):
        met.codes([pa.array(psu), pa.array(psu), pa.array(psu)], 600)


def test_of_columns_only_the_kind_is_kept() -> None:
    kind = Kind(Kinds(("age", "sex"), _old_women), [Column(), Column()])
    first = kind.codes([pa.array([20, 70, 30]), pa.array(["f", "f", "m"])])
    second = kind.codes([pa.array([80, None]), pa.array(["f", "m"])])
    assert first.tolist() == [0, 1, 0]
    assert second.tolist() == [1, 0]
    ages, sexes = kind.series(np.array([1, 0]))
    assert (ages.tolist(), sexes.tolist()) == ([70, 20], ["f", "f"])
    assert kind.ranks().tolist() == [0, 1]


def _old_women(frame: pd.DataFrame) -> Any:
    return ((frame["age"] >= 65) & (frame["sex"] == "f")).fillna(False).to_numpy().astype(np.int64)
