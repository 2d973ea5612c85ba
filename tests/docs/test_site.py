"""The docs as a static site: built without a network, no page left out, a broken link or anchor stops it."""

import importlib.util
import os
import re
import shutil
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    if importlib.util.find_spec("properdocs") is None:
        told = "properdocs is not installed here: the docs' site is not built (make .venv/ready)"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(told)
    spec = importlib.util.spec_from_file_location("build_site", ROOT / "docs" / "build_site.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_page_is_on_the_site_and_asks_no_other_host_for_anything(builder: ModuleType, tmp_path: Path):
    first = builder.build_site(tmp_path)
    pages = {page.relative_to(ROOT / "docs").with_suffix(".html") for page in (ROOT / "docs").rglob("*.md")}
    assert [str(page) for page in sorted(pages) if not (first.parent / page).is_file()] == []
    text = first.read_text(encoding="utf-8")
    assert "tutorial-first-report.html" in text
    assert "使用自己的数据" in (first.parent / "README.zh.html").read_text(encoding="utf-8")
    fetched = re.compile(r"""<(?:script|img|link)\b[^>]*(?:src|href)=["']?(?:https?:)?//""")
    files = [*first.parent.rglob("*.html"), *first.parent.rglob("*.css")]
    assert [file.name for file in files if fetched.search(file.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("link", ["[there](how-to/no-such-page.md)", "[there](how-to/delivery.md#no-such-part)"])
def test_a_link_that_leads_nowhere_stops_the_build(link: str, builder: ModuleType, tmp_path: Path):
    project = tmp_path / "project"
    (project / "docs" / "how-to").mkdir(parents=True)
    shutil.copy(ROOT / "docs/how-to/count-working-hours.md", project / "docs/how-to/delivery.md")
    (project / "README.md").write_text("# Us\n", encoding="utf-8")
    (project / "docs" / "a.md").write_text(f"# A\n\n{link}\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="no-such"):
        builder.build_site(tmp_path / "built", project / "docs")
