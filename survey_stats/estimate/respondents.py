"""Respondents and their design, as every method of a `Survey` finds them: read-only, coded once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from survey_stats.errors import InputError
from survey_stats.estimate import columns
from survey_stats.estimate.columns import Bools, Coded, Floats, Ints
from survey_stats.estimate.design import Design, as_names
from survey_stats.estimate.grouping import crossed, keys, narrowed
from survey_stats.estimate.tally import Groups
from survey_stats.estimate.where import Where, domain

if TYPE_CHECKING:
    from typing import Self

By = str | Sequence[str] | None


class Respondents:
    """A frame with its sampling design; immutable. `Survey` says what the attributes are."""

    __slots__ = ("_cache", "codings", "design", "frame", "name", "wave")

    frame: pd.DataFrame
    design: Design
    name: str | None
    wave: object
    codings: Mapping[str, str]
    _cache: dict[Any, Any]

    def _set(
        self,
        frame: pd.DataFrame,
        built: Design,
        name: str | None,
        wave: object,
        codings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        # a shallow copy: under copy-on-write nobody can change our columns
        for key, value in (
            ("frame", frame.copy(deep=False)),
            ("design", built),
            ("name", name),
            ("wave", wave),
            ("codings", MappingProxyType(dict(codings))),
            ("_cache", {}),
        ):
            object.__setattr__(self, key, value)

    def _with(self, frame: pd.DataFrame | None = None, design: Design | None = None) -> Self:
        return of_design(
            type(self),
            self.frame if frame is None else frame,
            self.design if design is None else design,
            self.name,
            self.wave,
            self.codings,
        )

    def __setattr__(self, key: str, value: object) -> None:
        raise AttributeError(f"A Survey cannot be changed; make a new one to set {key!r}")

    def __delattr__(self, key: str) -> None:
        raise AttributeError(f"A Survey cannot be changed; {key!r} stays")

    def __reduce__(self) -> tuple[Any, ...]:
        state = self.frame, self.design, self.name, self.wave, dict(self.codings)
        return of_design, (type(self), *state)

    def __repr__(self) -> str:
        title = " ".join(str(p) for p in ("Survey", self.name, self.wave) if p is not None)
        return f"<{title}: {self.design.text}, {self.design.df:g} df>"

    def __len__(self) -> int:
        return self.design.n

    @property
    def synthetic(self) -> bool:
        """Whether the frame says in `attrs["synthetic"]` that its data are made up."""
        return bool(self.frame.attrs.get("synthetic", False))

    @property
    def deliveries(self) -> tuple[Mapping[str, Any], ...]:
        """The manifests of the files behind the frame, as it holds them in `attrs`."""
        return tuple(self.frame.attrs.get("deliveries", ()))

    def coded_by(self, questions: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """The codings in use of these questions, as `Metadata.coding` holds them."""
        return tuple((q, self.codings[q]) for q in questions if q in self.codings)

    def _questions(self, question: str | Sequence[str]) -> list[str]:
        names = as_names(question)
        if not names:
            raise InputError("No question was named; give a column or a list of columns")
        return names

    def _numbers(self, name: str) -> Floats:
        return columns.numbers(columns.column(self.frame, name, "question"))

    def coded(self, name: str) -> Coded:
        """A column as codes, found once."""
        key = ("coded", name)
        if key not in self._cache:
            self._cache[key] = columns.code(columns.column(self.frame, name, "by column"))
        found: Coded = self._cache[key]
        return found

    def groups(self, by: By, where: Where = None) -> tuple[Groups, pd.DataFrame]:
        """The groups of `by` that have a row in the domain, and the frame of their keys."""
        names = as_names(by)
        if len(set(names)) < len(names):
            raise InputError(f"by={names} names a column twice")
        key = ("groups", tuple(names))
        if key not in self._cache:
            self._cache[key] = crossed(len(self), [self.coded(n) for n in names])
        base, parts = self._cache[key]
        outside = self._outside(where)
        if outside is None:
            if ("keys", key) not in self._cache:
                self._cache["keys", key] = self._keys(names, parts, base.n_groups)
            return base, self._cache["keys", key]
        base, kept = narrowed(base, outside, bool(names))
        return base, self._keys(names, [p[kept] for p in parts], base.n_groups)

    def _keys(self, names: list[str], parts: Sequence[Ints], n_groups: int) -> pd.DataFrame:
        labels = [self.coded(n).labels for n in names]
        return keys(self.frame, names, labels, parts, n_groups)

    def _outside(self, where: Where) -> Bools | None:
        """Rows that belong to no domain: outside `where`, or of weight zero."""
        inside = self.design.inside
        if where is not None:
            chosen = domain(self.frame, where)
            inside = chosen if inside is None else inside & chosen
        return None if inside is None else ~inside


_Kind = TypeVar("_Kind", bound=Respondents)


def of_design(
    kind: type[_Kind],
    frame: pd.DataFrame,
    built: Design,
    name: str | None,
    wave: object,
    codings: Mapping[str, str],
) -> _Kind:
    """An object of this class, of a frame whose design has been read."""
    twin = object.__new__(kind)
    twin._set(frame, built, name, wave, codings)
    return twin
