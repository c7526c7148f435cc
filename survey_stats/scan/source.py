"""What can be scanned, and what its columns are."""

from __future__ import annotations

import functools
import glob
import importlib
import operator
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pandas as pd

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.read import UserMissing, sidecar
from survey_stats.read.delivery import says_synthetic

if TYPE_CHECKING:
    import narwhals as nw
    import pyarrow as pa

# what DuckDB may hold in memory before it spills to disk
MEMORY_LIMIT = "1GB"
# rows that an engine hands over at a time
BATCH = 1 << 17
# columns of DuckDB that say from which file a row is, and which row of it
FILE = "_survey_stats_file"
ROW = "_survey_stats_row"


class Origin:
    """Where respondents come from: two samples that have some of it in common are not independent.

    `data` is the frame that was given, or None for files.
    """

    def __init__(self, data: Any, files: Iterable[str]) -> None:
        self._data = data
        self._known = frozenset([uuid4().hex, *(str(Path(f).resolve()) for f in files)])

    def shares(self, other: Origin | None) -> bool:
        """Whether some respondents may be the same."""
        if other is None:
            return False
        return bool(self._known & other._known) or (
            self._data is not None and self._data is other._data
        )

    def __getstate__(self) -> dict[str, Any]:
        # a frame of an engine need not go along with a result
        return {"_data": None, "_known": self._known}


@dataclass(eq=False)
class Progress:
    """How many percent of the question that is being asked are done; -1 where that is unknown.

    `engine` tells where the engine itself does the work; to be called from another thread.
    """

    engine: Callable[[], float] | None = None
    _part: float | None = None

    def tell(self, part: float | None) -> None:
        """So much of the rows have been read; None where the engine reads them."""
        self._part = part

    def __call__(self) -> float:
        if self._part is not None:
            return 100.0 * self._part
        return -1.0 if self.engine is None else self.engine()


