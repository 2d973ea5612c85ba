"""The settings are read strictly: what is wrong is told all at once, and a secret or a forged header is refused."""

from pathlib import Path

import pytest

from analysis.delivery.reading import read_settings
from analysis.delivery.settings import Settings
from analysis.faults import UserFault
from analysis.reporting.parameters import read_suite

PEOPLE = {"li": {"address": "li@example.com"}}
SMTP = {"host": "mail.example.com"}


def read(delivery=None, alerts=None, recipients=None):
    given = {"smtp": SMTP, "sender": "Reports <reports@example.com>"} if delivery is None else delivery
    return read_settings(given, alerts, recipients or {"people": PEOPLE, "units": {"U03": ["li"]}}, base=Path("/"))


def faults(*args, **named) -> str:
    with pytest.raises(UserFault) as caught:
        read(*args, **named)
    return "\n".join(caught.value.lines)


def test_nothing_in_the_files_tells_nobody():
    assert read_settings(base=Path("/")) == Settings()
    assert Settings().tells_nobody


def test_the_shipped_parameters_tell_nobody():
    assert read_suite().delivery.tells_nobody


def test_a_person_sees_the_units_they_are_listed_for_and_no_other():
    settings = read(recipients={"people": PEOPLE, "units": {"U03": ["li"], "all": []}})
    assert settings.may_see("li@example.com", "U03")
    assert not settings.may_see("li@example.com", "all")
    assert not settings.may_see("li@example.com", "U05")


def test_a_group_gives_its_members_its_rule_unless_they_have_their_own():
    people = {"li": {"address": "li@example.com"}, "wu": {"address": "wu@example.com", "when": "always"}}
    groups = {"north": {"members": ["li", "wu"], "when": ["worsening", "failure"]}}
    settings = read(recipients={"people": people, "groups": groups, "units": {"U03": ["north"]}})
    assert [reader.when for reader in settings.readers_of("U03")] == [("worsening", "failure"), ("always",)]


def test_all_mistakes_are_told_at_once_with_the_nearest_right_name():
    told = faults(
        {"smtp": {"host": "mail", "tsl": "tls"}, "sender": "nobody", "page": "lnik"},
        [{"name": "slow", "metric": "m", "limit": "about 3", "to": ["Li"]}],
        {"people": {"li": {"adress": "li@example.com"}}, "units": {"U03": ["Li"]}, "owner": ["li"]},
    )
    for part in (
        "suite.yml: delivery: smtp: unknown key 'tsl'; did you mean 'tls'?",
        "suite.yml: delivery: sender must be one mail address",
        "suite.yml: delivery: page must be link, attach or none; did you mean 'link'?, got 'lnik'",
        "recipients.yml: people: li: unknown key 'adress'; did you mean 'address'?",
        "recipients.yml: units: U03: nobody is called 'Li'; did you mean 'li'?",
        "recipients.yml: unknown key 'owner'; did you mean 'owners'?",
        "suite.yml: alerts: slow: limit must be a comparison with a number, such as \"> 3\", got 'about 3'",
        "suite.yml: alerts: slow: to: nobody is called 'Li'; did you mean 'li'?",
    ):
        assert part in told


@pytest.mark.parametrize(
    "address",
    ["li", "li@", "@example.com", "li@example.com, x@y.z", "li @example.com", "李@example.com", "li@例子.cn",
     "a..b@c.d", "<li@example.com>", f"{'a' * 250}@example.com", "li@-x.com", 5, True, ["li@example.com"]],
)  # fmt: skip
def test_what_is_no_single_plain_address_is_refused(address):
    assert "recipients.yml: people: li: address" in faults(recipients={"people": {"li": {"address": address}}})


@pytest.mark.parametrize(
    "delivery",
    [
        {"base_url": "https://me:geheim@example.com/"},
        {"base_url": "javascript:geheim"},
        {"base_url": "https://x/?t=geheim"},
    ],
)
def test_a_base_url_with_a_password_or_another_protocol_is_refused(delivery):
    told = faults({"smtp": SMTP, "sender": "r@example.com", **delivery})
    assert "base_url must" in told


def test_a_password_is_never_sent_in_the_clear():
    clear = {**SMTP, "tls": "none", "user_from": "MAIL_USER", "password_from": "MAIL_PASSWORD"}
    assert "would send the password in the clear" in faults({"smtp": clear, "sender": "r@example.com"})


def test_mail_without_a_server_or_sender_is_a_mistake():
    assert "smtp is missing" in faults({"sender": "r@example.com"})
    assert "sender is missing" in faults({"smtp": SMTP})


def test_a_rule_of_an_alert_watches_exactly_one_thing():
    rule = {"name": "slow", "metric": "m", "to": ["li"]}
    assert "needs exactly one of limit, signals and findings, has 0" in faults(alerts=[rule])
    assert "has 2" in faults(alerts=[{**rule, "limit": "> 3", "signals": "worsening"}])
    assert "a limit needs its metric" in faults(alerts=[{"name": "slow", "to": ["li"], "limit": "> 3"}])
    assert "two rules are called 'slow'" in faults(alerts=[{**rule, "limit": "> 3"}, {**rule, "limit": "> 4"}])


def test_the_suite_reads_delivery_from_its_own_two_files(tmp_path):
    (tmp_path / "suite.yml").write_text(
        "languages: [zh]\ndelivery:\n  smtp: {host: mail.example.com}\n  sender: r@example.com\n", encoding="utf-8"
    )
    people = "people:\n  li: {address: li@example.com}\nunits:\n  U03: [li]\nowners: [li]\n"
    (tmp_path / "recipients.yml").write_text(people, encoding="utf-8")
    settings = read_suite(tmp_path).delivery
    assert settings.readers_of("U03")[0].person.language == "zh"
    assert (settings.server.port, settings.server.tls) == (587, "starttls")
    (tmp_path / "suite.yml").write_text("pages: x\ndelivery: {pge: link}\n", encoding="utf-8")
    with pytest.raises(UserFault) as caught:
        read_suite(tmp_path)
    assert len(caught.value.lines) == 2
