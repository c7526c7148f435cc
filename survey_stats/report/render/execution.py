"""Runs the cells of a document once, in a kernel of the running interpreter."""

from __future__ import annotations

import base64
import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from survey_stats.errors import RenderError, UnknownNameError
from survey_stats.report.render.source import Cell, Document, Prose, inline_expressions

Progress = Callable[[str], None]
Output = dict[str, Any]

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_FRAME_LINE = re.compile(r"Cell In\[\d+\], line (\d+)")


@dataclass(frozen=True)
class Executed:
    """What the kernel answered: by part of the document, in its order.

    `outputs[i]` are the outputs of part i where it is a cell that ran; `inline[i]` the mime bundles
    of the inline expressions of part i where it is prose.
    """

    outputs: dict[int, list[Output]]
    inline: dict[int, list[dict[str, Any]]]


@dataclass(frozen=True)
class FigureDefaults:
    """Size in inches, dots per inch and formats of the figures that cells draw."""

    width: float = 7.0
    height: float = 5.0
    dpi: int = 220
    formats: tuple[str, ...] = ("svg", "png")


def execute(
    document: Document,
    params: Mapping[str, object],
    figures: FigureDefaults,
    run_by_default: bool = True,
    progress: Progress | None = None,
) -> Executed:
    """Runs every cell and inline expression of `document`, with `params` set.

    Raises:
        RenderError: a cell or an expression fails; the text names its line.
        UnknownNameError: a parameter that the cell tagged `parameters` does not set.
    """
    injected = injected_code(document, params)
    say = progress or (lambda _message: None)
    outputs: dict[int, list[Output]] = {}
    inline: dict[int, list[dict[str, Any]]] = {}
    total = len(document.cells)
    count = 0
    if not document.cells and not any(
        inline_expressions(p) for p in document.parts if isinstance(p, Prose)
    ):
        return Executed({}, {i: [] for i in range(len(document.parts))})
    with _kernel(document, figures) as client:
        for i, part in enumerate(document.parts):
            if isinstance(part, Prose):
                inline[i] = _run_inline(client, document, part)
                continue
            count += 1
            say(f"cell {count} of {total}" + (f": {part.label}" if part.label else ""))
            if not part.options.get("eval", run_by_default) or not part.code.strip():
                outputs[i] = []
                continue
            outputs[i] = _run_cell(client, document, part, part.code)
            if injected and "parameters" in part.tags:
                _run_cell(client, document, part, injected)
                injected = ""
    return Executed(outputs, inline)


def injected_code(document: Document, params: Mapping[str, object]) -> str:
    """The code that sets `params`, as papermill (and so real Quarto) writes it.

    Raises:
        RenderError: there are parameters, but no cell tagged `parameters`.
        UnknownNameError: a parameter that this cell does not set.
    """
    if not params:
        return ""
    cell = next((c for c in document.cells if "parameters" in c.tags), None)
    if cell is None:
        raise document.error(
            None, "it takes no parameters: there is no cell with '#| tags: [parameters]'"
        )
    known = re.findall(r"^([A-Za-z_]\w*)\s*(?::[^=\n]+)?=", cell.code, re.MULTILINE)
    for name in params:
        if name not in known:
            raise UnknownNameError("parameter", name, known, f"{document.path.name}")
    from papermill.translators import PythonTranslator

    return str(PythonTranslator.codify(dict(params), "Injected Parameters"))


