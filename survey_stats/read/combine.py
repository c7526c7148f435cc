"""Rows, columns and files put together without losing what is known beside the values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, Literal

import pandas as pd

from survey_stats.errors import InputError, UnknownNameError, enumerate_first
from survey_stats.read.delivery import Code, Delivery, Manifest, UserMissing, VariableLabels


def filter_rows(delivery: Delivery, rows: Any) -> Delivery:
    """The delivery with the rows where `rows` (a boolean Series or array) is true."""
    return replace(delivery, frame=delivery.frame.loc[rows].reset_index(drop=True))


def concat(deliveries: Sequence[Delivery]) -> Delivery:
    """Deliveries under each other; a column that one of them lacks is missing there.

    Raises:
        InputError: there is none, or two of them label or declare a code differently.
    """
    if not deliveries:
        raise InputError("There are no deliveries to put together; give at least one")
    frame = pd.concat([d.frame for d in deliveries], ignore_index=True)
    return _together(frame, deliveries)


def merge(
    left: Delivery,
    right: Delivery,
    on: str | Sequence[str],
    how: Literal["left", "inner", "outer"] = "left",
) -> Delivery:
    """Columns of `right` beside those of `left`, by keys that are unique in `right`.

    Raises:
        UnknownNameError: a key is not a column of both.
        InputError: a key is doubled in `right`, both have another column of the same name, or they
            label or declare a code differently.
    """
    keys = [on] if isinstance(on, str) else list(on)
    for delivery in (left, right):
        for key in keys:
            if key not in delivery.frame:
                columns = [str(c) for c in delivery.frame.columns]
                raise UnknownNameError("column", key, columns, delivery.manifest.file)
    doubled = right.frame[right.frame.duplicated(keys)]
    if len(doubled):
        first = tuple(doubled[keys].iloc[0])
        raise InputError(
            f"{right.manifest.file}: the key {first[0] if len(first) == 1 else first!r} is there "
            "more than once; rows would be doubled"
        )
    both = sorted((set(left.frame.columns) & set(right.frame.columns)) - set(keys))
    if both:
        raise InputError(
            f"{left.manifest.file} and {right.manifest.file} both have {enumerate_first(both)}; "
            "rename or leave out one of them"
        )
    frame = left.frame.merge(right.frame, on=keys, how=how)
    return _together(frame, [left, right])


def _together(frame: pd.DataFrame, deliveries: Sequence[Delivery]) -> Delivery:
    return Delivery(
        frame=frame,
        labels=VariableLabels(
            _agreed([d.labels.variables for d in deliveries], deliveries, "labels", first=True),
            _agreed_codes(deliveries),
        ),
        missing=UserMissing(
            _agreed([_told(d, d.missing.codes) for d in deliveries], deliveries, "missing codes"),
            _agreed([_told(d, d.missing.ranges) for d in deliveries], deliveries, "missing ranges"),
        ),
        manifest=_manifest(frame, [d.manifest for d in deliveries]),
    )


def _told(delivery: Delivery, declared: Mapping[str, Any]) -> dict[str, Any]:
    """What a delivery declares of each of its columns, nothing included."""
    return {str(c): declared.get(str(c), ()) for c in delivery.frame.columns}


def _agreed(
    tables: Iterable[Mapping[str, Any]],
    deliveries: Sequence[Delivery],
    what: str,
    first: bool = False,
) -> dict[str, Any]:
    agreed: dict[str, Any] = {}
    for table, delivery in zip(tables, deliveries, strict=True):
        for name, value in table.items():
            if agreed.setdefault(name, value) != value and not first:
                raise InputError(
                    f"{delivery.manifest.file}, variable {name!r}: its {what} are {value!r}, and "
                    f"{agreed[name]!r} in another delivery; make them alike first"
                )
    return {name: value for name, value in agreed.items() if value}


def _agreed_codes(deliveries: Sequence[Delivery]) -> dict[str, dict[Code, str]]:
    agreed: dict[str, dict[Code, str]] = {}
    for delivery in deliveries:
        for name, labels in delivery.labels.value_labels.items():
            known = agreed.setdefault(name, {})
            for code, label in labels.items():
                if known.setdefault(code, label) != label:
                    raise InputError(
                        f"{delivery.manifest.file}, variable {name!r}: the code {code!r} is "
                        f"labelled {label!r}, and {known[code]!r} in another delivery; "
                        "make them alike first"
                    )
    return agreed


def _manifest(frame: pd.DataFrame, parts: Sequence[Manifest]) -> Manifest:
    hashes = "".join(p.sha256 for p in parts).encode("ascii")
    return Manifest(
        file=" + ".join(p.file for p in parts),
        sha256=sha256(hashes).hexdigest(),
        bytes=sum(p.bytes for p in parts),
        rows=len(frame),
        columns=frame.shape[1],
        reader=" + ".join(dict.fromkeys(p.reader for p in parts)),
        notes=tuple(dict.fromkeys(n for p in parts for n in p.notes)),
    )
