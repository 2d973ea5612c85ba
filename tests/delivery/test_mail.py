"""What a mail is made of: parts, size, languages, pictures, headers; TLS and the outbox beneath it."""

import io
import sqlite3

import pytest
from PIL import Image

from analysis.delivery.deliver import deliver
from analysis.delivery.outbox import FILE, open_outbox, read_outcomes
from analysis.faults import UserFault
from analysis.presentation.sparkline import HEIGHT, WIDTH, Spark
from analysis.presentation.sparkline_png import EITHER_PAPER, SCALE, sparkline_png
from analysis.presentation.theme import DARK, LIGHT, contrast


def _one(tmp_path, drawn, post_office, unit="U03", **content):
    deliver(tmp_path, [drawn.publish(tmp_path, unit=unit, **content)], drawn.settings(post_office.port), now=drawn.NOW)
    return post_office.messages[-1]


def test_a_full_mail_is_text_html_and_pictures_in_less_than_100_kilobytes(tmp_path, drawn, post_office):
    series = {**drawn.kpi()["series"], "values": [2 + (month % 7) / 10 for month in range(24)]}
    cards = [drawn.kpi(f"metric_{number}", series=series) for number in range(10)]
    news = [drawn.finding(f"{number} {'something was found here ' * 8}") for number in range(20)]
    items = [
        drawn.publish(tmp_path, report, kpis=cards, findings=news)
        for report in ("summary", *(f"report_{number}" for number in range(12)))
    ]
    deliver(tmp_path, items, drawn.settings(post_office.port, base_url="https://reports.example.com/"), now=drawn.NOW)
    ((_, content),) = post_office.mails
    (mail,) = post_office.messages
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds == ["multipart/alternative", "text/plain", "multipart/related", "text/html", *["image/png"] * 8]
    assert len(content) <= 100_000
    html = mail.get_body(("html",)).get_content()
    ids = [part["Content-ID"].strip("<>") for part in mail.walk() if part.get_content_type() == "image/png"]
    assert all(f'src="cid:{name}"' in html for name in ids)
    assert html.count("<script") == 0
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))


@pytest.mark.parametrize(("unit", "language", "words"), [("U03", "en", "Key figures"), ("U05", "zh-Hans", "关键指标")])
def test_a_mail_is_in_its_readers_language_and_says_which(tmp_path, drawn, post_office, unit, language, words):
    mail = _one(tmp_path, drawn, post_office, unit)
    html = mail.get_body(("html",)).get_content()
    assert f'<html lang="{language}"' in html
    assert mail["Content-Language"] == language
    assert words in html
    assert words in mail.get_body(("plain",)).get_content()


def test_html_and_text_say_the_same_of_a_card(tmp_path, drawn, post_office):
    mail = _one(tmp_path, drawn, post_office)
    for kind in ("html", "plain"):
        text = mail.get_body((kind,)).get_content().replace("\xa0", " ")
        for part in ("2.31", "Worsening", "Misses the target of 2 days", "+0.26 days on the period before (clear)"):
            assert part in text


def test_a_card_without_a_figure_says_why_and_compares_nothing(tmp_path, drawn, post_office):
    mail = _one(tmp_path, drawn, post_office, kpis=[drawn.kpi(value=None, changes=[], signal="insufficient")])
    for kind in ("html", "plain"):
        text = mail.get_body((kind,)).get_content()
        assert "No records in this period" in text
        assert "Target 2" in text.replace("\xa0", " ")
        assert "Misses" not in text
        assert "on a year ago" not in text


def test_a_reader_of_a_language_without_a_page_gets_the_page_there_is(tmp_path, drawn, post_office):
    item = drawn.publish(tmp_path, unit="U05", item={"status": "published"})
    settings = drawn.settings(post_office.port, base_url="https://reports.example.com/")
    deliver(tmp_path, [type(item)(**{**vars(item), "languages": ("en",)})], settings, now=drawn.NOW)
    assert "summary.en.html" in post_office.messages[0].get_body(("html",)).get_content()


def test_a_report_of_an_older_suite_without_names_is_told_by_its_ids(tmp_path, drawn, post_office):
    kpi = {name: value for name, value in drawn.kpi().items() if name not in ("name", "series", "assurance")}
    mail = _one(tmp_path, drawn, post_office, title=None, unit_name=None, kpis=[kpi])
    assert mail["Subject"].startswith("U03 · June 2026: ")
    assert "repair_cycle_median: 2.31 days" in mail.get_body(("plain",)).get_content()


def test_a_very_long_headline_is_cut_in_the_subject_and_whole_in_the_mail(tmp_path, drawn, post_office):
    long = "Repairs take longer " * 20
    mail = _one(tmp_path, drawn, post_office, headline={"en": long, "zh": long})
    assert len(mail["Subject"]) <= 150
    assert mail["Subject"].endswith("…")
    assert long.strip() in mail.get_body(("plain",)).get_content()


