"""Who is told what and when, over a real mail server: the rules, the allow-list, versions, failures."""

from analysis.delivery.deliver import deliver


def test_each_reader_gets_one_mail_on_the_unit_that_they_may_see(tmp_path, drawn, post_office):
    items = [drawn.publish(tmp_path, unit=unit) for unit in ("U03", "U05", "U07")]
    outcomes = deliver(tmp_path, items, drawn.settings(post_office.port), now=drawn.NOW)
    assert {(each.target, each.status) for each in outcomes} == {
        ("li@example.com", "sent"),
        ("wang@example.com", "sent"),
    }
    english, chinese = post_office.messages
    assert english["Subject"] == "Unit U03 · June 2026: Repairs take 2.31 days, 0.26 more"
    assert english["To"] == "Li Hua <li@example.com>"
    assert chinese["Subject"] == "单位U05 · 2026年6月：维修需2.31天，多0.26天"
    assert [to for to, _ in post_office.mails] == [["li@example.com"], ["wang@example.com"]]
    assert deliver(tmp_path, items, drawn.settings(post_office.port), now=drawn.later(hours=1)) != ()
    assert len(post_office.mails) == 2


def test_one_address_listed_twice_for_a_unit_gets_one_mail(tmp_path, drawn, post_office):
    people = {name: {"address": "li@example.com", "language": "en"} for name in ("li", "li2")}
    settings = drawn.settings(post_office.port, {"people": people, "units": {"U03": ["li", "li2"]}})
    deliver(tmp_path, [drawn.publish(tmp_path)], settings, now=drawn.NOW)
    assert len(post_office.mails) == 1


def test_several_reports_of_a_unit_go_in_one_mail_and_a_late_one_goes_alone(tmp_path, drawn, post_office):
    settings = drawn.settings(post_office.port)
    first = [drawn.publish(tmp_path, name) for name in ("complaints", "summary")]
    deliver(tmp_path, first, settings, now=drawn.NOW)
    deliver(tmp_path, [*first, drawn.publish(tmp_path, "loyalty")], settings, now=drawn.later(hours=1))
    texts = [mail.get_body(("plain",)).get_content() for mail in post_office.messages]
    assert ["Complaints" in text for text in texts] == [True, False]
    assert ["Loyalty" in text for text in texts] == [False, True]


def test_a_reader_of_some_reports_hears_of_no_other(tmp_path, drawn, post_office):
    people = {"li": {"address": "li@example.com", "language": "en", "reports": ["loyalty"]}}
    settings = drawn.settings(post_office.port, {"people": people, "units": {"U03": ["li"]}})
    deliver(tmp_path, [drawn.publish(tmp_path, name) for name in ("summary", "loyalty")], settings, now=drawn.NOW)
    (mail,) = post_office.messages
    assert "Summary" not in mail.get_body(("plain",)).get_content()


STEADY = {"signal": "steady", "changes": [], "assurance": "hits"}
RULES = """
                          always  findings  worsening  failure
steady, no finding        sent    -         -          -
card worsening            sent    sent      sent       -
card improving            sent    sent      -          -
bad news this month       sent    sent      sent       -
good news this month      sent    sent      -          -
bad news a year old       sent    -         -          -
season                    sent    -         -          -
"""


def _content(case: str, drawn):
    steady = drawn.kpi(**STEADY)
    return {
        "steady, no finding": {"kpis": [steady]},
        "card worsening": {"kpis": [drawn.kpi()]},
        "card improving": {"kpis": [drawn.kpi(signal="improving")]},
        "bad news this month": {"kpis": [steady], "findings": [drawn.finding()]},
        "good news this month": {"kpis": [steady], "findings": [drawn.finding(good=True)]},
        "bad news a year old": {"kpis": [steady], "findings": [drawn.finding(since="2025-06")]},
        "season": {"kpis": [steady], "findings": [drawn.finding(kind="seasonality", since=None, good=None)]},
    }[case]


def test_each_rule_sends_when_it_says(tmp_path, drawn, post_office):
    head, *rows = RULES.strip("\n").splitlines()
    rules = head.split()
    people = {rule: {"address": f"{rule}@example.com", "language": "en", "when": rule} for rule in rules}
    settings = drawn.settings(post_office.port, {"people": people, "units": {"U03": list(rules)}})
    for number, row in enumerate(rows):
        case, expected = row[:26].strip(), row[26:].split()
        out = tmp_path / str(number)
        outcomes = deliver(out, [drawn.publish(out, **_content(case, drawn))], settings, now=drawn.NOW)
        told = {each.target.split("@")[0]: each.status for each in outcomes}
        assert [told[rule] for rule in rules] == ["sent" if word == "sent" else "skipped" for word in expected], case


