"""Hostile texts and secrets on their way out (the parts of X2, X8 and X11 that mail and chat have)."""

import json
import logging
import sqlite3
from html.parser import HTMLParser

import pytest

from analysis.delivery.checkup import look_at_delivery
from analysis.delivery.deliver import deliver
from analysis.delivery.reading import read_settings
from analysis.faults import UserFault

HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)> 'javascript:alert(3)' {{7*7}} \u202e\x00 <!-- -->"
SECRET = "s3cret-never-to-be-seen"


class _Tags(HTMLParser):
    """Which tags and attributes a page has, as a mail program parses it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: dict[str, list[str]] = {}

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value or "")


def _hostile(drawn, out):
    texts = {"en": HOSTILE, "zh": HOSTILE}
    return drawn.publish(
        out, title=texts, unit_name=texts, headline=texts, kpis=[drawn.kpi(name=texts)],
        findings=[{**drawn.finding(), "text": texts}],
    )  # fmt: skip


def test_x2_hostile_names_and_texts_are_text_in_a_mail(tmp_path, drawn, post_office, witness):
    settings = drawn.settings(post_office.port, base_url="https://reports.example.com/")
    deliver(tmp_path, [_hostile(drawn, tmp_path)], settings, now=drawn.NOW)
    (mail,) = post_office.messages
    html = mail.get_body(("html",)).get_content()
    parser = _Tags()
    parser.feed(html)
    assert not parser.tags & {"script", "iframe", "object", "form", "svg", "link", "base"}
    assert not [name for name in parser.attributes if name.startswith("on")]
    assert all(value.startswith("cid:") for value in parser.attributes.get("src", []))
    assert all(value.startswith("https://reports.example.com/2026-06/") for value in parser.attributes["href"])
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "{{7*7}}" in html
    assert "\u202e" not in html + mail["Subject"] + mail.get_body(("plain",)).get_content()
    assert mail["Subject"].startswith("\"><script>alert(1)</script><img src=x onerror=alert(2)> 'javascript:alert(3)'")
    assert mail.get_content_type() == "multipart/alternative"
    witness(
        "X2",
        injected="script, handler, address, template, comment and direction mark in names and sentences",
        happened="a mail with none of these as markup: text in HTML and plain text, one line in the subject",
    )


def test_x2_hostile_names_mention_nobody_and_link_nowhere_in_a_chat(tmp_path, drawn, webhook, monkeypatch, witness):
    monkeypatch.setenv("ROOM_URL", webhook.url)
    settings = drawn.settings(1, {"people": {"room": {"chat_from": "ROOM_URL"}}, "units": {"U03": ["room"]}})
    name = {"en": "<!channel> @all <at user_id='all'> [pay](https://x.y) `x`", "zh": "x"}
    deliver(tmp_path, [drawn.publish(tmp_path, unit_name=name, findings=[])], settings, now=drawn.NOW)
    (body,) = webhook.bodies
    told = body["title"] + body["message"]
    assert "＜!channel＞ ＠all" in told
    assert not set("<>@[]`") & set(told)
    witness("X2", injected="mentions and a link of three chat services in a unit's name", happened="shown as text")


@pytest.mark.parametrize(
    ("place", "delivery", "people"),
    [
        ("password in smtp", {"smtp": {"host": "h", "password": SECRET}}, {}),
        ("user in smtp", {"smtp": {"host": "h", "user": SECRET}}, {}),
        ("password instead of a variable", {"smtp": {"host": "h", "user_from": "U", "password_from": SECRET}}, {}),
        ("password in the host", {"smtp": {"host": f"me:{SECRET}@mail.example.com"}}, {}),
        ("password in the base URL", {"base_url": f"https://me:{SECRET}@example.com/"}, {}),
        ("room's URL in the file", {}, {"room": {"chat_from": f"https://hooks.example.com/{SECRET}"}}),
        ("room's URL under another key", {}, {"room": {"url": f"https://hooks.example.com/{SECRET}"}}),
    ],
)
def test_x8_a_secret_in_a_file_is_refused_and_not_repeated(tmp_path, place, delivery, people, witness):
    with pytest.raises(UserFault) as caught:
        read_settings({"sender": "r@example.com", **delivery}, None, {"people": people}, base=tmp_path)
    assert SECRET not in str(caught.value)
    assert "environment variable" in str(caught.value) or "must" in str(caught.value)
    witness("X8", injected=f"a {place}", happened="refused when the settings were read, the value not repeated")


def test_x8_secrets_of_the_environment_reach_no_artefact(
    tmp_path, drawn, locked_office, webhook, monkeypatch, caplog, capfd, witness
):
    key = "room-s3cret-key"
    monkeypatch.setenv("MAIL_USER", "reports")
    monkeypatch.setenv("MAIL_PASSWORD", drawn.PASSWORD)
    monkeypatch.setenv("ROOM_URL", webhook.url)
    people = {"li": {"address": "li@example.com"}, "room": {"chat_from": "ROOM_URL"}}
    smtp = {"host": "localhost", "port": locked_office.port, "user_from": "MAIL_USER", "password_from": "MAIL_PASSWORD",
            "certificates": locked_office.certificate}  # fmt: skip
    settings = drawn.settings(recipients={"people": people, "units": {"U03": ["li", "room"]}}, smtp=smtp)
    out, dry = tmp_path / "out", tmp_path / "dry"
    webhook.statuses = [503, 400]
    told = []
    with caplog.at_level(logging.DEBUG):
        for hour in range(3):
            items = [drawn.publish(out)]
            told += deliver(out, items, settings, now=drawn.later(hours=hour), dry_run=dry if hour == 0 else None)
        told += [line for _, line in look_at_delivery(settings)]
        monkeypatch.setenv("MAIL_PASSWORD", "wrong-password")
        told += deliver(out, [drawn.publish(out, version=2)], settings, now=drawn.later(hours=9))
        told += [line for _, line in look_at_delivery(settings)]
    statuses = [each.status for each in told if hasattr(each, "status")]
    assert {"sent", "queued", "dry_run"} <= set(statuses)
    assert any("login refused with 535" in str(line) for line in told)
    seen = [caplog.text, *capfd.readouterr(), str(told), str(settings), json.dumps([str(each) for each in told])]
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    content = [file.read_bytes() for file in files] + [text.encode() for text in seen]
    content += [mail for _, mail in locked_office.mails] + [json.dumps(webhook.bodies).encode()]
    for secret in (drawn.PASSWORD, key, "wrong-password"):
        assert not [place for place in content if secret.encode() in place]
    database = sqlite3.connect(out / ".after_sales/outbox.sqlite")
    assert database.execute("SELECT count(*) FROM messages").fetchone()[0] >= 3
    database.close()
    assert len(locked_office.mails) == 1
    witness(
        "X8",
        injected="a mail password, a wrong one and a room's URL in the environment; logs at DEBUG; 503, 400, 535",
        happened=f"none of the three in {len(files)} files, the logs, outcomes, mails and bodies",
    )


def test_x11_a_mail_on_a_unit_holds_what_its_own_page_says_and_nothing_of_another(
    tmp_path, drawn, post_office, witness
):
    own = drawn.publish(tmp_path, unit="U03", headline={"en": "only of U03", "zh": "x"})
    other = drawn.publish(tmp_path, unit="U05", headline={"en": "only of U05", "zh": "仅U05"})
    strayed = drawn.publish(tmp_path, "loyalty", unit="U03", business_unit="U05")
    outcomes = deliver(tmp_path, [own, other, strayed], drawn.settings(post_office.port), now=drawn.NOW)
    assert [each.reason for each in outcomes if each.status == "refused"] == [
        "loyalty of U03 in 2026-06: loyalty.en.json is about another business unit; not delivered"
    ]
    by_reader = {mail["To"].addresses[0].username: mail.as_string() for mail in post_office.messages}
    assert "only of U03" in by_reader["li"]
    assert "U05" not in by_reader["li"]
    assert "U03" not in by_reader["wang"]
    witness(
        "X11",
        injected="facts of U05 in the folder of U03; a reader for each of the two units",
        happened="the strayed report refused, each reader's mail without a word of the other unit",
    )
