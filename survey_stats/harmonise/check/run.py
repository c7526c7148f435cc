"""All checks of one delivery, in order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from survey_stats.errors import CodebookError, InputError, SurveyStatsError
from survey_stats.harmonise.build import harmonise
from survey_stats.harmonise.check import (
    design,
    doubles,
    earlier,
    labelled,
    nonresponse,
    plausible,
    totals,
)
from survey_stats.harmonise.check import variables as of_variables
from survey_stats.harmonise.check.finding import (
    NOTHING,
    SEVERITIES,
    Checked,
    Problem,
    Words,
    problem,
)
from survey_stats.harmonise.check.pair import Pair, choose
from survey_stats.harmonise.check.view import View
from survey_stats.harmonise.codebook import Codebook
from survey_stats.harmonise.source import Source
from survey_stats.harmonise.waves import (
    LackingVariablesError,
    closest,
    find_wave,
    lacking_variables,
)
from survey_stats.read import Delivery

Given = Delivery | str | Path


def check(
    delivery: Given,
    codebook: Codebook | str | Path,
    wave: int | None = None,
    *,
    previous: Given | Sequence[Given] | None = None,
    population: totals.Population | None = None,
) -> Checked:
    """Everything that stops a delivery from being harmonised, or that looks wrong in it.

    Args:
        delivery: what `read` gave, or a path.
        codebook: a name or a path.
        wave: the year; found out when None. Where that fails, the nearest wave is checked.
        previous: one or several deliveries of other waves of the same codebook, usually the wave
            before. Each question is compared with the nearest of them that asked it in the same
            words, in all areas if one did. Without any, what needs one is not checked.
        population: area (district, municipality or neighbourhood) -> people of the ages that the
            survey asks, which the weights are to sum to; or `"register"` for the inhabitants of
            the districts, of which they can only be a part. None goes by the `weights_sum_to` of
            the codebook.

    Returns:
        Checked: the findings, errors first, in the order of the codebook (empty when all is
        well), and what could not be checked. Errors stop `harmonise`, warnings and notes do not.
        When a change from an earlier wave is a finding is told in `check.breaks`.

    Raises:
        InputError: a file cannot be read at all.
        CodebookError: the codebook is not valid, or the wave of a previous delivery cannot be told.
        UnknownNameError: there is no such codebook or wave, or an area of `population` is unknown.
    """
    book = Codebook.load(codebook)
    source = Source(delivery)
    skipped = _load_all(source)
    problems: list[Problem] = []
    try:
        year = find_wave(source, book, wave).wave
    except LackingVariablesError as error:
        year = error.wave
    except CodebookError as error:
        year = wave if wave is not None else closest(source, book)
        what = Words(str(error), f"vågen går inte att avgöra ({error})")
        problems.append(problem("error", "wave", source.file, 1, what))
    problems += _draft(book, year)
    given = [previous] if isinstance(previous, Delivery | str | Path) else list(previous or [])
    before = [_earlier(p, book) for p in given]
    needed = book.variables(year)
    columns, lacking = source.find_all(needed)
    view = View.load(source, book, year, columns)
    problems += of_variables.lacking(view, needed, lacking, before)
    within = NOTHING
    if columns:
        found, cannot = _alone(view, population)
        problems += found
        skipped += cannot
        if before and len(view.frame):
            silent = {p.name for p in found if p.kind == "no answers"}
            found, cannot, within = _compare([Pair(view, b) for b in before], silent)
            problems += found
            skipped += cannot
    if not any(p.severity == "error" for p in problems):
        problems += _refused(view.delivery, book, wave)
    if not before:
        skipped.append(
            Words(
                "changes of labels, of non-response, of distributions and of the scale of the "
                "weights: no delivery of an earlier wave was given",
                "ändrade etiketter, bortfall, fördelningar och vikternas skala: ingen leverans "
                "från en tidigare våg angavs",
            )
        )
    return Checked(
        problems=tuple(sorted(problems, key=lambda p: SEVERITIES.index(p.severity))),
        manifest=view.delivery.manifest,
        survey=book.survey,
        title=Words(book.title.en, book.title.sv),
        wave=year,
        previous=tuple((b.year, b.source.file) for b in before),
        within=within,
        not_checked=tuple(skipped),
        texts={
            name: Words(text.en, text.sv)
            for name, _ in book.items(year)
            if (text := book.asked(name).text) is not None
        },
    )


def _draft(book: Codebook, year: int) -> list[Problem]:
    """A drafted wave that nobody has confirmed."""
    if not book.waves[year].drafted:
        return []
    what = Words(
        "the wave is a draft that nobody has confirmed",
        "vågen är ett utkast som ingen har bekräftat",
    )
    hint = Words(
        "decide on every line marked CONFIRM, then remove the wave's assumption that it is drafted",
        "ta ställning till varje rad märkt CONFIRM och ta sedan bort antagandet om utkast",
    )
    return [problem("warning", "draft", f"{book.survey} {year}", 1, what, hint)]


def _refused(delivery: Delivery, book: Codebook, wave: int | None) -> list[Problem]:
    """What stops `harmonise` although no check names it."""
    try:
        harmonise(delivery, book, wave)
    except SurveyStatsError as error:
        what = Words(str(error), f"harmoniseringen stannar ({error})")
        return [problem("error", "harmonise", delivery.manifest.file, 1, what)]
    return []


def _load_all(source: Source) -> list[Words]:
    """Load every column, for doubled rows; where that fails only the needed ones are looked at."""
    try:
        source.load(source.names)
    except InputError as error:
        return [
            Words(
                f"doubled rows in variables that the codebook does not use: {error}",
                f"dubblerade rader i variabler som kodboken inte använder: {error}",
            )
        ]
    return []


def _earlier(delivery: Given, book: Codebook) -> View:
    source = Source(delivery)
    year = find_wave(source, book).wave
    columns, lacking = source.find_all(book.variables(year))
    if lacking:
        raise LackingVariablesError(year, lacking_variables(source, book, year))
    return View.load(source, book, year, columns)


def _alone(view: View, population: totals.Population | None) -> tuple[list[Problem], list[Words]]:
    """The findings that need no other delivery, and what was not checked."""
    doubled, rows_unsure = doubles.doubled_rows(view)
    sums, sums_unknown = totals.against_population(view, population)
    found = [
        *design.design(view),
        *doubled,
        *of_variables.codes(view.faults, view.book, view.year),
        *plausible.plausible(view),
        *sums,
    ]
    return found, [*rows_unsure, *sums_unknown]


def _compare(pairs: list[Pair], silent: set[str]) -> tuple[list[Problem], list[Words], Words]:
    """The findings against earlier waves, what was not compared, and among whom it was."""
    ranked = choose(pairs)
    main = ranked[0]
    chosen: dict[str, Pair] = {}
    for pair in ranked:
        for name in pair.names():
            chosen.setdefault(name, pair)
    in_order = {name: chosen[name] for name in main.now.answers if name in chosen}
    found = [
        *totals.against_earlier(main),
        *labelled.unlabelled(main),
        *labelled.changed_labels(in_order),
        *earlier.against(in_order, main, silent),
        *nonresponse.jumps(in_order, silent),
    ]
    other = [n for n in main.now.answers if n not in chosen]
    skipped = []
    if other:
        skipped.append(
            Words(
                "against an earlier wave, as it was not asked there in the same way: "
                + ", ".join(other),
                "mot en tidigare våg, eftersom det inte frågades på samma sätt då: "
                + ", ".join(other),
            )
        )
    return found, skipped, main.within
