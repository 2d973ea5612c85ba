"""Who may import whom (docs/explanation/architecture.md): data flows one way, and a package knows only what lies
before it.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "analysis"
EVERYWHERE = {"faults", "data_model"}

# package or module of analysis → what of ours it may import, besides itself and EVERYWHERE
MAY_IMPORT = {
    "__init__": {"report"},
    "faults": set(),
    "data_model": set(),
    "store": set(),
    "statistics": set(),
    "sample": set(),
    "intake": {"store"},
    "metrics": {"statistics", "store"},
    "signals": {"metrics", "statistics"},
    "presentation": {"metrics"},
    "run_data": {"store", "metrics", "signals"},
    "asking": {"presentation", "metrics"},
    "exploring": {"asking", "sections", "presentation", "statistics", "metrics", "report", "run_data"},
    "plain_faults": set(),
    "record": {"presentation", "report"},
    "unit_figures": {"metrics", "presentation", "run_data"},
    "eventful": {"presentation", "report"},
    "news": {"eventful", "presentation", "report", "unit_figures"},
    "report": {
        "plain_faults",
        "unit_figures",
        "news",
        "exploring",
        "run_data",
        "record",
        "store",
        "metrics",
        "signals",
        "statistics",
        "presentation",
    },
    "sections": {"presentation", "signals", "statistics", "metrics", "news", "report"},
    "areas": {"sections", "presentation", "signals", "statistics", "metrics", "news", "report"},
    "delivery": {"presentation"},
    "reporting": {"delivery", "sample", "intake", "metrics", "signals", "presentation", "report", "store"},
}
# library → the only packages of ours that may import it
KNOWN_ONLY_TO = {
    "papermill": {"reporting"},
    "nbconvert": {"reporting"},
    "nbformat": {"reporting"},
    "nbclient": {"reporting"},
    "matplotlib": {"presentation"},
    "seaborn": {"presentation"},
    "python_calamine": {"intake"},
    "adbc_driver_manager": {"intake"},
    "adbc_driver_postgresql": {"intake"},
    "adbc_driver_sqlite": {"intake"},
    "sqlalchemy": {"intake"},
    "pymysql": {"intake"},
    "babel": {"presentation"},
    "smtplib": {"delivery"},
    "apprise": {"delivery"},
    "PIL": {"presentation"},
}


def _house_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _imports(path: Path, source: str | None = None) -> set[str]:
    """Dotted names that a file imports; relative ones made absolute."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8") if source is None else source)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = path.relative_to(ROOT).parts[: -node.level] if node.level else ()
            module = ".".join((*base, *([node.module] if node.module else [])))
            found |= {f"analysis.{name.name}" for name in node.names} if module == "analysis" else {module}
    return found


FILES = sorted(PACKAGE.rglob("*.py"))


def test_every_package_has_a_rule():
    assert {_house_of(path) for path in FILES} <= set(MAY_IMPORT)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_package_imports_only_what_lies_before_it(path):
    house = _house_of(path)
    ours = {name.split(".")[1] for name in _imports(path) if name.startswith("analysis.")}
    forbidden = {name for name in ours if (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").exists()}
    forbidden -= MAY_IMPORT[house] | EVERYWHERE | {house}
    assert not forbidden, f"{house} may not import {sorted(forbidden)}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_library_is_known_only_to_its_package(path):
    libraries = {name.split(".")[0] for name in _imports(path)} & set(KNOWN_ONLY_TO)
    wrong = {library for library in libraries if _house_of(path) not in KNOWN_ONLY_TO[library]}
    assert not wrong, (
        f"{sorted(wrong)} may be imported only by {[sorted(KNOWN_ONLY_TO[name]) for name in sorted(wrong)]}"
    )


def test_areas_never_import_areas():
    for path in (PACKAGE / "areas").glob("*.py"):
        others = {name for name in _imports(path) if name.startswith("analysis.areas.")}
        assert not others, f"{path.name} imports {sorted(others)}"


def test_the_reader_of_imports_sees_every_form_of_import():
    source = "import papermill.execute\nfrom analysis import store\nfrom ..metrics import cards\n"
    found = _imports(PACKAGE / "statistics" / "imaginary.py", source)
    assert found == {"papermill.execute", "analysis.store", "analysis.metrics"}
