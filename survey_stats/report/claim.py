"""One run at a time writes into a folder, and a run that was killed leaves nothing lying about.

The lock is the operating system's own, so it goes with the process that held it: a lock file that a
killed run left behind is no lock, whatever it says. Worker processes of a batch hold one each, so
that a new run waits for those that outlive a killed parent by a moment.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import platform
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

from survey_stats.errors import InputError

STATE = ".state"
MAKING = ".making-"
"""The start of the name of a folder in which a run makes its files before it puts them in place."""

_LOCK, _RUN, _WORKER = "lock", "run.json", "worker-"
_SCRATCH = re.compile(r"\.\d+-.")
_PATIENCE = 30.0
_held: dict[Path, int] = {}


@contextlib.contextmanager
def claim(folder: str | Path) -> Iterator[Path]:
    """Nobody else writes into `folder` as long as the context lasts.

    What an earlier run left half made is removed first. A folder that this thread holds already is
    simply given.

    Args:
        folder: made where it is missing.

    Raises:
        InputError: another run is writing there, or the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    place = _made(Path(folder))
    key = place.resolve()
    if _held.get(key) == threading.get_ident():
        yield place
        return
    state = _made(place / STATE)
    try:
        lock = FileLock(state / _LOCK, timeout=0)
        lock.acquire()
    except Timeout:
        raise _taken(place) from None
    except OSError as error:
        raise _unwritable(place, error) from None
    try:
        _wait_for_workers(place)
        sweep(place)
        _say_who(state)
        _held[key] = threading.get_ident()
        try:
            yield place
        finally:
            _held.pop(key, None)
            sweep(place)
            (state / _RUN).unlink(missing_ok=True)
    finally:
        lock.release()


@contextlib.contextmanager
def share(folder: str | Path) -> Iterator[Path]:
    """A worker's part in the claim of the process that started it."""
    from filelock import FileLock

    place = _made(Path(folder))
    own = _made(place / STATE) / f"{_WORKER}{os.getpid()}.lock"
    with FileLock(own):
        _held[place.resolve()] = threading.get_ident()
        try:
            yield place
        finally:
            _held.pop(place.resolve(), None)


def sweep(folder: Path) -> None:
    """Remove what killed runs left half made; only for who has claimed the folder."""
    for left in folder.glob(f"{MAKING}*"):
        shutil.rmtree(left, ignore_errors=True)
    for place in (folder, folder / STATE, folder / "deliveries"):
        if place.is_dir():
            for file in place.iterdir():
                if _SCRATCH.match(file.name) and file.is_file():
                    file.unlink(missing_ok=True)
    for file in (folder / STATE).glob(f"{_WORKER}*.lock"):
        with contextlib.suppress(OSError):
            file.unlink()


def _wait_for_workers(folder: Path) -> None:
    from filelock import FileLock, Timeout

    for file in sorted((folder / STATE).glob(f"{_WORKER}*.lock")):
        try:
            with FileLock(file, timeout=_PATIENCE):
                pass
        except Timeout:
            raise InputError(
                f"A process of an earlier run ({file.stem.removeprefix(_WORKER)}) still writes "
                f"into {folder}; wait until it has ended, end it, or give another folder"
            ) from None


def _taken(folder: Path) -> InputError:
    try:
        told = json.loads((folder / STATE / _RUN).read_text(encoding="utf-8"))
        who = f" (process {told['pid']} on {told['host']}, since {told['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        who = ""
    return InputError(
        f"Another run{who} is writing into {folder}; wait until it has ended, or give another "
        "folder"
    )


def _say_who(state: Path) -> None:
    now = datetime.datetime.now().astimezone().replace(microsecond=0, tzinfo=None)
    told = {"pid": os.getpid(), "host": platform.node(), "since": now.isoformat(" ")}
    scratch = state / f".{os.getpid()}-{_RUN}"
    scratch.write_text(json.dumps(told), encoding="utf-8")
    scratch.replace(state / _RUN)


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from None
    return folder


def _unwritable(folder: Path, error: OSError) -> InputError:
    return InputError(f"The folder {folder} cannot be made ({error.strerror}); give another one")