def test_a_correction_goes_to_all_who_had_the_figures_whatever_their_rule(tmp_path, drawn, post_office):
    people = {name: {"address": f"{name}@example.com", "language": "en", "when": "worsening"} for name in ("li", "wu")}
    one, both = ({"people": people, "units": {"U03": names}} for names in (["li"], ["li", "wu"]))
    deliver(tmp_path, [drawn.publish(tmp_path)], drawn.settings(post_office.port, one), now=drawn.NOW)
    changed = {"corrections": ({"metric": "repair_cycle_median", "old": 2.31, "new": 2.0, "unit": "d"},)}
    again = drawn.publish(tmp_path, version=2, kpis=[drawn.kpi(value=2.0, **STEADY)], item=changed)
    deliver(tmp_path, [again], drawn.settings(post_office.port, both), now=drawn.later(days=3))
    first, second = post_office.messages
    assert second["To"] == "li@example.com"
    assert second["Subject"].startswith("Corrected: Unit U03 · June 2026")
    assert second["In-Reply-To"] == first["Message-ID"]
    for kind in ("plain", "html"):
        text = second.get_body((kind,)).get_content().replace("\xa0", " ").replace("&nbsp;", " ")
        assert "Corrected figures" in text
        assert "Median repair cycle: 2 days, was 2.31 days (−0.31 days)" in text


def test_figures_told_for_the_first_time_are_counted_and_a_first_mail_names_no_correction(tmp_path, drawn, post_office):
    new = [{"metric": f"m{number}", "old": None, "new": 1.0, "unit": "d"} for number in range(40)]
    same = {"metric": "m41", "old": 2.0001, "new": 2.0002, "unit": "d"}
    people = {name: {"address": f"{name}@example.com", "language": "en"} for name in ("li", "wu")}
    one, both = ({"people": people, "units": {"U03": names}} for names in (["li"], ["li", "wu"]))
    deliver(tmp_path, [drawn.publish(tmp_path)], drawn.settings(post_office.port, one), now=drawn.NOW)
    again = drawn.publish(tmp_path, version=2, item={"corrections": (*new, same)})
    deliver(tmp_path, [again], drawn.settings(post_office.port, both), now=drawn.later(days=3))
    texts = {mail["To"]: mail.get_body(("plain",)).get_content() for mail in post_office.messages[1:]}
    corrected, first = texts["li@example.com"], texts["wu@example.com"]
    told = corrected.split("Corrected figures")[1].split("What changed")[0].split()
    assert " ".join(told) == "- figures told for the first time: 40", "no 'was –', no figure that reads the same"
    assert "Corrected figures" not in first, "who reads of the period for the first time"


def test_the_same_recipient_reports_period_and_version_have_the_same_message_id(tmp_path, drawn, post_office):
    for name in ("one", "two"):
        deliver(tmp_path / name, [drawn.publish(tmp_path / name)], drawn.settings(post_office.port), now=drawn.NOW)
    third = drawn.publish(tmp_path / "three", version=2)
    deliver(tmp_path / "three", [third], drawn.settings(post_office.port), now=drawn.NOW)
    one, two, three = (mail["Message-ID"] for mail in post_office.messages)
    assert one == two != three
    assert one.endswith("@example.com>")


def test_a_reader_taken_off_the_list_gets_nothing_that_still_waits(tmp_path, drawn, post_office):
    post_office.answers["data"] = ["451 try later"]
    item = drawn.publish(tmp_path)
    deliver(tmp_path, [item], drawn.settings(post_office.port), now=drawn.NOW)
    people = {"li": {"address": "li@example.com"}}
    now_without = drawn.settings(post_office.port, {"people": people, "units": {"U05": ["li"]}})
    (outcome,) = deliver(tmp_path, [], now_without, now=drawn.later(hours=1))
    assert (outcome.status, outcome.reason) == ("refused", "is no longer allowed to see U03")
    assert post_office.mails == []


def test_facts_of_another_unit_in_a_units_folder_are_not_delivered(tmp_path, drawn, post_office):
    item = drawn.publish(tmp_path, business_unit="U05")
    (outcome,) = deliver(tmp_path, [item], drawn.settings(post_office.port), now=drawn.NOW)
    assert outcome.status == "refused"
    assert "about another business unit" in outcome.reason
    assert post_office.mails == []