@dataclass(frozen=True, eq=False)
class Source:
    """A table that has not been read yet.

    Attributes
    ----------
    lazy: the table, whatever engine is behind it
    origin: see `Origin`
    engine: "duckdb", "polars", "pandas", "pyspark", ...
    files: the files of the table, where it was opened by their names
    categories: the types of categorical columns, whose values have an order
    synthetic: whether a file says, in its name or notes, that its data are made up, or a frame in
        `attrs["synthetic"]`
    progress: see `Progress`
    spill: where the engine puts what does not fit into memory
    """

    lazy: nw.LazyFrame[Any]
    origin: Origin
    engine: str
    files: tuple[str, ...] = ()
    categories: Mapping[str, pd.CategoricalDtype] = field(default_factory=dict)
    synthetic: bool = False
    progress: Progress = field(default_factory=Progress)
    spill: TemporaryDirectory[str] | None = None

    @property
    def columns(self) -> list[str]:
        """Names of the columns, without reading a row."""
        return [c for c in self.lazy.collect_schema().names() if c not in (FILE, ROW)]

    @property
    def title(self) -> str:
        """What the table is called in messages."""
        if not self.files:
            return f"the {self.engine} table"
        more = f" and {len(self.files) - 1} more files" if len(self.files) > 1 else ""
        return f"{self.files[0]}{more}"

    def empty(self) -> pd.DataFrame:
        """The columns in the types of pandas, without a row."""
        import pyarrow as pa

        with self.reading():
            table = self.lazy.head(0).collect("pyarrow").to_native()
            # pandas takes no categories whose codes are unsigned, which are Polars' own
            plain = [f.with_type(_plain(f.type)) for f in table.schema]
            none: pd.DataFrame = table.cast(pa.schema(plain)).to_pandas()
            return none

    def batches(self, names: Sequence[str]) -> Generator[pa.RecordBatch] | None:
        """The rows of these columns in their order; None where the engine is another process.

        Without a name, some column. To be closed, as an engine may do one thing at a time.
        """
        lazy = self.lazy.select(*(names or self.columns[:1]))
        chosen = lazy.to_native()
        if self.engine == "duckdb":
            return _read(getattr(chosen, "to_arrow_reader", None) or chosen.fetch_record_batch)
        if self.engine == "polars" and hasattr(chosen, "collect_batches"):
            return _collected(chosen)
        if self.engine in ("pandas", "pyarrow"):
            return _held(lazy)
        return None

    def require(self, names: Iterable[str], what: str = "column") -> None:
        """Raise unless every file has all columns, of one type each.

        Raises
        ------
        UnknownNameError: the table has no such column; the nearest are named
        InputError: a file lacks a column that others have, or has it with another type
        """
        wanted = list(dict.fromkeys(names))
        known = self.columns
        for name in wanted:
            if name not in known:
                raise UnknownNameError(what, name, known, where=self.title)
        if len(self.files) > 1:
            _same_types(self.files, wanted)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Errors of the engine as one sentence that says where."""
        try:
            yield
        except (InputError, KeyboardInterrupt):
            raise
        except Exception as error:
            first = str(error).strip().splitlines()[0] if str(error).strip() else ""
            way = ""
            if type(error).__name__ == "OutOfMemoryException" and self.spill is not None:
                folder = Path(self.spill.name).parent
                way = f"; make room in {folder}, or set TMPDIR to a larger disk"
            raise InputError(
                f"{self.engine} could not finish reading {self.title} "
                f"({type(error).__name__}: {first}); there is no result{way}"
            ) from error


def _read(open_reader: Callable[[int], pa.RecordBatchReader]) -> Generator[pa.RecordBatch]:
    reader = open_reader(BATCH)
    try:
        yield from reader
    finally:
        reader.close()


def _collected(lazy: Any) -> Generator[pa.RecordBatch]:
    for frame in lazy.collect_batches(chunk_size=BATCH, maintain_order=True):
        yield from frame.to_arrow().to_batches()


def _held(lazy: nw.LazyFrame[Any]) -> Generator[pa.RecordBatch]:
    yield from lazy.collect("pyarrow").to_native().to_batches(BATCH)


def open_source(data: Any) -> Source:
    """The table behind a path, a pattern such as "waves/*.parquet", several of them, or a frame.

    Parameters
    ----------
    data: parquet path(s) or patterns, read by DuckDB; a Polars frame or lazy frame, a DuckDB
        relation, a PySpark DataFrame, a pandas DataFrame, or what else narwhals knows

    Raises
    ------
    InputError: no file fits, a file is not parquet, or the object is no table
    """
    if isinstance(data, (str, Path)):
        return _open_files([data])
    if isinstance(data, (list, tuple)) and data and all(isinstance(p, (str, Path)) for p in data):
        return _open_files(data)
    if isinstance(data, pd.DataFrame) and not data.columns.is_unique:
        twice = data.columns[data.columns.duplicated()][0]
        count = int((data.columns == twice).sum())
        raise InputError(f"The frame has {count} columns named {twice!r}; rename them")
    nw = _needed("narwhals")
    try:
        frame = nw.from_native(data)
    except (TypeError, ValueError) as error:
        # what harmonise and read give, of which a Survey or a frame is to be had
        have = next((n for n in ("survey", "valid") if callable(getattr(data, n, None))), "")
        hint = f"take its .{have}()" if have else str(error).strip().splitlines()[0]
        raise InputError(
            f"A Survey takes a frame (pandas, Polars, DuckDB, PySpark) or parquet files, not "
            f"{type(data).__name__}; {hint}"
        ) from error
    lazy = frame.lazy() if isinstance(frame, nw.DataFrame) else frame
    if not isinstance(lazy, nw.LazyFrame):
        raise InputError(f"A Survey takes a table, not {type(data).__name__}; give a frame")
    made_up = isinstance(data, pd.DataFrame) and bool(data.attrs.get("synthetic", False))
    origin = Origin(data, ())
    return Source(lazy, origin, lazy.implementation.value, (), _categories(lazy, data), made_up)


def _categories(lazy: nw.LazyFrame[Any], data: Any) -> dict[str, pd.CategoricalDtype]:
    """The ordered values of the columns of a frame that declare them."""
    import narwhals as nw

    if isinstance(data, pd.DataFrame):
        return {
            str(name): dtype
            for name, dtype in data.dtypes.items()
            if isinstance(dtype, pd.CategoricalDtype)
        }
    schema = lazy.collect_schema()
    return {
        name: pd.CategoricalDtype(list(kind.categories), ordered=True)
        for name, kind in schema.items()
        if isinstance(kind, nw.Enum)
    }


def _open_files(paths: Sequence[str | Path]) -> Source:
    files = [name for path in paths for name in _matching(str(path))]
    duckdb, nw = _needed("duckdb"), _needed("narwhals")
    declared = _declared_missing(files)
    spill = TemporaryDirectory(prefix="survey_stats_", ignore_cleanup_errors=True)
    connection = duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "temp_directory": spill.name})
    with suppress(duckdb.Error):
        # rows are read once; older releases keep none of them anyway
        connection.execute("SET enable_external_file_cache = false")
    relation = connection.sql(
        f"SELECT * RENAME (file_row_number AS {ROW}) FROM read_parquet($files, "
        f"union_by_name = true, filename = '{FILE}', file_row_number = true)",
        params={"files": files},
    )
    lazy = nw.from_native(relation)
    if declared:
        lazy = lazy.with_columns(*(_valid(name, missing) for name, missing in declared.items()))
    return Source(
        lazy,
        Origin(None, files),
        "duckdb",
        tuple(files),
        _dictionaries(files),
        any(_made_up(file) for file in files),
        Progress(connection.query_progress),
        spill,
    )


def _made_up(file: str) -> bool:
    content = (_schema(file).metadata or {}).get(sidecar.KEY)
    notes = () if content is None else sidecar.unpack(content)[2]
    return says_synthetic(" ".join([Path(file).name, *notes]))


def _declared_missing(files: Sequence[str]) -> dict[str, UserMissing]:
    """The codes that files written by `survey_stats.read.write` declare as missing, by column."""
    found: dict[str, UserMissing] = {}
    for file in files:
        schema = _schema(file)
        content = (schema.metadata or {}).get(sidecar.KEY)
        missing = UserMissing() if content is None else sidecar.unpack(content)[1]
        for name in schema.names:
            own = UserMissing(
                {name: missing.codes[name]} if name in missing.codes else {},
                {name: missing.ranges[name]} if name in missing.ranges else {},
            )
            if found.setdefault(name, own) != own:
                raise InputError(
                    f"The file {file!r} declares other codes of {name!r} as missing than those "
                    "before it; harmonise the waves first (survey-stats harmonise)"
                )
    return {name: own for name, own in found.items() if own != UserMissing()}


def _valid(name: str, missing: UserMissing) -> Any:
    """The column with its declared missing codes made missing."""
    import narwhals as nw

    column = nw.col(name)
    hits = [column.is_in(list(missing.codes[name]))] if name in missing.codes else []
    hits += [(column >= low) & (column <= high) for low, high in missing.ranges.get(name, ())]
    kept = ~functools.reduce(operator.or_, hits)
    return nw.when(kept).then(column).alias(name)


def _needed(name: str) -> Any:
    """The library of this name."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InputError(
            f"Scanning needs {name}, which is not installed: pip install "
            "'survey-stats-lagesbild[scan]'"
        ) from error


