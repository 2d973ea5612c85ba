"""A source drawn in the test, loaded into a store that is thrown away."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from analysis.intake import intake
from analysis.store import Store

Load = Callable[..., Store]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """`load({"work_orders.csv": "…"}, mapping="…", units="…")` writes the files and runs intake on them."""

    def run(files: Mapping[str, str | bytes], *, mapping: str | None = None, units: str | None = None) -> Store:
        source, params = tmp_path / "source", tmp_path / "params"
        source.mkdir(exist_ok=True)
        params.mkdir(exist_ok=True)
        for old in source.iterdir():
            old.unlink()
        for name, content in files.items():
            (source / name).write_bytes(content.encode() if isinstance(content, str) else content)
        if units is not None:
            (params / "business_units.yml").write_text(units, encoding="utf-8")
        rules = None
        if mapping is not None:
            rules = params / "trial.yml"
            rules.write_text(mapping, encoding="utf-8")
        return intake(str(source), mapping=rules, params=params, store_root=tmp_path / "stores")

    return run
