"""Where the columns come from: a delivery in memory, or a file of which few are loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from survey_stats.read import Delivery, VariableLabels, peek, read


class Source:
    """Names and notes at once, values when they are asked for."""

    def __init__(self, delivery: Delivery | str | Path) -> None:
        if isinstance(delivery, Delivery):
            self.file = delivery.manifest.file
            self.names: list[str] = [str(c) for c in delivery.frame.columns]
            self.labels: VariableLabels = delivery.labels
            self.notes: tuple[str, ...] = delivery.manifest.notes
            self._delivery: Delivery | None = delivery
            self._path: Path | None = None
        else:
            self._path = Path(delivery)
            raw = peek(self._path)
            self.file = self._path.name
            self.names, self.labels, self.notes = raw.names, raw.labels, raw.notes
            self._delivery = None
        self._exact = set(self.names)
        self._folded: dict[str, list[str]] = {}
        for name in self.names:
            self._folded.setdefault(name.casefold(), []).append(name)

    def find(self, variable: str) -> str | None:
        """The column of that name; SPSS does not tell capitals apart, so neither do we.

        Where only the capitals differ and two columns would fit, there is none.
        """
        if variable in self._exact:
            return variable
        alike = self._folded.get(variable.casefold(), [])
        return alike[0] if len(alike) == 1 else None

    def find_all(self, variables: Iterable[str]) -> tuple[dict[str, str], list[str]]:
        """variable -> column of those that are there, and those that are not."""
        found: dict[str, str] = {}
        lacking: list[str] = []
        for variable in variables:
            column = self.find(variable)
            if column is None:
                lacking.append(variable)
            else:
                found[variable] = column
        return found, lacking

    def load(self, columns: Iterable[str]) -> Delivery:
        """The delivery with at least these columns."""
        if self._path is not None:
            wanted = list(dict.fromkeys(columns))
            have = set() if self._delivery is None else set(self._delivery.frame.columns)
            if self._delivery is None or not have >= set(wanted):
                self._delivery = read(self._path, wanted)
        assert self._delivery is not None
        return self._delivery


def candidates(source: Source, variable: str, label: str, most: int = 2) -> list[str]:
    """Columns that might be the lacking `variable`: alike in name, or in label."""
    from survey_stats.errors import nearest

    plain = variable.casefold()
    by_name = [n for n in source.names if n.casefold().startswith(plain)][:most]
    by_name += nearest(variable, source.names, most)
    labels: Mapping[str, str] = source.labels.variables
    told = {text: name for name, text in labels.items()}
    by_label = [told[t] for t in nearest(label, list(told), most)] if label else []
    return list(dict.fromkeys([*by_label, *by_name]))[: most + 1]
