"""Batches: side by side, broken ones told, whatever is killed, the rerun makes the rest."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from survey_stats.errors import InputError, RenderError, UnknownNameError
from survey_stats.report.batch import KINDS, Event, Kind, Task, all_areas, of_plan, run, tasks
from survey_stats.report.claim import MAKING
from survey_stats.report.plan import DISTRICTS
from survey_stats.report.worker import load

HERE = Path(__file__).resolve().parent
KIND = {
    "quick": Kind("quick", "batch_kinds:make"),
    "shared": Kind("shared", "batch_kinds:make", "batch_kinds:prepare"),
    "broken": Kind("broken", "batch_kinds:broken"),
    "nothing": Kind("nothing", "batch_kinds:make", "batch_kinds:prepare_badly"),
}
AREAS = ["Farsta", "Bromma", "Järva", "Skarpnäck", "Södermalm"]


@pytest.fixture(autouse=True)
def _workers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("SURVEY_STATS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("BATCH_LOG", str(tmp_path / "build"))


def wanted(kind: str, areas: list[str] = AREAS) -> list[Task]:
    return [Task(kind, area, 2023) for area in areas]


def log(tmp_path: Path) -> list[str]:
    file = tmp_path / "log.txt"
    return file.read_text().splitlines() if file.is_file() else []


def left(folder: Path) -> set[str]:
    """What is in a folder that no document is."""
    return {p.name for p in folder.iterdir() if p.suffix != ".txt"}


def test_every_document_is_made_in_the_order_asked_for(tmp_path: Path) -> None:
    events: list[Event] = []
    made = run(wanted("shared"), tmp_path / "build", jobs=2, tell=events.append, kinds=KIND)
    assert [o.task.area for o in made.outcomes] == AREAS
    assert not made.failed
    assert made.files == [tmp_path / "build" / f"{a}-2023-sv.txt" for a in AREAS]
    assert all(f.read_text().count("\n") == 10 for f in made.files)
    # what they share is made once, before any of them
    assert log(tmp_path)[0] == "prepared 2023"
    assert log(tmp_path).count("prepared 2023") == 1
    assert events[0] == Event(None, "step", "reading", 1, 1)
    # each in a process of its own
    assert len({line.split()[-1] for line in log(tmp_path)[1:]}) == len(AREAS)
    states = [e.state for e in events if e.task == made.outcomes[0].task]
    assert states == ["started", *["step"] * 10, "made"]
    running, most = 0, 0
    for event in events:
        running += (event.state == "started") - (event.state in {"made", "failed"})
        most = max(most, running)
    assert most == 2
    assert left(tmp_path / "build") == {".state"}
    assert {p.name for p in (tmp_path / "build" / ".state").iterdir()} == {"lock"}
    assert not list((tmp_path / "cache" / "work").iterdir())


def test_a_broken_document_does_not_stop_the_others(tmp_path: Path) -> None:
    made = run(wanted("broken"), tmp_path / "build", jobs=2, kinds=KIND)
    assert [f.name for f in made.files] == ["Södermalm.txt"]
    told = {o.task.area: o.error for o in made.failed}
    assert told["Farsta"] == "Farsta has no answers; ask for them"
    assert "killed (signal 9)" in told["Järva"]
    assert "status 3" in told["Skarpnäck"]
    # a defect tells its kind and nothing of what it was about
    assert told["Bromma"].startswith("KeyError ")
    assert "secret" not in told["Bromma"]
    assert "free text" not in told["Bromma"]
    assert left(tmp_path / "build") == {".state"}


def test_a_second_batch_finds_what_the_first_made(tmp_path: Path) -> None:
    first = run(wanted("quick", AREAS[:2]), tmp_path / "build", kinds=KIND)
    again = run(wanted("quick", AREAS[:3]), tmp_path / "build", kinds=KIND)
    assert again.files[:2] == first.files
    assert sorted(line.split()[1] for line in log(tmp_path)) == sorted(AREAS[:3])


def test_what_all_share_stops_the_batch_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is nothing of 2023; look elsewhere"):
        run(wanted("nothing"), tmp_path / "build", kinds=KIND)
    assert log(tmp_path) == []


@pytest.mark.parametrize(
    ("tasks_", "options", "error", "says"),
    [
        ([], {}, InputError, "No document"),
        (wanted("quick", ["Farsta"]) * 2, {}, InputError, "Farsta 2023 is asked for twice"),
        (wanted("quick"), {"jobs": 0}, InputError, "1 or more"),
        (wanted("quikc"), {}, UnknownNameError, "did you mean 'quick'"),
        (wanted("quick", ["Farsat"]), {}, UnknownNameError, "'Farsta'"),
        (wanted("quick"), {"engine": "word"}, RenderError, "no engine 'word'"),
        (wanted("quick"), {"deliveries": "nowhere"}, InputError, "does not exist"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_starts(
    tmp_path: Path,
    tasks_: list[Task],
    options: dict[str, object],
    error: type[Exception],
    says: str,
) -> None:
    with pytest.raises(error, match=says):
        run(tasks_, tmp_path / "build", kinds=KIND, **options)  # type: ignore[arg-type]
    assert not (tmp_path / "build").exists()


def parent(tmp_path: Path, slow: float, jobs: int = 2) -> subprocess.Popen[str]:
    """A batch in a process that can be killed; its documents take `slow` seconds each."""
    code = (
        "import sys\n"
        f"sys.path.insert(0, {str(HERE)!r})\n"
        "from survey_stats.report.batch import Kind, Task, run\n"
        "kinds = {'quick': Kind('quick', 'batch_kinds:make')}\n"
        f"tasks = [Task('quick', a, 2023) for a in {AREAS!r}]\n"
        f"run(tasks, {str(tmp_path / 'build')!r}, jobs={jobs}, kinds=kinds,\n"
        "    tell=lambda e: print(e.state, e.task, e.text, flush=True))\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "SLOW_SECONDS": str(slow)},
        start_new_session=True,
    )


def until(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if word in line:
            return
    assert process.stderr is not None
    raise AssertionError(process.stderr.read())


def workers(tmp_path: Path) -> list[int]:
    files = (tmp_path / "build" / ".state").glob("worker-*.lock")
    return [int(f.stem.removeprefix("worker-")) for f in files]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


def wait_for_end(pids: list[int], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < end, "a worker lives on"
        time.sleep(0.05)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_killed_parent_takes_its_workers_along_and_the_rerun_makes_the_rest(
    tmp_path: Path,
) -> None:
    build = tmp_path / "build"
    process = parent(tmp_path, slow=3)
    until(process, "made")
    until(process, "line 4")
    pids = workers(tmp_path)
    assert pids
    assert list(build.glob(f"{MAKING}*"))
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    wait_for_end(pids)
    whole = {f.name: f.stat().st_mtime_ns for f in build.glob("*.txt")}
    assert 1 <= len(whole) < len(AREAS)
    assert all(f.read_text().count("\n") == 10 for f in build.glob("*.txt"))
    made = run(wanted("quick"), build, kinds=KIND)
    assert not made.failed
    assert {f.name: f.stat().st_mtime_ns for f in build.glob("*.txt")}.items() >= whole.items()
    assert all(f.read_text().count("\n") == 10 for f in made.files)
    assert left(build) == {".state"}
    assert {p.name for p in (build / ".state").iterdir()} == {"lock"}


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_killed_worker_costs_its_own_document_only(tmp_path: Path) -> None:
    build = tmp_path / "build"
    process = parent(tmp_path, slow=2)
    until(process, "line 3")
    victim = workers(tmp_path)[0]
    os.kill(victim, signal.SIGKILL)
    said, wrong = process.communicate(timeout=60)
    assert process.returncode == 0, wrong
    assert said.count("failed") == 1
    assert "killed (signal 9)" in said
    assert len(list(build.glob("*.txt"))) == len(AREAS) - 1
    assert left(build) == {".state"}
    assert not run(wanted("quick"), build, kinds=KIND).failed
    assert len(list(build.glob("*.txt"))) == len(AREAS)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_ends_the_workers_and_leaves_no_half_file(tmp_path: Path) -> None:
    build = tmp_path / "build"
    process = parent(tmp_path, slow=3)
    until(process, "made")
    until(process, "line 4")
    pids = workers(tmp_path)
    os.kill(process.pid, signal.SIGINT)
    _, wrong = process.communicate(timeout=30)
    assert process.returncode != 0
    assert "KeyboardInterrupt" in wrong
    assert not any(alive(pid) for pid in pids)
    assert left(build) == {".state"}
    assert {p.name for p in (build / ".state").iterdir()} == {"lock"}
    assert not list((tmp_path / "cache" / "work").iterdir())
    assert 1 <= len(list(build.glob("*.txt"))) < len(AREAS)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_two_batches_into_one_folder_are_refused(tmp_path: Path) -> None:
    process = parent(tmp_path, slow=2)
    until(process, "line 1")
    with pytest.raises(InputError, match=f"process {process.pid} on"):
        run(wanted("quick"), tmp_path / "build", kinds=KIND)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert len(list((tmp_path / "build").glob("*.txt"))) == len(AREAS)


def test_the_folder_is_told_as_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = run(wanted("quick", ["Farsta"]), "build", kinds=KIND)
    assert made.files == [Path("build") / "Farsta-2023-sv.txt"]


def test_the_kinds_of_document_name_functions_that_are_there() -> None:
    for kind in KINDS.values():
        assert callable(load(kind.make))
        assert not kind.prepare or callable(load(kind.prepare))


def test_a_plan_is_a_kind_of_document(tmp_path: Path) -> None:
    kind = of_plan("appendix", "nchs")
    assert Path(str(kind.arguments["plan"])).is_file()
    assert kind.arguments["profile"] == "nchs"
    with pytest.raises(UnknownNameError, match="school_inspectorate"):
        of_plan("appendix", "school_inspectorat")
    more = Kind("noted", "batch_kinds:with_more", arguments={"plan": "x", "profile": None})
    made = run([Task("noted", "Farsta", 2023)], tmp_path / "build", kinds={"noted": more})
    assert made.files[0].read_text() == "x None Farsta"


def test_all_areas_are_the_districts_then_the_city() -> None:
    areas = all_areas()
    assert areas == [*DISTRICTS, "Stockholm"]
    assert len(tasks(areas, [2023])) == len(areas)
