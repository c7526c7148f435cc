"""The pieces that a plan can show, by name; a user's module can bring its own.

A piece is a function of a document, a row of its plan and options:

    from survey_stats.report.pieces import piece

    @piece("answers", about="question")
    def answers(document, row, *, smallest: int = 30):
        '''How many answered.'''
        yield f"..."

It returns or yields tables, charts, markdown, or sentences. Its options are its keyword-only
parameters; their types are checked when a plan is loaded.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from survey_stats.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from survey_stats.report.charts import Chart
    from survey_stats.report.show import Markdown
    from survey_stats.report.tables import Table

    Shown: TypeAlias = Table | Chart | Markdown | str
    Made: TypeAlias = Shown | Iterable[Shown] | None

About = Literal["question", "document", "either"]
_TAKEN = {"piece", "question", "surveys", "groups", "compare", "when", "id"}
# the modules of this package that register pieces when they are imported
_BUILT_IN = (
    "front",
    "overview",
    "question",
    "groups",
    "technical",
    "disagreement",
    "surveys",
    "codings",
    "answers",
    "small_areas",
    "crime",
    "audit",
    "method",
    "onepage",
    "quality",
)
_Function = TypeVar("_Function", bound="Callable[..., Made]")


@dataclass(frozen=True)
class Piece:
    """A piece that plans can name.

    Attributes:
        name: what a plan calls it in `form`.
        function: makes it from a document, a row and options.
        about: whether a row of it must name a question, must not, or may.
        workbook: the options with which it makes the sheets of the workbook, over those of the row;
            None where it has no sheets of its own.
    """

    name: str
    function: Callable[..., Made]
    about: About = "document"
    workbook: Mapping[str, Any] | None = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What it shows: the first paragraph of its docstring."""
        told = inspect.getdoc(self.function) or ""
        return " ".join(told.split("\n\n")[0].split())

    @cached_property
    def options(self) -> dict[str, inspect.Parameter]:
        """Its options: the keyword-only parameters of its function."""
        found = inspect.signature(self.function).parameters
        return {n: p for n, p in found.items() if p.kind is inspect.Parameter.KEYWORD_ONLY}

    def check(self, options: Mapping[str, Any], where: str = "") -> dict[str, Any]:
        """The options as the function takes them.

        Raises:
            UnknownNameError: it has no such option.
            InputError: a value is of the wrong kind, or one is missing.
        """
        from pydantic import TypeAdapter, ValidationError

        out: dict[str, Any] = {}
        for name, value in options.items():
            if name not in self.options:
                raise UnknownNameError(f"option of {self.name}", name, self.options, where)
            try:
                out[name] = TypeAdapter(self._type(name)).validate_python(value)
            except ValidationError as error:
                told = error.errors(include_url=False)[0]["msg"].replace("Input should", "it must")
                raise InputError(
                    f"{f'{where}: ' if where else ''}{name}: {value!r} does not do for "
                    f"{self.name}; {told}"
                ) from None
        for name, parameter in self.options.items():
            if parameter.default is inspect.Parameter.empty and name not in options:
                raise InputError(
                    f"{f'{where}: ' if where else ''}{self.name} needs the option {name!r}; add it"
                )
        return out

    def _type(self, name: str) -> Any:
        """What an option is declared as; anything where only a type checker knows the name."""
        declared = self.options[name].annotation
        if not isinstance(declared, str):
            return Any if declared is inspect.Parameter.empty else declared
        try:
            return eval(declared, inspect.unwrap(self.function).__globals__)
        except NameError:
            return Any


_pieces: dict[str, Piece] = {}


def piece(
    name: str, about: About = "document", workbook: Mapping[str, Any] | Literal[False] | None = None
) -> Callable[[_Function], _Function]:
    """Register a function as a piece.

    Args:
        name: what plans call it, in small letters.
        about: whether a row of it must name a question, must not, or may.
        workbook: the options with which it makes the sheets of the workbook, over those of the row;
            False for a piece without tables.

    Raises:
        InputError: another function has the name, or an option has the name of a key of rows.
    """

    def register(function: _Function) -> _Function:
        made = Piece(name, function, about, None if workbook is False else workbook or {})
        had = _pieces.get(name)
        if had is not None and _place(had.function) != _place(function):
            raise InputError(
                f"There is a piece {name!r} already ({had.text or had.function.__name__}); give "
                "yours another name"
            )
        taken = sorted(_TAKEN & set(made.options))
        if taken:
            raise InputError(
                f"The piece {name!r} has an option {taken[0]!r}, which rows have already; give it "
                "another name"
            )
        _pieces[name] = made
        return function

    return register


def pieces() -> dict[str, Piece]:
    """Every piece by name, those of this package first."""
    for module in _BUILT_IN:
        import_module(f"survey_stats.report.pieces.{module}")
    # whichever module was imported first
    order = {f"survey_stats.report.pieces.{m}": i for i, m in enumerate(_BUILT_IN)}
    found = sorted(_pieces.items(), key=lambda p: order.get(p[1].function.__module__, len(order)))
    return dict(found)


def named(name: str, where: str = "") -> Piece:
    """A piece by its name.

    Raises:
        UnknownNameError: there is none; the nearest are named.
    """
    known = pieces()
    if name not in known:
        raise UnknownNameError("piece", name, known, where)
    return known[name]


def load_module(path: Path, where: str = "") -> None:
    """Run a Python file that registers pieces.

    Raises:
        InputError: it is not there, or cannot be run.
    """
    from importlib.util import module_from_spec, spec_from_file_location

    place = f"{where}: " if where else ""
    if not path.is_file():
        raise InputError(
            f"{place}there is no file {path.name} in {path.parent.name}; check the name in modules"
        )
    pieces()
    spec = spec_from_file_location(f"_pieces_of_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise InputError(f"{place}{path.name} is no Python file; give one that ends with .py")
    try:
        spec.loader.exec_module(module_from_spec(spec))
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"{place}{path.name} cannot be run ({type(error).__name__}: {error}); correct it"
        ) from error


def _place(function: Callable[..., Any]) -> tuple[str, str]:
    """Where a function is written: the same file run again gives the same piece."""
    code = getattr(function, "__code__", None)
    file = getattr(code, "co_filename", "")
    return Path(file).name, function.__qualname__
