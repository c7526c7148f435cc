"""The demo as a user meets it: read and harmonised, once a session."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from survey_stats.demo import file_name
from survey_stats.harmonise import Codebook, Harmonised, harmonise
from survey_stats.read import Delivery, read

Wave = tuple[str, int]
WAVES: list[Wave] = [(s, y) for s in Codebook.names() for y in Codebook.load(s).waves]


@pytest.fixture(scope="session")
def deliveries(demo_dir: Path) -> dict[Wave, Delivery]:
    return {wave: read(demo_dir / file_name(*wave)) for wave in WAVES}


@pytest.fixture(scope="session")
def harmonised(deliveries: dict[Wave, Delivery]) -> dict[Wave, Harmonised]:
    return {wave: harmonise(deliveries[wave], wave[0]) for wave in WAVES}


@pytest.fixture(scope="session")
def pooled(harmonised: dict[Wave, Harmonised]) -> dict[str, pd.DataFrame]:
    """All waves of each survey under each other, with their own weights."""
    return {
        survey: pd.concat(
            [h.frame for (s, _), h in harmonised.items() if s == survey], ignore_index=True
        )
        for survey in Codebook.names()
    }
