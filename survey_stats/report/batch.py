"""Many documents at once: one process a document, one claim on the folder, one account at the end.

A document is made by a function that is named, not handed over, so that each can be made in a fresh
process; new kinds of document join by a line in `KINDS`. What is already made from the same is left
as it is by the function itself, so a batch that was broken off is finished by running it again.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.labels import Language
from survey_stats.report.cache import tidy_cache
from survey_stats.report.claim import claim
from survey_stats.report.plan import AREAS, Parameters
from survey_stats.report.pool import Job, Pool, ended


@dataclass(frozen=True)
class Kind:
    """A kind of document.

    Attributes:
        name: what it is called on the command line.
        make: "module:function"; called with `area`, `year`, `out`, `lang`, `deliveries`, `engine`
            and `progress`, it returns the files made. It must claim `out` by `claim.claim` and put
            its files in place whole.
        prepare: "module:function", called once before the first document with `year`, `deliveries`
            and `progress`, for what all documents share.
        arguments: more that `make` is called with: texts, numbers, truths.
    """

    name: str
    make: str
    prepare: str = ""
    arguments: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "appendix",
            "survey_stats.report.build:build_appendix",
            "survey_stats.report.batch:share_waves",
        ),
        Kind(
            "summary",
            "survey_stats.report.onepage.build:build_summary",
            "survey_stats.report.batch:share_waves",
        ),
    )
}


def of_plan(plan: str | Path, profile: str | None = None) -> Kind:
    """The kind of document that a plan describes.

    Args:
        plan: the path of a plan, or the name of a shipped one.
        profile: the name of a shipped rule profile, or the path of one.

    Raises:
        UnknownNameError: there is no such plan.
        InputError: the plan is not valid.

    >>> of_plan("appendix").name
    'appendix'
    """
    from survey_stats.report.plan import load_plan, plan_path

    kind = Kind(
        load_plan(plan).name,
        "survey_stats.report.build:build",
        KINDS["appendix"].prepare,
        {"plan": str(plan_path(plan).resolve())},
    )
    return with_profile(kind, profile)


def summary_of(plan: str | Path, profile: str | None = None) -> Kind:
    """The summary on one page about the questions of a plan; arguments and errors as `of_plan`.

    >>> summary_of("appendix").name
    'summary'
    """
    from survey_stats.report.plan import load_plan, plan_path

    load_plan(plan)
    kind = replace(KINDS["summary"], arguments={"plan": str(plan_path(plan).resolve())})
    return with_profile(kind, profile)


def with_profile(kind: Kind, profile: str | None) -> Kind:
    """The kind of document, protected by another profile than the project's own.

    Args:
        kind: made by a function that takes a `profile`.
        profile: the name of a shipped rule profile, or the path of one; none leaves `kind`.

    Raises:
        UnknownNameError: there is no such profile.
        InputError: its file cannot be read.

    >>> dict(with_profile(KINDS["appendix"], "nchs").arguments)
    {'profile': 'nchs'}
    """
    if not profile:
        return kind
    from survey_stats.report.plan import rule_profile

    rule_profile(profile)
    path = Path(profile)
    told = str(path.resolve()) if path.suffix in (".yaml", ".yml") else profile
    return replace(kind, arguments={**kind.arguments, "profile": told})


@dataclass(frozen=True)
class Task:
    """One document: its kind, area, year and language."""

    kind: str
    area: str
    year: int
    lang: Language = "sv"

    def __str__(self) -> str:
        return " ".join(
            [
                *([] if self.kind == "appendix" else [self.kind]),
                self.area,
                str(self.year),
                *([] if self.lang == "sv" else [self.lang]),
            ]
        )


@dataclass(frozen=True)
class Event:
    """What happened to a document, for whoever shows progress.

    Attributes:
        task: the document; none while something is prepared for all.
        state: `started`, `step`, `made` or `failed`.
        text: the step, or what went wrong.
        done, total: how far the step is.
    """

    task: Task | None
    state: Literal["started", "step", "made", "failed"]
    text: str = ""
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class Outcome:
    """What became of one document.

    Attributes:
        task: the document.
        files: what was made, or was there already.
        error: why it could not be made, in a sentence; empty where it was.
        seconds: how long it took.
    """

    task: Task
    files: tuple[Path, ...] = ()
    error: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Batch:
    """The account of a batch: an outcome for each document, in the order they were asked for."""

    outcomes: tuple[Outcome, ...]

    @property
    def files(self) -> list[Path]:
        """Every file that is there, each once."""
        return list(dict.fromkeys(file for made in self.outcomes for file in made.files))

    @property
    def failed(self) -> list[Outcome]:
        """The documents that could not be made."""
        return [made for made in self.outcomes if made.error]


def tasks(
    areas: Sequence[str],
    years: Sequence[int],
    kinds: Sequence[str] = ("appendix",),
    langs: Sequence[Language] = ("sv",),
) -> list[Task]:
    """Every combination, areas innermost, each area as it is spelled.

    Raises:
        UnknownNameError: an area or a language does not exist.
        InputError: a year cannot be.

    >>> [str(t) for t in tasks(["farsta", "Bromma"], [2023], langs=["sv", "en"])]
    ['Farsta 2023', 'Bromma 2023', 'Farsta 2023 en', 'Bromma 2023 en']
    """
    return [
        Task(kind, Parameters(area, year, lang).area, year, lang)
        for kind in kinds
        for year in years
        for lang in langs
        for area in areas
    ]


def all_areas() -> list[str]:
    """The areas that documents can be about: the districts, then the city."""
    return list(AREAS)


def run(
    wanted: Sequence[Task],
    out: str | Path,
    deliveries: str | Path | None = None,
    engine: str = "auto",
    jobs: int | None = None,
    tell: Callable[[Event], None] | None = None,
    kinds: Mapping[str, Kind] = KINDS,
) -> Batch:
    """Make documents side by side, each in a process of its own.

    One that cannot be made does not stop the others. A worker that dies, and a batch that is
    interrupted or killed, leave every file whole; running the same again makes what is missing.

    Args:
        wanted: the documents; each once.
        out: the folder for all of them.
        deliveries: folder with delivered files; the synthetic demo where none is given.
        engine: "quarto", "embedded" or "auto".
        jobs: how many at a time; as many as there are cores where not given.
        tell: called in the calling thread with what happens.
        kinds: the kinds of document there are.

    Raises:
        UnknownNameError: there is no such kind.
        InputError: nothing or something twice is wanted, `jobs` is not positive, another run writes
            into `out`, or what all documents share cannot be made.
        RenderError: Quarto is asked for and not there.
        KeyboardInterrupt: after the workers have ended.
    """
    from survey_stats.report.render import check_engine

    said = tell or (lambda _event: None)
    _check(wanted, kinds, jobs)
    check_engine(engine)
    given = None if deliveries is None else str(Path(deliveries).resolve())
    for task in wanted:
        Parameters(task.area, task.year, task.lang, Path(given) if given else None)
    with claim(out) as folder, Pool(folder.resolve()) as pool:
        tidy_cache()
        years = {kinds[t.kind].prepare: max(u.year for u in wanted) for t in wanted}
        for call, year in years.items():
            if call:
                shared = Job(call, {"year": year, "deliveries": given})
                _prepare(pool, shared, said)
        work = {
            task: Job(
                kinds[task.kind].make,
                {
                    **kinds[task.kind].arguments,
                    "area": task.area,
                    "year": task.year,
                    "out": str(folder.resolve()),
                    "lang": task.lang,
                    "deliveries": given,
                    "engine": engine,
                },
            )
            for task in wanted
        }
        return _make(pool, work, jobs or _cores(), said, folder)


def share_waves(
    year: int,
    deliveries: str | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> None:
    """Bring the deliveries into the cache, in one vocabulary, so that no document does it again.

    Raises:
        InputError: there are none up to the year.
        CodebookError: one does not fit its codebook.
    """
    from survey_stats.report.waves import demo_folder, load_waves

    folder = Path(deliveries) if deliveries else demo_folder(progress)
    load_waves(folder, year, progress)


def _check(wanted: Sequence[Task], kinds: Mapping[str, Kind], jobs: int | None) -> None:
    if not wanted:
        raise InputError("No document is asked for; name at least one area")
    for task in wanted:
        if task.kind not in kinds:
            raise UnknownNameError("kind of document", task.kind, kinds)
    twice = next((t for i, t in enumerate(wanted) if t in wanted[:i]), None)
    if twice is not None:
        raise InputError(f"{twice} is asked for twice; name it once")
    if jobs is not None and jobs < 1:
        raise InputError(f"--jobs is {jobs}; give 1 or more")


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _prepare(pool: Pool, job: Job, said: Callable[[Event], None]) -> None:
    pool.start(job)
    error = "the process that prepares them ended without a word"
    for told in _words(pool):
        if "step" in told:
            said(Event(None, "step", *told["step"]))
        error = "" if "made" in told else str(told.get("failed") or error)
    if error:
        raise InputError(f"What all documents share cannot be made: {error}")


def _words(pool: Pool) -> Iterator[dict[str, Any]]:
    """What the only running worker says, until it ends."""
    while (message := pool.hear()).status is None:
        yield json.loads(message.line)
    if message.status:
        yield {"failed": ended(message.status)}


def _make(
    pool: Pool,
    work: Mapping[Task, Job],
    jobs: int,
    said: Callable[[Event], None],
    folder: Path,
) -> Batch:
    waiting = list(work)
    of = {id(job): task for task, job in work.items()}
    began: dict[Task, float] = {}
    done: dict[Task, Outcome] = {}
    last: dict[Task, dict[str, Any]] = {}
    while len(done) < len(work):
        while waiting and len(began) - len(done) < jobs:
            task = waiting.pop(0)
            began[task] = time.monotonic()
            said(Event(task, "started"))
            pool.start(work[task])
        message = pool.hear()
        task = of[id(message.job)]
        if message.status is None:
            told = json.loads(message.line)
            if "step" in told:
                said(Event(task, "step", *told["step"]))
            else:
                last[task] = told
            continue
        done[task] = _outcome(task, last.get(task), message.status, folder, began[task])
        state: Literal["failed", "made"] = "failed" if done[task].error else "made"
        said(Event(task, state, done[task].error))
    return Batch(tuple(done[task] for task in work))


def _outcome(
    task: Task, told: Mapping[str, Any] | None, status: int, folder: Path, began: float
) -> Outcome:
    seconds = time.monotonic() - began
    if told is None:
        return Outcome(task, error=ended(status), seconds=seconds)
    if "failed" in told:
        return Outcome(task, error=str(told["failed"]), seconds=seconds)
    root = folder.resolve()
    files = []
    for name in told["made"]:
        file = Path(name)
        # told in the words of whoever asked
        files.append(folder / file.relative_to(root) if file.is_relative_to(root) else file)
    return Outcome(task, tuple(files), seconds=seconds)
