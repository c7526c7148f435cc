"""Worker processes that make documents: started with a job, heard line by line, ended in order."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import survey_stats
from survey_stats.report.cache import cache_folder, fingerprint

_LAST_WORDS = 10.0
"""Seconds that workers have to end when a batch is interrupted."""


@dataclass(frozen=True)
class Job:
    """A call that a worker makes."""

    call: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Message:
    """A line of a worker, or its end (`line` is empty, `status` is set)."""

    job: Job
    line: str = ""
    status: int | None = None


class Pool:
    """The worker processes of a batch; none outlives the context."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.messages: queue.Queue[Message] = queue.Queue()
        self.running: dict[int, subprocess.Popen[bytes]] = {}
        self.lock = threading.Lock()
        # beside the cache, not in the user's folder, which may be synchronised with a server
        self.scratch = cache_folder() / "work" / fingerprint(str(folder))

    def __enter__(self) -> Pool:
        shutil.rmtree(self.scratch, ignore_errors=True)
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def start(self, job: Job) -> None:
        """Let a worker do a job; what it says comes as messages."""
        place = self.scratch / fingerprint(job.call, sorted(job.arguments.items(), key=str))
        (place / "jupyter").mkdir(parents=True, exist_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "survey_stats.report.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(place),
            # Ctrl-C is the batch's affair, which then ends its workers in order
            **_own_group(),
        )
        with self.lock:
            self.running[process.pid] = process
        told = {"call": job.call, "arguments": job.arguments, "out": str(self.folder)}
        threading.Thread(target=self._listen, args=(job, process, told), daemon=True).start()

    def _listen(self, job: Job, process: subprocess.Popen[bytes], told: dict[str, Any]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(OSError):
            process.stdin.write(json.dumps(told).encode() + b"\n")
            process.stdin.flush()
        for line in process.stdout:
            self.messages.put(Message(job, line.decode("utf-8", "replace")))
        status = process.wait()
        with self.lock:
            self.running.pop(process.pid, None)
        self.messages.put(Message(job, status=status))

    def _stop(self) -> None:
        with self.lock:
            left = list(self.running.values())
        for process in left:
            if process.stdin is not None:
                with suppress(OSError):
                    process.stdin.close()
        until = time.monotonic() + _LAST_WORDS
        for process in left:
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def hear(self) -> Message:
        """The next message."""
        while True:
            # a wait without end cannot be interrupted everywhere
            with suppress(queue.Empty):
                return self.messages.get(timeout=0.2)


def _own_group() -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _environment(place: Path) -> dict[str, str]:
    package = str(Path(survey_stats.__file__).resolve().parent.parent)
    known = os.environ.get("PYTHONPATH", "")
    # the workers share the cores; a numeric library in each must not take all of them
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "RAYON")}
    return {
        **threads,
        **os.environ,
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(p for p in (package, known) if p)),
        "JUPYTER_RUNTIME_DIR": str(place / "jupyter"),
        **dict.fromkeys(("TMPDIR", "TMP", "TEMP"), str(place)),
    }


def ended(status: int) -> str:
    """Why a worker said nothing.

    >>> ended(-9)[:45], ended(3)[:37]
    ('its process was killed (signal 9), perhaps fo', 'its process ended with the status 3; ')
    """
    if status < 0:
        return (
            f"its process was killed (signal {-status}), perhaps for want of memory; run the same "
            "again, with fewer --jobs if it happens once more"
        )
    return f"its process ended with the status {status}; run the same again"
