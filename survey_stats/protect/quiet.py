"""HiGHS prints a line of its own in some searches; a command that prints JSON must not."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing that C code prints meanwhile reaches standard output (on POSIX)."""
    try:
        flush = ctypes.CDLL(None).fflush
        kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    except (OSError, TypeError, AttributeError):
        yield
        return
    try:
        flush(None)
        os.dup2(nowhere, 1)
        yield
    finally:
        flush(None)
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