@contextlib.contextmanager
def _kernel(document: Document, figures: FigureDefaults) -> Iterator[Any]:
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    with tempfile.TemporaryDirectory(prefix="render-") as home, _stderr_file(home) as quiet:
        manager = AsyncKernelManager()
        manager._kernel_spec = KernelSpec(
            argv=[
                sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher",
                "-f", "{connection_file}", "--HistoryManager.enabled=False",
            ],
            display_name="Python",
            language="python",
        )  # fmt: skip
        # a user's own IPython start-up files would make the document depend on the machine
        environment = {
            "SOURCE_DATE_EPOCH": "0",  # matplotlib stamps every SVG with the time otherwise
            **os.environ,
            "IPYTHONDIR": home,
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }
        client = NotebookClient(
            _notebook_part("notebook", cells=[_notebook_part("code_cell")]),
            km=manager,
            timeout=None,
            record_timing=False,
            resources={"metadata": {"path": str(document.path.resolve().parent)}},
        )
        # nbclient leaves a kernel of somebody else's manager running until the process ends
        with client.setup_kernel(cleanup_kc=True, env=environment, stderr=quiet, stdout=quiet):
            setup = _notebook_part("code_cell", _setup_code(figures))
            client.execute_cell(setup, 0, store_history=False)
            yield client


def _notebook_part(kind: str, *arguments: Any, **options: Any) -> Any:
    from nbformat import v4

    return getattr(v4, f"new_{kind}")(*arguments, **options)


@contextlib.contextmanager
def _stderr_file(folder: str) -> Iterator[Any]:
    # the kernel process warns about its transport, which is nothing to a reader of a terminal
    with (Path(folder) / "kernel.log").open("wb") as file:
        yield file


def _setup_code(figures: FigureDefaults) -> str:
    formats = ", ".join(repr(f) for f in figures.formats)
    return (
        "try:\n"
        "    import matplotlib.pyplot as _plt\n"
        "    from matplotlib_inline.backend_inline import set_matplotlib_formats as _formats\n"
        f"    _plt.rcParams['figure.figsize'] = ({figures.width}, {figures.height})\n"
        f"    _plt.rcParams['figure.dpi'] = {figures.dpi}\n"
        "    _plt.rcParams['savefig.dpi'] = 'figure'\n"
        "    _plt.rcParams['svg.hashsalt'] = 'render'\n"
        f"    _formats({formats})\n"
        "    del _plt, _formats\n"
        "except ImportError:\n"
        "    pass\n"
    )


def _run_cell(client: Any, document: Document, cell: Cell, code: str) -> list[Output]:
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    node = _notebook_part("code_cell", code)
    named = f" in the cell '{cell.label}'" if cell.label else ""
    try:
        client.execute_cell(node, 0)
    except CellExecutionError as error:
        line = cell.line if code is not cell.code else _line_of_error(cell, error.traceback)
        what = _ANSI.sub("", f"{error.ename}: {error.evalue}").strip().splitlines()[-1]
        raise document.error(line, f"{what}{named}") from None
    except DeadKernelError:
        raise document.error(cell.line, f"Python died{named}; it may need more memory") from None
    return [dict(o) for o in node.outputs]


def _line_of_error(cell: Cell, traceback: str) -> int:
    found = _FRAME_LINE.findall(_ANSI.sub("", traceback))
    return cell.code_line + int(found[-1]) - 1 if found else cell.line


def _run_inline(client: Any, document: Document, prose: Prose) -> list[dict[str, Any]]:
    expressions = inline_expressions(prose)
    if not expressions:
        return []
    asked = {str(i): text for i, (text, _line) in enumerate(expressions)}
    reply = client.wait_for_reply(client.kc.execute("", user_expressions=asked))
    answers = reply["content"].get("user_expressions", {})
    results: list[dict[str, Any]] = []
    for i, (expression, line) in enumerate(expressions):
        answer = answers.get(str(i), {"status": "error", "ename": "Error", "evalue": "no answer"})
        if answer.get("status") != "ok":
            what = f"{answer.get('ename')}: {answer.get('evalue')}"
            raise document.error(line, f"{what} in the inline expression '{expression}'")
        results.append(answer["data"])
    return results


def image_bytes(data: str, mime: str) -> bytes:
    """The content of an image output: SVG comes as text, all else as base64."""
    if mime == "image/svg+xml":
        return data.encode("utf-8")
    try:
        return base64.b64decode("".join(data.split()))
    except ValueError:
        raise RenderError(f"An output of type {mime} is not valid base64") from None
