"""One document in a process of its own: `python -m survey_stats.report.worker`, for `report.batch`.

The job is one line of JSON on the standard input; progress and the outcome are lines of JSON on the
standard output. The input stays open as long as whoever started the process lives and wants it: at
its end the worker stops, so that no killed batch goes on writing.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

import survey_stats
from survey_stats.errors import SurveyStatsError

_GRACE = 5.0
"""Seconds that a worker has for cleaning up when it is told to stop."""


def main() -> int:
    """Do the job that stands on the standard input."""
    channel = _channel()
    line = _first_line()
    if not line:
        return 1
    threading.Thread(target=_stop_with_parent, daemon=True).start()
    job = json.loads(line)
    try:
        files = _run(job, channel)
    except SurveyStatsError as error:
        _tell(channel, {"failed": str(error), "defect": False})
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        _tell(channel, {"failed": defect(error), "defect": True})
        return 0
    _tell(channel, {"made": files})
    return 0


def defect(error: BaseException) -> str:
    """What is told of an error that nobody foresaw: its kind and place.

    Its text is left out, since it may hold an answer or a path of the machine.

    >>> try:
    ...     {}["secret"]
    ... except KeyError as error:
    ...     print(defect(error))
    KeyError outside the package; this is a defect, please report it
    """
    package = Path(survey_stats.__file__).resolve().parent
    place = "outside the package"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = Path(frame.filename)
        if file.is_relative_to(package):
            place = f"in {file.relative_to(package.parent).as_posix()}, line {frame.lineno}"
            break
    return f"{type(error).__name__} {place}; this is a defect, please report it"


def _run(job: Mapping[str, Any], channel: TextIO) -> list[str]:
    from survey_stats.report.claim import share

    with share(job["out"]):
        made = load(job["call"])(
            **job["arguments"],
            progress=lambda step, done, total: _tell(channel, {"step": [step, done, total]}),
        )
    return [str(file) for file in made or ()]


def load(name: str) -> Callable[..., Any]:
    """The function called `module:function`.

    >>> load("posixpath:basename")("a/b")
    'b'
    """
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found


def _channel() -> TextIO:
    """The standard output, for the parent alone: what libraries print goes to the error output."""
    own = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    return own


def _tell(channel: TextIO, what: Mapping[str, Any]) -> None:
    try:
        channel.write(json.dumps(what) + "\n")
        channel.flush()
    except OSError:
        os._exit(1)


def _first_line() -> bytes:
    # without a buffer, which a thread that waits for more would hold locked at the end
    text = b""
    while not text.endswith(b"\n"):
        more = os.read(0, 1 << 16)
        if not more:
            return b""
        text += more
    return text


def _stop_with_parent() -> None:
    while os.read(0, 1 << 16):
        pass
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        signal.raise_signal(signal.SIGINT)
    threading.Event().wait(_GRACE)
    os._exit(130)


if __name__ == "__main__":
    sys.exit(main())