def _matching(path: str) -> list[str]:
    found = [path]
    if glob.has_magic(path) and not Path(path).exists():
        found = sorted(glob.glob(path, recursive=True))  # noqa: PTH207
    if not found:
        raise InputError(f"No file fits {path!r}; check the folder and the pattern")
    for name in found:
        if not Path(name).is_file():
            raise InputError(f"The file {name!r} does not exist; check the path")
    return found


def _schema(file: str) -> pa.Schema:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_schema(file)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            f"The file {file!r} is not a whole parquet file; write it again, or read it with "
            "survey_stats.read"
        ) from error


def _same_types(files: Sequence[str], names: Sequence[str]) -> None:
    import pyarrow as pa

    schemas = {file: _schema(file) for file in files}
    for name in names:
        known: tuple[str, pa.DataType] | None = None
        for file, schema in schemas.items():
            if schema.get_field_index(name) < 0:
                having = next(f for f, s in schemas.items() if s.get_field_index(name) >= 0)
                raise InputError(
                    f"The file {file!r} has no column {name!r}, which {having!r} has; add it, or "
                    "leave the file out"
                )
            dtype = _plain(schema.field(name).type)
            if pa.types.is_null(dtype):
                # nobody answered in this file, so it has no type to tell
                continue
            known = known or (file, dtype)
            if dtype != known[1]:
                raise InputError(
                    f"The column {name!r} is {dtype} in {file!r} and {known[1]} in {known[0]!r}; "
                    "write the files with one type"
                )


def _plain(dtype: pa.DataType) -> pa.DataType:
    """The type of the values: how they are stored is no difference."""
    import pyarrow as pa

    if pa.types.is_dictionary(dtype):
        dtype = dtype.value_type
    return pa.string() if pa.types.is_large_string(dtype) else dtype


def _dictionaries(files: Sequence[str]) -> dict[str, pd.CategoricalDtype]:
    """The values of dictionary columns in the order in which the files hold them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    found: dict[str, dict[Any, None]] = {}
    ordered: dict[str, bool] = {}
    for file in files:
        with pq.ParquetFile(file) as parquet:
            held = [f for f in parquet.schema_arrow if pa.types.is_dictionary(f.type)]
            for field_ in held:
                ordered.setdefault(field_.name, field_.type.ordered)
            if not held or not parquet.metadata.num_row_groups:
                continue
            names = [f.name for f in held]
            for name, column in zip(
                names, parquet.read_row_group(0, columns=names).itercolumns(), strict=True
            ):
                for chunk in column.chunks:
                    found.setdefault(name, {}).update(dict.fromkeys(chunk.dictionary.to_pylist()))
    return {
        name: pd.CategoricalDtype(list(values), ordered=ordered[name])
        for name, values in found.items()
        if values
    }
