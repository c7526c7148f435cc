"""Damage to what labels say, and columns that change places."""

from __future__ import annotations

from .mutations import Draft, Expect, Source, hidden, mutation, same, stop


def _labelled(source: Source) -> bool:
    return source.labelled


# labels


@mutation("value labels shuffled", "reversed", "rotated", "two", where=_labelled)
def _(d: Draft, variant: str) -> Expect:
    column = d.variable(d.scale())
    answers = sorted(float(c) for c in d.codes(d.scale()))
    d.value_labels.setdefault(column, {})
    words = _words(d)
    order = {
        "reversed": answers[::-1],
        "rotated": [*answers[1:], answers[0]],
        "two": [answers[1], answers[0], *answers[2:]],
    }[variant]
    d.value_labels[column] = {
        **d.value_labels[column],
        **{c: words[o] for c, o in zip(answers, order, strict=True)},
    }
    return stop(column, "label")


def _words(d: Draft) -> dict[float, str]:
    answers = d.book.scales[d.book.asked(d.scale()).scale].answers
    return {float(c): answers[a].sv for c, a in d.codes(d.scale()).items()}


@mutation("value labels shuffled and reworded", where=_labelled)
def _(d: Draft, _: None) -> Expect:
    column = d.variable(d.scale())
    words = _words(d)
    codes = sorted(words)
    reworded = [f"{words[c]}t" if words[c].endswith("trygg") else f"{words[c]}." for c in codes]
    d.value_labels[column] = dict(zip(codes, reworded[::-1], strict=True))
    return stop(column, "label")


@mutation("value labels of women and men swapped", where=_labelled)
def _(d: Draft, _: None) -> Expect:
    column = d.variable("gender")
    codes = d.codes("gender")
    if not all(c.isdigit() for c in codes):
        return _turned_scale(d)
    at = {a: float(c) for c, a in codes.items()}
    d.value_labels[column] = {at["women"]: "Man", at["men"]: "Kvinna"}
    return stop(column, "label")


def _turned_scale(d: Draft) -> Expect:
    """Where gender is in words there is nothing to swap but the words of a scale."""
    column = d.variable("unsafe_neighbourhood")
    d.value_labels[column] = {1.0: "Mycket otrygg", 4.0: "Mycket trygg"}
    return stop(column, "label")


@mutation("value labels of districts rotated", where=lambda s: s.survey == "city_safety")
def _(d: Draft, _: None) -> Expect:
    column = d.variable("district")
    words = d.value_labels[column]
    codes = [c for c in words if str(int(c)) in d.codes("district")]
    d.value_labels[column] = {
        **words,
        **{c: words[o] for c, o in zip(codes, [*codes[1:], codes[0]], strict=True)},
    }
    return stop(column, "label")


@mutation("value labels of neighbourhoods rotated", where=lambda s: s.survey == "city_safety")
def _(d: Draft, _: None) -> Expect:
    column = d.variable("neighbourhood")
    words = d.value_labels[column]
    codes = [c for c in sorted(words) if c < 9000]
    d.value_labels[column] = {
        **words,
        **{c: words[o] for c, o in zip(codes, [*codes[40:], *codes[:40]], strict=True)},
    }
    return stop(column)


@mutation("value labels of neighbourhoods lost", where=lambda s: s.survey == "city_safety")
def _(d: Draft, _: None) -> Expect:
    column = d.variable("neighbourhood")
    del d.value_labels[column]
    return stop(column, "no value label")


@mutation("no answer labelled as an answer", where=_labelled)
def _(d: Draft, _: None) -> Expect:
    column = d.variable(d.scale())
    d.value_labels[column] = {**_words(d), 1.0: "Vet ej"}
    return stop(column, "Vet ej")


@mutation("an answer declared missing", where=lambda s: s.ending in (".sav", ".parquet"))
def _(d: Draft, _: None) -> Expect:
    column = d.variable(d.scale())
    d.missing[column] = (2.0,)
    return stop(column, "declares")


@mutation("a range that declares answers missing", where=lambda s: s.ending in (".sav", ".parquet"))
def _(d: Draft, _: None) -> Expect:
    column = d.variable(d.scale())
    d.missing.pop(column, None)
    d.ranges[column] = ((3.0, 99.0),)
    return stop(column, "declares")


# columns that change places


@mutation("columns swapped", "other codes")
def _(d: Draft, _: str) -> Expect:
    a, b = d.variable(d.scale()), d.variable("age_group")
    d.frame[a], d.frame[b] = d.frame[b].copy(), d.frame[a].copy()
    return stop()


@mutation("columns swapped", "with their labels", where=_labelled)
def _(d: Draft, _: str) -> Expect:
    a, b = (d.variable(n) for n in d.pair())
    for name, text in zip((b, a), (d.book.asked(n).text.sv for n in d.pair()), strict=True):
        d.variables[name] = text
    d.frame[a], d.frame[b] = d.frame[b].copy(), d.frame[a].copy()
    return stop(a, "label")


@mutation("columns swapped", "same codes, no label", where=lambda s: not s.labelled)
def _(d: Draft, _: str) -> Expect:
    a, b = (d.variable(n) for n in d.pair())
    d.frame[a], d.frame[b] = d.frame[b].copy(), d.frame[a].copy()
    # the answers to "any of these" stay the same, so no figure of ours changes
    return same()


@mutation("columns swapped", "key and weight", where=lambda s: s.survey != "school_survey")
def _(d: Draft, _: str) -> Expect:
    assert d.weight is not None
    d.frame[d.key], d.frame[d.weight] = d.frame[d.weight].copy(), d.frame[d.key].copy()
    # keys with decimals are no keys
    return stop(d.key)


@mutation(
    "columns swapped", "district and neighbourhood", where=lambda s: s.survey == "regional_safety"
)
def _(d: Draft, _: str) -> Expect:
    a, b = d.variable("district"), d.variable("neighbourhood")
    d.frame[a], d.frame[b] = d.frame[b].copy(), d.frame[a].copy()
    return stop(a)


@mutation("a column sorted alone", "neighbourhood", where=lambda s: s.survey != "school_survey")
def _(d: Draft, name: str) -> Expect:
    column = d.variable(name)
    filled = d.frame[column].notna()
    values = d.frame.loc[filled, column]
    d.frame.loc[filled, column] = values.sort_values().to_numpy()
    # the two districts of 2022 in the city are one in the cut of 2023
    return hidden() if d.source.wave == 2022 else stop(column)


@mutation("a column sorted alone", "a question")
def _(d: Draft, _: str) -> Expect:
    column = d.variable(d.scale())
    d.frame[column] = d.frame[column].sort_values().to_numpy()
    return hidden()
