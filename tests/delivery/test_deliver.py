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