def test_a_suppressed_figure_stays_suppressed(tmp_path, drawn, post_office):
    nothing = dict.fromkeys(("value", "low", "high", "n", "previous", "year_ago", "series"))
    hidden = drawn.kpi(**nothing, changes=[], signal="insufficient", reason="too few")
    deliver(tmp_path, [drawn.publish(tmp_path, kpis=[hidden])], drawn.settings(post_office.port), now=drawn.NOW)
    (mail,) = post_office.messages
    for kind in ("plain", "html"):
        text = mail.get_body((kind,)).get_content()
        assert "Too few records to say" in text
        assert "2.31" not in text.replace("Repairs take 2.31 days, 0.26 more", "")


def test_a_dry_run_writes_what_would_be_sent_and_notes_nothing(tmp_path, drawn, post_office):
    people = {"li": {"address": "li@example.com"}, "room": {"chat_from": "ROOM_URL"}}
    settings = drawn.settings(post_office.port, {"people": people, "units": {"U03": ["li", "room"]}})
    items = [drawn.publish(tmp_path / "out")]
    for _ in range(2):
        outcomes = deliver(tmp_path / "out", items, settings, now=drawn.NOW, dry_run=tmp_path / "dry")
        assert [each.status for each in outcomes] == ["dry_run", "dry_run"]
    assert sorted(file.suffix for file in (tmp_path / "dry").iterdir()) == [".eml", ".json"]
    assert post_office.mails == []
    assert not (tmp_path / "out/.after_sales").exists()


def test_a_room_gets_its_message_once_in_its_language(tmp_path, drawn, webhook, monkeypatch):
    monkeypatch.setenv("ROOM_URL", webhook.url)
    people = {"room": {"chat_from": "ROOM_URL", "language": "zh"}}
    settings = drawn.settings(
        1, {"people": people, "units": {"U03": ["room"]}}, base_url="https://reports.example.com/a b"
    )
    item = drawn.publish(tmp_path, findings=[drawn.finding("@all <script> [x](javascript:1)")])
    for hour in range(2):
        deliver(tmp_path, [item], settings, now=drawn.later(hours=hour))
    (body,) = webhook.bodies
    assert body["title"] == "单位U03 · 2026年6月：维修需2.31天，多0.26天"
    assert "＠all ＜script＞ ［x］(javascript:1)（中文）" in body["message"]
    assert "https://reports.example.com/a b/2026-06/U03/summary.zh.html" in body["message"]


def test_what_a_room_answers_decides_whether_it_is_tried_again(tmp_path, drawn, webhook, monkeypatch):
    monkeypatch.setenv("ROOM_URL", webhook.url)
    settings = drawn.settings(1, {"people": {"room": {"chat_from": "ROOM_URL"}}, "units": {"U03": ["room"]}})
    webhook.statuses = [503, 404]
    item = drawn.publish(tmp_path)
    hours = (deliver(tmp_path, [item], settings, now=drawn.later(hours=hour)) for hour in range(3))
    told = [[(one.status, one.reason) for one in each if one.reason != "was sent before"] for each in hours]
    assert told == [
        [("queued", "the room's service answered 503")],
        [("refused", "the room's service answered 404")],
        [],
    ]
    assert len(webhook.bodies) == 2


def test_a_room_that_cannot_be_reached_or_named_waits(tmp_path, drawn, monkeypatch):
    settings = drawn.settings(1, {"people": {"room": {"chat_from": "ROOM_URL"}}, "units": {"U03": ["room"]}})
    (outcome,) = deliver(tmp_path, [drawn.publish(tmp_path)], settings, now=drawn.NOW)
    assert (outcome.status, "ROOM_URL is not set" in outcome.reason) == ("queued", True)
    monkeypatch.setenv("ROOM_URL", "json://127.0.0.1:9/key/")
    outcomes = deliver(tmp_path, [], settings, now=drawn.later(hours=1))
    assert [(each.status, each.reason) for each in outcomes] == [("queued", "the room's service could not be reached")]


def test_a_message_that_nobody_takes_is_given_up(tmp_path, drawn):
    settings = drawn.settings(9, retry_hours=12)
    statuses = []
    items = [drawn.publish(tmp_path)]
    for hour in range(20):
        statuses += [each.status for each in deliver(tmp_path, items, settings, now=drawn.later(hours=hour))]
        items = []
    assert statuses[-1] == "refused"
    assert 4 <= statuses.count("queued") <= 8