def test_a_line_is_a_small_palette_picture_that_stands_out_on_white_and_on_black():
    png = sparkline_png(Spark((2.0, 2.2, None, 1.9, 2.4), target=2.0, tone="bad"))
    picture = Image.open(io.BytesIO(png))
    assert picture.mode == "P"
    assert picture.size == (WIDTH * SCALE, HEIGHT * SCALE)
    assert "transparency" in picture.info
    assert len(png) < 4_000
    assert png == sparkline_png(Spark((2.0, 2.2, None, 1.9, 2.4), target=2.0, tone="bad"))
    for role in ("ink", "good", "bad", "flat", "centre"):
        for paper in (LIGHT["paper"], DARK["paper"], "#000000"):
            assert contrast(EITHER_PAPER[role][:7], paper) >= 3


@pytest.mark.parametrize("values", [(), (2.0,), (None, 2.0), (None, None, None)])
def test_fewer_than_two_values_are_no_line(values):
    assert sparkline_png(Spark(values)) == b""


@pytest.mark.parametrize("values", [(2.0, 2.0), (0.0, 0.0, 0.0), (-1.0, 1e12)])
def test_any_other_series_is_drawn(values):
    assert Image.open(io.BytesIO(sparkline_png(Spark(values, out=(True,) * len(values))))).width == WIDTH * SCALE


def test_mail_goes_over_starttls_with_a_login_and_only_to_a_server_it_trusts(
    tmp_path, drawn, locked_office, monkeypatch
):
    monkeypatch.setenv("MAIL_USER", "reports")
    monkeypatch.setenv("MAIL_PASSWORD", drawn.PASSWORD)
    smtp = {"host": "localhost", "port": locked_office.port, "user_from": "MAIL_USER", "password_from": "MAIL_PASSWORD"}
    items = [drawn.publish(tmp_path)]
    (wary,) = deliver(tmp_path, items, drawn.settings(smtp=smtp), now=drawn.NOW)
    assert (wary.status, "its certificate is not trusted" in wary.reason) == ("queued", True)
    assert locked_office.mails == []
    trusting = drawn.settings(smtp={**smtp, "certificates": locked_office.certificate})
    assert [each.status for each in deliver(tmp_path, [], trusting, now=drawn.later(hours=1))] == ["sent"]
    assert len(locked_office.mails) == 1


def test_mail_goes_over_tls_from_the_first_byte(tmp_path, drawn, wrapped_office):
    smtp = {"host": "localhost", "port": wrapped_office.port, "tls": "tls", "certificates": wrapped_office.certificate}
    outcomes = deliver(tmp_path, [drawn.publish(tmp_path)], drawn.settings(smtp=smtp), now=drawn.NOW)
    assert [each.status for each in outcomes] == ["sent"]
    assert len(wrapped_office.mails) == 1


def test_a_line_that_begins_with_a_dot_arrives_as_it_was(tmp_path, drawn, post_office):
    mail = _one(tmp_path, drawn, post_office, headline={"en": ".", "zh": "."}, kpis=[])
    lines = mail.get_body(("plain",)).get_content().splitlines()
    assert lines[1] == "."
    assert lines[-1] == "Sent automatically by the after-sales reports."


def test_only_its_owner_reads_the_outbox(tmp_path, drawn, post_office):
    _one(tmp_path, drawn, post_office)
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


def test_an_outbox_that_is_damaged_is_never_replaced(tmp_path, drawn, post_office):
    (tmp_path / FILE).parent.mkdir()
    (tmp_path / FILE).write_bytes(b"this is no database" * 100)
    with pytest.raises(UserFault, match="known only there"):
        deliver(tmp_path, [drawn.publish(tmp_path)], drawn.settings(post_office.port), now=drawn.NOW)
    assert post_office.mails == []
    assert (tmp_path / FILE).read_bytes().startswith(b"this is no database")


def test_two_deliveries_at_once_send_once(tmp_path, drawn, post_office, monkeypatch):
    monkeypatch.setattr("analysis.delivery.outbox.WAIT_SECONDS", 0.05)
    items = [drawn.publish(tmp_path)]
    with open_outbox(tmp_path):
        (outcome,) = deliver(tmp_path, items, drawn.settings(post_office.port), now=drawn.NOW)
        assert (outcome.what, outcome.status) == ("delivery", "skipped")
        with pytest.raises(UserFault, match="a delivery may be under way"):
            read_outcomes(tmp_path)
    assert post_office.mails == []
    deliver(tmp_path, items, drawn.settings(post_office.port), now=drawn.NOW)
    assert len(post_office.mails) == 1


def test_what_is_sent_leaves_no_copy_in_the_outbox(tmp_path, drawn, post_office):
    _one(tmp_path, drawn, post_office)
    database = sqlite3.connect(tmp_path / FILE)
    assert database.execute("SELECT status, payload FROM messages").fetchall() == [("sent", None)]
    database.close()
