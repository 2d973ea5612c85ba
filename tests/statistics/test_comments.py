"""Comments read offline: themes by word lists, mood by learning from the scores, else by word lists."""

import numpy as np
import pytest

from analysis.statistics.comments import check_mood, read_mood, read_themes, theme_names

EXAMPLES = {  # theme: comments that touch it, and one that looks as if it did
    "speed": (["等了一个多星期", "响应很快，当天就来了", "waited for more than a week", "very quick"], "快递已收到"),
    "repair_quality": (["修了两次还没好", "fixed at the first visit", "still broken"], "the floor is nice"),
    "attitude": (["态度差", "师傅很有耐心", "rude staff", "friendly technician"], "the temperature is right"),
    "price": (
        ["乱收费", "价格偏高", "charged too much", "the fee was fair"],
        "I will give feedback, the charger works",
    ),
    "parts": (["配件没货", "no spare part"], "we partly agree"),
    "communication": (["客服每次都要从头讲一遍", "电话打不通", "nobody explained anything"], "the machine is new"),
    "appointment": (["约好时间不来", "师傅迟到三个小时", "came on time"], "a good machine"),
    "tidiness": (["安装干净利落，垃圾也带走了", "left a mess"], "sent a message"),
}


def touched(text: str) -> set[str]:
    return {name for name, there in zip(theme_names(), read_themes([text])[0], strict=True) if there}


@pytest.mark.parametrize("theme", EXAMPLES)
def test_each_theme_is_told_in_both_languages(theme: str):
    for text in EXAMPLES[theme][0]:
        assert theme in touched(text), text
    assert theme not in touched(EXAMPLES[theme][1])


def test_every_theme_has_examples_here():
    assert set(EXAMPLES) == set(theme_names())


def test_a_comment_can_have_several_themes_or_none():
    assert touched("等了三天，配件没货，还乱收费") == {"speed", "parts", "price"}
    assert touched("五星好评") == set()


def test_no_comments_are_read_without_complaint():
    assert read_themes([]).shape == (0, len(theme_names()))
    assert read_mood([], []).negative.size == 0


@pytest.mark.parametrize(
    ("text", "negative"),
    [
        ("态度很好，师傅专业", 0),
        ("等了一个多星期，太差了", 1),
        ("不满意", 1),
        ("师傅不专业", 1),
        ("not good, still broken", 1),
        ("great service, thank you", 0),
        ("差不多三点到的", np.nan),
        ("Sehr freundlich", np.nan),
    ],
)
def test_few_comments_are_read_by_words_and_what_they_do_not_know_stays_open(text: str, negative: float):
    found = read_mood([text], [np.nan])
    assert found.how == "words"
    assert found.negative[0] == pytest.approx(negative, nan_ok=True)


def scored(n: int, *, noise: float, seed: int = 2) -> tuple[list[str], np.ndarray]:
    """Comments in words that no list holds; `noise` is the share whose score says the opposite of the words."""
    rng = np.random.default_rng(seed)
    bad = rng.random(n) < 0.3
    words = {
        True: ["zappelig", "grauenhaft", "乌烟瘴气", "鸡飞狗跳"],
        False: ["wunderbar", "herrlich", "妙不可言", "如沐春风"],
    }
    texts = [f"{rng.choice(words[bool(b)])} {rng.choice(words[bool(b)])} {number}" for number, b in enumerate(bad)]
    return texts, np.where(rng.random(n) < noise, ~bad, bad).astype(float)


def test_what_is_negative_is_learned_from_the_businesss_own_scores():
    texts, dissatisfied = scored(600, noise=0.0)
    found = read_mood(texts, dissatisfied)
    told = check_mood(found, dissatisfied)
    assert found.how == "learned"
    assert told.n == 600
    assert told.right / told.n > 0.97
    assert told.found <= told.dissatisfied


def test_accuracy_is_held_out_so_that_scores_without_meaning_look_like_chance():
    """Scores drawn by lot: a reader that had seen them would seem right nearly always."""
    texts, _ = scored(600, noise=0.0)
    by_lot = (np.random.default_rng(0).random(600) < 0.5).astype(float)
    told = check_mood(read_mood(texts, by_lot), by_lot)
    assert told.right / told.n < 0.6


def test_the_same_words_are_never_read_by_a_model_that_saw_them():
    """Every text stands ten times, scored by lot once for all ten: who saw nine of them would know the tenth."""
    rng = np.random.default_rng(1)
    texts = [f"{''.join(rng.choice(list('abcdefgh'), 12))}" for _ in range(60)]
    by_lot = (rng.random(60) < 0.5).astype(float)
    many, scores = texts * 10, np.tile(by_lot, 10)
    told = check_mood(read_mood(many, scores), scores)
    assert told.right / told.n < 0.7


def test_comments_without_a_clear_score_are_read_too():
    texts, dissatisfied = scored(600, noise=0.0)
    unscored = dissatisfied.copy()
    unscored[:50] = np.nan
    found = read_mood(texts, unscored)
    assert (found.negative[:50] == dissatisfied[:50]).mean() > 0.9


def test_the_same_comments_are_always_read_alike():
    texts, dissatisfied = scored(400, noise=0.1)
    first, second = read_mood(texts, dissatisfied), read_mood(texts, dissatisfied)
    np.testing.assert_array_equal(first.negative, second.negative)


def test_with_hardly_any_dissatisfied_the_words_read():
    texts, _ = scored(300, noise=0.0)
    assert read_mood(texts, np.r_[np.ones(10), np.zeros(290)]).how == "words"


def test_an_unclassified_comment_is_neither_right_nor_a_false_alarm():
    found = read_mood(["Sehr freundlich", "太差"], [0.0, 1.0])
    told = check_mood(found, [0.0, 1.0])
    assert (told.n, told.right, told.found, told.false_alarms) == (2, 1, 1, 0)


def test_very_many_comments_of_two_wordings_are_read_without_complaint():
    texts = ["the technician came late", "all was well"] * 150  # fewer different texts than folds
    found = read_mood(texts, np.tile([1.0, 0.0], 150))
    assert found.negative.shape == (300,)
