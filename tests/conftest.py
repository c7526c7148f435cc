"""What all rooms' tests share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def demo_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo deliveries of all waves, built once a test session."""
    from survey_stats.demo import build

    folder = tmp_path_factory.mktemp("deliveries")
    build(folder)
    return folder
