"""Mails as a reader sees them: whole on a phone and on a desk, light and dark, accessible, nothing run or fetched."""

import base64
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from analysis.delivery.facts import read_facts
from analysis.delivery.letter import write_letter
from analysis.delivery.mail import Post, make_mail
from tests.delivery.conftest import finding, kpi, make_settings, publish

HOSTILE = '<script>document.title="owned"</script><img src=x onerror="document.title=1">'
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
WIDTHS = (320, 390, 600, 1366)


def _mail(folder: Path, language: str) -> Path:
    """A correction with every part a mail can have, as the file a mail program would show."""
    texts = {"en": f"Service is worsening in 3 of 12 units {HOSTILE} {LONG}", "zh": f"12个单位中3个变差{HOSTILE}"}
    cards = [
        kpi("m1"), kpi("m2", signal="improving", name={"en": LONG, "zh": "一次修复率"}), kpi("m3", signal="steady"),
        kpi("m4", value=None, signal="insufficient", changes=[], series=None), kpi("m5", value=1234567.0, unit="CNY"),
    ]  # fmt: skip
    changed = ({"metric": "m1", "old": 2.0, "new": 2.31, "unit": "d"},)
    item = publish(
        folder, version=2, headline=texts, kpis=cards, findings=[finding(since=None)], item={"corrections": changed}
    )
    settings = make_settings(base_url="https://reports.example.com/")
    letter = write_letter(
        folder, [read_facts(folder, item)] * 2, language=language, base_url=settings.base_url, corrected=True
    )
    post = Post("<1@example.com>")
    content = make_mail(letter, settings.people["li"], settings, post, now=datetime(2026, 7, 6, tzinfo=UTC))
    mail: Any = message_from_bytes(content, policy=default)
    html = mail.get_body(("html",)).get_content()
    for part in mail.walk():
        if part.get_content_type() == "image/png":
            data = base64.b64encode(part.get_content()).decode()
            html = html.replace(f"cid:{part['Content-ID'].strip('<>')}", f"data:image/png;base64,{data}")
    file = folder / f"mail.{language}.html"
    file.write_text(html, encoding="utf-8")
    return file


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_mail_fits_every_width_light_and_dark_and_breaks_no_rule_of_access(
    tmp_path: Path, browser: Any, language: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    address, asked = _mail(tmp_path, language).as_uri(), []
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (scheme, width)
            assert page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
        assert page.evaluate("document.images.length") == 4
        assert page.evaluate("document.querySelectorAll('script, [onerror]').length") == 0
        assert page.title() not in ("owned", "1")
        assert page.evaluate("document.querySelectorAll('h1').length") == 1
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
        assert [(each["id"], each["nodes"][0]["html"]) for each in found.response["violations"]] == []
        page.close()
    assert {url for url in asked if not url.startswith("data:")} == {address}
