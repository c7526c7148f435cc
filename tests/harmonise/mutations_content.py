"""What must not matter, and damage to names and codes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .mutations import Draft, Expect, Source, found, hidden, mutation, same, stop


def _labelled(source: Source) -> bool:
    return source.labelled


def _untyped(source: Source) -> bool:
    """Formats in which one column may hold numbers and words."""
    return source.ending in (".csv", ".xlsx")


def _bare(source: Source) -> bool:
    return not source.labelled


def _of(survey: str):  # type: ignore[no-untyped-def]
    return lambda source: source.survey == survey


# what must not matter


@mutation("rows shuffled")
def _(d: Draft, _: None) -> Expect:
    d.frame = d.frame.iloc[d.rng.permutation(len(d.frame))].reset_index(drop=True)
    return same()


@mutation("columns shuffled")
def _(d: Draft, _: None) -> Expect:
    d.frame = d.frame.iloc[:, d.rng.permutation(d.frame.shape[1])]
    return same()


@mutation("extra columns", "numbers", "words", "all blank")
def _(d: Draft, variant: str) -> Expect:
    n = len(d.frame)
    values = {
        "numbers": pd.Series(np.arange(n) % 7, dtype=float),
        "words": pd.Series(["fritext, med komma; och\tmer"] * n, dtype=object),
        "all blank": pd.Series([np.nan] * n, dtype=float),
    }
    d.frame.insert(2, "NYFRAGA", values[variant])
    return same()


@mutation("a column twice under another name", where=lambda s: s.ending != ".por")
def _(d: Draft, _: None) -> Expect:
    variable = d.variable(d.scale())
    d.frame[f"{variable}_kopia"] = d.frame[variable]
    return same()


@mutation("names in capitals only", "upper", "lower", "swapcase")
def _(d: Draft, variant: str) -> Expect:
    change = {c: getattr(c, variant)() for c in d.frame.columns}
    d.frame = d.frame.rename(columns=change)
    d.variables = {change[v]: t for v, t in d.variables.items()}
    d.value_labels = {change[v]: t for v, t in d.value_labels.items()}
    d.missing = {change[v]: t for v, t in d.missing.items()}
    return same()


@mutation("codes as text", "1", "1.0", "01", " 1 ", where=_untyped)
def _(d: Draft, variant: str) -> Expect:
    for name in d.coded:
        column = d.variable(name)
        d.frame[column] = [
            None if pd.isna(v) else variant.replace("1", str(int(v))) for v in d.frame[column]
        ]
    return same()


@mutation("value labels lost", where=lambda s: s.labelled and s.survey != "city_safety")
def _(d: Draft, _: None) -> Expect:
    d.value_labels = {}
    return same()


@mutation("value labels on some codes only", where=_labelled)
def _(d: Draft, _: None) -> Expect:
    for name in d.coded:
        words = d.value_labels.get(d.variable(name), {})
        d.value_labels[d.variable(name)] = dict(list(words.items())[::2])
    return same()


@mutation("value labels in other letters", "upper", "lower", "blanks", "plain", where=_labelled)
def _(d: Draft, variant: str) -> Expect:
    change = {
        "upper": str.upper,
        "lower": str.lower,
        "blanks": lambda t: f" {t}  ".replace(" ", "  "),
        "plain": lambda t: t.translate(str.maketrans("åäöÅÄÖ", "aaoAAO")),
    }[variant]
    d.value_labels = {
        v: {c: change(t) for c, t in words.items()} for v, words in d.value_labels.items()
    }
    return same()


@mutation("value labels in another language", "en", "fi", where=_labelled)
def _(d: Draft, language: str) -> Expect:
    finnish = ["Hyvin turvallinen", "Melko turvallinen", "Melko turvaton", "Hyvin turvaton"]
    name = d.scale()
    answers = d.book.scales[d.book.asked(name).scale].answers
    codes = d.codes(name)
    words = {c: answers[a].en for c, a in codes.items()}
    if language == "fi":
        words = dict(zip(list(words)[:4], finnish, strict=False))
    d.value_labels[d.variable(name)] = {float(c): t for c, t in words.items()}
    return same()


@mutation("missing codes not declared", where=lambda s: s.ending in (".sav", ".parquet"))
def _(d: Draft, _: None) -> Expect:
    d.missing = {}
    return same()


@mutation("missing codes declared as a range", where=lambda s: s.ending in (".sav", ".parquet"))
def _(d: Draft, _: None) -> Expect:
    d.ranges = {v: ((float(min(c)), float(max(c))),) for v, c in d.missing.items()}
    d.missing = {}
    return same()


@mutation(
    "names of places in other spellings", "upper", "plain", "hyphens", where=_of("regional_safety")
)
def _(d: Draft, variant: str) -> Expect:
    change = {
        "upper": str.upper,
        "plain": lambda t: t.translate(str.maketrans("åäöÅÄÖ", "aaoAAO")),
        "hyphens": lambda t: f" {t.replace('-', ' - ')} ",
    }[variant]
    for name in ("municipality", "district", "neighbourhood"):
        column = d.variable(name)
        d.frame[column] = [change(v) if isinstance(v, str) else v for v in d.frame[column]]
    return same()


@mutation("leading zeros of keys", "lost", "added", where=_untyped)
def _(d: Draft, variant: str) -> Expect:
    keys = [f"{int(k):09d}" if variant == "added" else int(k) - 100000 for k in d.frame[d.key]]
    d.words(d.key)
    d.frame[d.key] = keys if len(set(keys)) == len(keys) else d.frame[d.key]
    return same(keys=False)


# names


@mutation("a column renamed", "key", "weight", "stratum", "gender", "question", "part")
def _(d: Draft, variant: str) -> Expect:
    column = {
        "key": d.key,
        "weight": d.weight or d.key,
        "stratum": d.design.stratum or d.design.psu,
        "gender": d.variable("gender"),
        "question": d.variable(d.scale()),
        "part": d.variable(d.pair()[0]),
    }[variant]
    d.frame = d.frame.rename(columns={column: f"{column[:6]}_N"})
    return stop(column)


@mutation("a column left out", "key", "stratum", "age", "question")
def _(d: Draft, variant: str) -> Expect:
    column = {
        "key": d.key,
        "stratum": d.design.stratum or d.design.psu,
        "age": d.variable("age_group"),
        "question": d.variable(d.scale()),
    }[variant]
    d.frame = d.frame.drop(columns=column)
    return stop(column)


@mutation("blanks in a name", "F 1", where=_untyped)
def _(d: Draft, _: str) -> Expect:
    column = d.variable(d.scale())
    d.frame = d.frame.rename(columns={column: f"{column[0]} {column[1:]}"})
    return stop(column)


@mutation("blanks around the names", where=_untyped)
def _(d: Draft, _: None) -> Expect:
    d.frame = d.frame.rename(columns=lambda c: f" {c}  ")
    return same()


@mutation("a name twice", where=_untyped)
def _(d: Draft, _: None) -> Expect:
    column = d.variable(d.scale())
    d.frame.insert(1, column, d.frame[column], allow_duplicates=True)
    d.frame.columns = [f"{c}" for c in d.frame.columns]
    return stop(column, "several columns")


@mutation("the columns of another wave")
def _(d: Draft, _: None) -> Expect:
    waves = {
        y: d.book.variables(y)
        for y in d.book.waves
        if set(d.book.variables(y)) != set(d.book.variables(d.source.wave))
    }
    other = list(waves)[-1]
    mine, theirs = d.variable(d.scale()), d.book.item(d.scale(), other).variable
    d.frame = d.frame.drop(columns=theirs, errors="ignore")
    d.frame = d.frame.rename(columns={mine: theirs})
    return stop(mine)


# codes


@mutation("an unknown code", 7, 77, -1, 2.5)
def _(d: Draft, code: float) -> Expect:
    column = d.variable(d.scale())
    d.frame.loc[17, column] = code
    return stop(column, str(code), "row 18")


@mutation("codes off by one", 1, -1)
def _(d: Draft, step: int) -> Expect:
    name = d.scale()
    column = d.variable(name)
    known = d.frame[column].isin([float(c) for c in d.codes(name)])
    d.frame.loc[known, column] += step
    # from the last answer to one more, or from the first to zero
    top = max(map(int, d.codes(name)))
    if step > 0 and top in set(d.frame.loc[~known, column]):
        return stop(column)
    d.frame.loc[0, column] = top + 1 if step > 0 else 0
    return stop(column, str(top + 1) if step > 0 else "0")


@mutation("codes of yes and no off by one", 1, -1)
def _(d: Draft, step: int) -> Expect:
    column = d.variable(d.pair()[0])
    known = d.frame[column] < 3
    edge = d.frame.loc[known, column].max() if step > 0 else d.frame.loc[known, column].min()
    d.frame.loc[known, column] += step
    if str(int(edge + step)) in d.codes(d.pair()[0]):
        d.frame.loc[0, column] = 3.0 + step
        return stop(column)
    return stop(column, str(int(edge + step)))


@mutation("codes of the district off by one", 1, -1, where=lambda s: s.survey != "regional_safety")
def _(d: Draft, step: int) -> Expect:
    column = d.variable("district")
    codes = d.frame[column]
    known = codes.isin([float(c) for c in d.codes("district")])
    d.frame.loc[known, column] = codes[known] + step
    return stop(column)


@mutation("another missing code", where=_bare)
def _(d: Draft, _: None) -> Expect:
    name = d.scale()
    column = d.variable(name)
    old = max(map(float, d.reasons(name)))
    new = {9.0: 99.0, 99.0: 999.0, 999.0: 99.0}[old]
    d.frame[column] = d.frame[column].replace(old, new)
    d.frame.loc[3, column] = new
    return stop(column, str(int(new)))


@mutation("answers in words", where=_untyped)
def _(d: Draft, _: None) -> Expect:
    name = d.scale()
    column = d.variable(name)
    answers = d.book.scales[d.book.asked(name).scale].answers
    words = {float(c): answers[a].sv for c, a in d.codes(name).items()}
    d.frame[column] = [words.get(v, v) for v in d.frame[column]]
    return stop(column, "trygg")


@mutation("several answers in a cell", "1;2", "1,2", "1 2", "1/2", where=_untyped)
def _(d: Draft, cell: str) -> Expect:
    column = d.variable(d.scale())
    d.words(column)
    d.frame.loc[9, column] = cell
    return stop(column, "1.2" if cell == "1,2" and d.source.ending == ".csv" else cell)


@mutation("letters in codes", "x", "1a", "?", "#NULL!", "O", "-", where=_untyped)
def _(d: Draft, cell: str) -> Expect:
    column = d.variable(d.pair()[0])
    d.words(column)
    d.frame.loc[9, column] = cell
    return stop(column, cell.lower() if cell == "O" else cell)


@mutation("an age that cannot be", 7, 1987, -1, 199)
def _(d: Draft, value: int) -> Expect:
    column = d.variable("age_group")
    d.frame.loc[4, column] = float(value)
    return stop(column, str(value))


@mutation("99 for 999 in the age", where=lambda s: s.survey != "school_survey" and s.wave > 2017)
def _(d: Draft, _: None) -> Expect:
    column = d.variable("age_group")
    d.frame.loc[d.rng.choice(len(d.frame), 20, replace=False), column] = 99.0
    return stop(column, "99", "missing age")


@mutation("codes reversed", "labelled", where=_labelled)
def _(d: Draft, _: str) -> Expect:
    name = d.scale()
    _reverse(d, name)
    codes = sorted(float(c) for c in d.codes(name))
    column = d.variable(name)
    if not set(codes) & set(d.value_labels.get(column, {})):
        return found(column)
    turned = dict(zip(codes, reversed(codes), strict=True))
    words = d.value_labels[column]
    d.value_labels[column] = {turned.get(c, c): t for c, t in words.items()}
    return stop(column, "label")


@mutation("codes reversed", "unlabelled", where=lambda s: s.survey == "regional_safety")
def _(d: Draft, _: str) -> Expect:
    name = d.scale()
    _reverse(d, name)
    d.value_labels.pop(d.variable(name), None)
    return found(d.variable(name))


def _reverse(d: Draft, name: str) -> None:
    codes = sorted(float(c) for c in d.codes(name))
    turned = dict(zip(codes, reversed(codes), strict=True))
    column = d.variable(name)
    d.frame[column] = [turned.get(v, v) for v in d.frame[column]]


@mutation("women and men swapped", "labels moved", "labels stay", "unlabelled")
def _(d: Draft, variant: str) -> Expect:
    column = d.variable("gender")
    a, b = list(d.frame[column][d.frame[column].isin(_persons(d))].unique())[:2]
    d.frame[column] = [{a: b, b: a}.get(v, v) for v in d.frame[column]]
    words = d.value_labels.get(column, {})
    if variant == "unlabelled" or not words or not d.source.labelled:
        d.value_labels.pop(column, None)
        return hidden()
    if variant == "labels stay":
        return hidden()
    d.value_labels[column] = {**words, a: words[b], b: words[a]}
    return stop(column, "label")


def _persons(d: Draft) -> list[object]:
    return [
        v
        for v in d.frame[d.variable("gender")].unique()
        if str(v).casefold().removesuffix(".0") in {k.casefold() for k in d.codes("gender")}
        and d.codes("gender")[str(v).casefold().removesuffix(".0")] in ("women", "men")
    ]
