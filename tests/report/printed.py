"""What anybody can read in a rendered document, and what he can work out of it.

Nothing here asks `protect` what it hid: cells are read off the files, and only what a reader is
supposed to know of those whom a breakdown leaves out comes from the deliveries.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from bs4 import BeautifulSoup
from python_calamine import CalamineWorkbook
from scipy.optimize import linprog

from survey_stats import protect
from survey_stats.labels import number
from survey_stats.report.waves import Wave

BLOCK = ["survey", "wave", "question", "coding"]
CELL = ["group", "value"]
_NUMBER = re.compile(r"[+\u2212-]?\d+(?:[\u00a0\u202f ]\d{3})*(?:[.,]\d+)?")


def truth(waves: Sequence[Wave], cells: pd.DataFrame) -> pd.DataFrame:
    """The answers and the weighted share of each cell of a district, by the deliveries."""
    frames = {(w.survey, w.year): w.frame for w in waves}
    rows = []
    for cell in cells.to_dict("records"):
        frame = frames[cell["survey"], cell["wave"]]
        inside = frame["district"].eq(cell["area"]).fillna(False)
        if cell["group"] != "all":
            inside &= frame[cell["group"]].eq(cell["value"]).fillna(False)
        column = cell["question"]
        if not cell["default_coding"]:
            column = f"{column}__{cell['coding']}"
        own = frame.loc[inside & frame[column].notna(), [column, "weight"]]
        answer, weight = own[column].to_numpy(float), own["weight"].to_numpy(float)
        share = float(answer @ weight / weight.sum()) if len(own) else np.nan
        rows.append({"n": len(own), "share": share})
    return pd.DataFrame(rows, index=cells.index)


def tables(page: BeautifulSoup) -> Iterator[tuple[str, list[list[str]]]]:
    """The id of each table of a page, and the texts of its rows."""
    for holder in page.find_all(id=re.compile("^tbl-")):
        rows = [
            [" ".join(c.get_text().split()) for c in row.find_all(["th", "td"])]
            for row in holder.select("tbody tr")
        ]
        yield str(holder["id"]), rows


def sheets(path: Path) -> Iterator[tuple[str, list[list[Any]]]]:
    """The caption of each sheet of a workbook, and its rows."""
    book = CalamineWorkbook.from_path(str(path))
    for name in book.sheet_names:
        rows = book.get_sheet_by_name(name).to_python()
        yield " ".join(str(c) for row in rows[:3] for c in row), rows


def texts(page: BeautifulSoup) -> list[str]:
    """Sentences and parts of sentences: of the running text, captions, alternative texts, and what
    is written in the figures."""
    found = [str(i.get("alt", "")) for i in page.find_all("img")]
    found += [str(s.get("aria-label", "")) for s in page.find_all(True, attrs={"aria-label": True})]
    for image in page.find_all("img"):
        kind, _, data = str(image["src"]).partition(";base64,")
        if kind.endswith("svg+xml"):
            drawn = BeautifulSoup(base64.b64decode(data), "xml")
            found += [t.get_text() for t in drawn.find_all(["text", "title", "desc"])]
    for drawn in page.find_all("svg"):
        found += [t.get_text() for t in drawn.find_all(["text", "title", "desc"])]
    found += [t.get_text() for t in page.find_all(["p", "li", "figcaption", "caption", "dd"])]
    return [part for text in found for part in re.split(r"[;\n]|\.\s", text) if part.strip()]


def given_away(
    hidden: pd.DataFrame, facts: pd.DataFrame, shown: pd.DataFrame, said: Sequence[str]
) -> list[str]:
    """The texts that name a hidden cell with its number, where no shown cell of it has the same.

    Args:
        hidden: cells that the figures file hides.
        facts: their true `n` and `share`.
        shown: the cells of the figures file that have numbers.
        said: texts.
    """
    out = []
    for i, cell in hidden.iterrows():
        own = shown[shown["value"].eq(cell["value"])]
        told = {number(100 * s, 1) for s in own["share"]} | {number(n) for n in own["n"]}
        for column in ("difference", "difference_low", "difference_high"):
            told |= {number(100 * abs(v), 1) for v in own[column].dropna()}
        for low, high in zip(own["ci_low"], own["ci_high"], strict=True):
            told |= {number(100 * low, 1), number(100 * high, 1)}
        secret = {number(100 * facts.loc[i, "share"], 1), number(facts.loc[i, "n"])} - told
        for text in said:
            if str(cell["value"]) in text:
                found = {m.lstrip("+\u2212-") for m in _NUMBER.findall(text)} & secret
                out += [f"{cell['value']}: {sorted(found)} in {text!r}"] if found else []
    return out


def widths(
    cells: pd.DataFrame, facts: pd.DataFrame, rule: protect.Rule
) -> dict[Any, tuple[float, float]]:
    """How closely the base, and the answers of yes or no, of each hidden cell of a block are known.

    Args:
        cells: what is printed of one question in one wave: `group`, `value`, `n`, `share`, `flag`,
            and `low` and `high` of a share that is printed with few decimals.
        facts: the true `n` and `share` of the same rows, for what the groups leave of the total.
        rule: what flags tell.

    Returns:
        For each row without a base, the width of the interval of the base and the smaller of those
        of the answers.
    """
    size = len(cells)
    place = {i: k for k, i in enumerate(cells.index)}
    equal: list[tuple[np.ndarray, float]] = []
    most: list[tuple[np.ndarray, float]] = []

    def row(**terms: Mapping[int, float]) -> np.ndarray:
        out = np.zeros(2 * size)
        for k, factor in terms.get("n", {}).items():
            out[k] = factor
        for k, factor in terms.get("y", {}).items():
            out[size + k] = factor
        return out

    limits = [(0.0, 20_000.0)] * (2 * size)
    for i, cell in cells.iterrows():
        k = place[i]
        most.append((row(n={k: -1}, y={k: 1}), 0.0))
        if pd.notna(cell["n"]):
            equal.append((row(n={k: 1}), float(cell["n"])))
        if pd.notna(cell["share"]):
            equal.append((row(n={k: -float(cell["share"])}, y={k: 1}), 0.0))
        if cell["flag"] == rule.suppressed:
            limits[k] = (1.0, rule.minimum_base - 1.0)
        elif cell["flag"] == rule.near:
            limits[k] = (1.0, 2.0 * rule.minimum_base)
        elif cell["flag"] == protect.SECONDARY:
            limits[k] = (float(rule.minimum_base), 20_000.0)
    total = cells.index[cells["group"].eq("all")]
    assert len(total) == 1
    yes = facts["n"] * facts["share"].fillna(0)
    for group in set(cells["group"]) - {"all"}:
        parts = cells.index[cells["group"].eq(group)]
        left = facts.loc[total[0], "n"] - facts.loc[parts, "n"].sum()
        terms = {place[total[0]]: 1.0, **{place[i]: -1.0 for i in parts}}
        if left < rule.minimum_base:
            equal.append((row(n=terms), float(left)))
            equal.append((row(y=terms), float(yes[total[0]] - yes[parts].sum())))
        else:
            most.append((-row(n=terms), 0.0))
    A_eq, b_eq = np.array([r for r, _ in equal]), np.array([b for _, b in equal])
    A_ub, b_ub = np.array([r for r, _ in most]), np.array([b for _, b in most])

    def width(goal: np.ndarray) -> float:
        ends = []
        for sign in (1, -1):
            found = linprog(
                sign * goal, A_ub=A_ub, b_ub=b_ub + 1e-7, A_eq=A_eq, b_eq=b_eq, bounds=limits
            )
            assert found.status == 0, found.message
            ends.append(sign * found.fun)
        return ends[1] - ends[0]

    out = {}
    for i in cells.index[cells["n"].isna()]:
        k = place[i]
        answers = min(width(row(y={k: 1})), width(row(n={k: 1}, y={k: -1})))
        out[i] = (width(row(n={k: 1})), answers)
    return out
