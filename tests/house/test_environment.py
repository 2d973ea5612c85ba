"""The same packages wherever one installs: pyproject.toml, requirements.lock and environment.yml."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
CONDA_NAME = {"python-duckdb": "duckdb", "flit-core": "flit_core"}
REQUIREMENT = re.compile(r"^([A-Za-z0-9_.-]+)\s*(.*)$")


def _split(requirement: str) -> tuple[str, str]:
    name, limits = REQUIREMENT.match(requirement).groups()
    return CONDA_NAME.get(name, name), limits.strip()


def _declared() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return dict(map(_split, project["dependencies"] + project["optional-dependencies"]["dev"]))


def test_conda_lists_the_same_packages_and_limits_as_pyproject():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    by_pip = next(entry["pip"] for entry in listed if isinstance(entry, dict))
    conda = dict(map(_split, [entry for entry in listed if isinstance(entry, str)] + by_pip))
    python = conda.pop("python")
    conda.pop("pip")
    assert conda == _declared()
    assert python == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]


def test_the_lock_pins_every_declared_package_with_hashes():
    lock = (ROOT / "requirements.lock").read_text()
    pinned = {name.lower().replace("_", "-") for name in re.findall(r"^([A-Za-z0-9_.-]+)==", lock, flags=re.M)}
    assert {name.lower().replace("_", "-") for name in _declared()} <= pinned
    entries = re.split(r"^(?=[A-Za-z0-9_.-]+==)", lock, flags=re.M)[1:]
    assert all("--hash=sha256:" in entry for entry in entries)


def test_the_lock_names_no_address():
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", (ROOT / "requirements.lock").read_text())
