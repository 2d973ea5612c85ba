"""What names a person never reaches a reader; what only looks like it stays readable."""

import pytest

from analysis.presentation.masking import clean_text, mask_text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Call 13800138000 today", "Call [phone] today"),
        ("call 138-0013-8000 or 138 0013 8000", "call [phone] or [phone]"),
        ("+86 13800138000", "[phone]"),
        ("１３８００１３８０００", "[phone]"),
        ("office 010-62345678", "office [phone]"),
        ("(021)6234 5678", "[phone]"),
        ("ring +44 20 7946 0958", "ring [phone]"),
        ("ring (555) 123-4567", "ring [phone]"),
        ("id 11010519491231002X, please", "id [ID number], please"),
        ("id 110105 19491231 0021", "id [ID number]"),
        ("mail zhang.san+x@example.com.cn!", "mail [e-mail]!"),
        ("card 6222 0202 0001 2345 678", "card [code]"),
        ("serial 123456789012", "serial [code]"),
        ("SN99887766554433", "SN[code]"),
        ("car 京A12345 outside", "car [plate] outside"),
        ("Mr Smith and Ms. Jane Doe complain", "Mr [name] and Ms. [name] complain"),
        ("Dear John Smith, hello", "Dear [name], hello"),
        ("Contact: Li Lei", "Contact: [name]"),
    ],
)
def test_identifiers_are_masked_in_english(text, masked):
    assert mask_text(text, "en") == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("请致电13800138000。", "请致电[电话]。"),
        ("张三先生来电", "[姓名]先生来电"),
        ("欧阳女士不满意", "[姓名]女士不满意"),
        ("联系人：李四，下午在家", "联系人：[姓名]，下午在家"),
        ("我叫王小明", "我叫[姓名]"),
        ("微信号:abc_12345", "微信号:[账号]"),
        ("身份证110105194912310021", "身份证[证件号]"),
        ("邮箱a@b.cn", "[邮箱]"),
    ],
)
def test_identifiers_are_masked_in_chinese(text, masked):
    assert mask_text(text, "zh") == masked


@pytest.mark.parametrize(
    "text",
    [
        "2026-07-05 to 2026-07-31",
        "from 2025-06 to 2026-06, n = 12,345,678",
        "1,234,567.891 and 0.123456789012",
        "WO-00012345 with part P-4711-22",
        "batch 20250612-03",
        "2.11–2.55 days, 86.3%, q = 0.0004",
        "The repair cycle rose by 0.31 days (0.22 to 0.40) since April 2025",
        "先生产再维修；经理说明；师傅上门",
        "喆 镕 㛃 😀 ≥ − café",
        "Dr. and Mrs in general",
    ],
)
def test_what_is_no_identifier_stays(text):
    assert mask_text(text, "en") == text


def test_controls_direction_marks_and_broken_surrogates_are_stripped_and_rare_characters_stay():
    assert clean_text("a\x00b\x1bc\u202ed\u200be\ud800f 喆镕㛃😀") == "abcdef 喆镕㛃😀"
    mask_text("\ud800\x00 13800138000").encode("utf-8")
