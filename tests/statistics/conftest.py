"""Published tables for the tests of the statistics."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

PUBLISHED = Path(__file__).parent / "published"


@pytest.fixture(scope="session")
def published():
    """Reads a table of `published/` by its name."""
    return lambda name: pd.read_csv(PUBLISHED / f"{name}.csv")


@pytest.fixture(scope="session")
def monthly(published):
    """Reads a published monthly series as an array."""
    return lambda name: published(name)["value"].to_numpy(dtype=np.float64)
