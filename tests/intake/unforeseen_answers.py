"""Surveys whose scales count backwards, are words, stars or codes, and contact logs."""

# ruff: noqa: E501 -- a row of an export, or its head, per line
# fmt: off

from datetime import datetime, timedelta

from tests.intake.unforeseen import Case, Source, written

ENGLISH = ("Very satisfied", "Satisfied", "Neither satisfied nor dissatisfied", "Dissatisfied", "Very dissatisfied")
CHINESE = ("A.非常满意", "B.满意", "C.一般", "D.不满意", "E.非常不满意")
QUESTION = "Overall, how satisfied are you? (1 = Extremely satisfied, 5 = Extremely dissatisfied)"
QUALTRICS = ("StartDate", "EndDate", "IPAddress", "Progress", "RecordedDate", "ResponseId", "Region", "Q1", "Q3")
WORDED = ("Start Date", "End Date", "IP Address", "Progress", "Recorded Date", "Response ID", "Region", QUESTION, "Comments")
CODES = [["variable", "code", "label"], *[["q1_overall_satisfaction", n, word] for n, word in enumerate(ENGLISH, 1)]]


def high(c: Case) -> int:
    """Mostly good answers."""
    return c.either(5, 4, 5, 3, 1, 5, 4)


def low(c: Case) -> int:
    """Mostly low numbers: good answers on a scale that counts backwards."""
    return 6 - high(c)


def plain(key: str, of=high):
    return lambda c: (key.format(c.n), of(c), 1, 5)


ANSWERS = {
    "qualtrics_with_three_rows_of_headings_and_one_the_best": Source(
        "Service Feedback.csv", [QUALTRICS, WORDED, [f'{{"ImportId":"{name}"}}' for name in QUALTRICS]],
        lambda c: [f"{c.begin:%Y-%m-%d %H:%M:%S}", f"{c.begin:%Y-%m-%d %H:%M:%S}", "10.0.0.1", 100, f"{c.begin:%Y-%m-%d %H:%M:%S}", f"R_{c.n:08x}", c.either("North", "South"), low(c), ""],
        plain("R_{:08x}"), table="surveys", aside=1),
    "surveymonkey_in_words": Source(
        "Customer Satisfaction.csv", [["Respondent ID", "Collector ID", "Start Date", "End Date", "Which store did you visit?", "How satisfied were you with the repair?"], ["", "", "", "", "Response", "Response"]],
        lambda c: [118_000_000 + c.n, 4, written(c.begin, "%m/%d/%Y %I:%M:%S %p"), written(c.begin, "%m/%d/%Y %I:%M:%S %p"), c.either("Store A", "Store B"), ENGLISH[5 - high(c)]],
        lambda c: (118_000_000 + c.n, high(c), 1, 5), table="surveys", aside=1),
    "levels_in_chinese_with_letters_before_them": Source(
        "售后服务满意度调查.csv", "序号,提交答卷时间,所用时间,来源,来自IP,1、您所在的门店,2、您对本次维修服务是否满意？,3、您对服务态度,4、其他建议",
        lambda c: [c.n + 1, f"{c.begin.year}/{c.begin.month}/{c.begin.day} {c.begin:%H:%M:%S}", "65秒", "微信", "10.1.1.1(上海-上海)", c.either("浦东店", "徐汇店"), CHINESE[5 - high(c)], c.either("满意", "不满意"), "(空)"],
        lambda c: (c.n + 1, high(c), 1, 5), table="surveys"),
    "stars": Source(
        "reviews.csv", "Review ID,Review date,Store,Rating,Review text",
        lambda c: [f"rv{c.n}", f"{c.begin:%Y-%m-%d}", c.either("Lille", "Metz"), "★" * high(c) + "☆" * (5 - high(c)), "ok"], plain("rv{}"), table="surveys"),
    "so_many_of_five": Source(
        "customer feedback.csv", "Feedback ID,Date,Outlet,Satisfaction score,Remarks",
        lambda c: [f"rv{c.n}", f"{c.begin:%d %B %Y}", c.either("Lille", "Metz"), f"{high(c)}/5", "ok"], plain("rv{}"), table="surveys"),
    "stars_in_words": Source(
        "ratings.csv", "Rating ID,Submitted on,Outlet,Stars given,Remarks",
        lambda c: [f"rv{c.n}", f"{c.begin:%d %B %Y}", c.either("Lille", "Metz"), f"{high(c)} stars", "ok"], plain("rv{}"), table="surveys"),
    "ten_points_and_codes_for_no_answer": Source(
        "csat_wave3.csv", "resp_id,interview_date,branch,overall_satisfaction,staff_friendliness",
        lambda c: [c.n + 1, f"{c.begin:%Y-%m-%d}", c.either("A", "B", "C"), c.either(5, 7, 8, 9, 10, 99, 98), c.either(8, 9, 10, 99)],
        lambda c: (c.n + 1, c.either(5, 7, 8, 9, 10, None, None), 1, 10), table="surveys"),
    "one_the_best_by_a_list_of_codes_alone": Source(
        "survey_answers.csv", "case,date_of_interview,branch,q1_overall_satisfaction",
        lambda c: [c.n + 1, f"{c.begin:%Y-%m-%d}", c.either("A", "B", "C"), low(c)], lambda c: (c.n + 1, high(c), 1, 5), table="surveys", more={"codebook.csv": CODES}),
    "low_answers_of_which_nothing_says_which_end_is_good": Source(
        "survey_answers.csv", "case,date_of_interview,branch,q1_overall_satisfaction",
        lambda c: [c.n + 1, f"{c.begin:%Y-%m-%d}", c.either("A", "B", "C"), low(c)], lambda c: None, table="surveys", asked="most answers to 'q1_overall_satisfaction' lie near 1"),
    "aspects_that_are_low_too": Source(
        "survey_answers.csv", "case,date_of_interview,branch,overall satisfaction (1 = best),response speed",
        lambda c: [c.n + 1, f"{c.begin:%Y-%m-%d}", c.either("A", "B", "C"), low(c), low(c)], lambda c: (c.n + 1, high(c), 1, 5), table="surveys"),
    "low_aspects_beside_a_score_in_words": Source(
        "survey_answers.csv", "case,date_of_interview,branch,overall satisfaction,response speed",
        lambda c: [c.n + 1, f"{c.begin:%Y-%m-%d}", c.either("A", "B", "C"), ENGLISH[5 - high(c)], low(c)], lambda c: None, table="surveys", asked="most answers to 'response speed' lie near 1"),
    "german_school_marks": Source(
        "Kundenbefragung.csv", "Nr;Datum;Filiale;Schulnote Reparatur",
        lambda c: [c.n + 1, f"{c.begin:%d.%m.%Y}", c.either("Ost", "West"), c.either(1, 2, 3, 4, 6)], lambda c: (c.n + 1, c.either(6, 5, 4, 3, 1), 1, 6), table="surveys", delimiter=";"),
    "nought_said_to_be_no_answer": Source(
        "chat_ratings.csv", "id,rated_at,team,\"rating (1-5, 0 = not rated)\"".replace("\"", "").replace("(1-5, 0", "(1-5; 0"),
        lambda c: [c.n + 1, f"{c.begin:%Y-%m-%d %H:%M}", c.either("A", "B"), c.either(0, 4, 5, 3)], lambda c: (c.n + 1, c.either(None, 4, 5, 3), 1, 5), table="surveys"),
    "nought_of_which_nothing_is_said": Source(
        "app_ratings.csv", "id,rated_at,team,rating",
        lambda c: [c.n + 1, f"{c.begin:%Y-%m-%d %H:%M}", c.either("A", "B"), c.either(0, 4, 5, 3)], lambda c: None, table="surveys", asked="If 0 is the worst answer"),
    "one_row_per_question": Source(
        "survey_responses_long.csv", "response_id,answered_at,branch,question,answer",
        lambda c: [[f"S{c.n}", f"{c.begin:%Y-%m-%d %H:%M}", c.either("A", "B"), question, value] for question, value in (("CSAT", c.either(4, 5, 3)), ("NPS", c.either(9, 10, 6)))],
        lambda c: (f"S{c.n}-NPS", c.either(9, 10, 6), 0, 10), table="surveys"),
    "chats_with_seconds_since_1970": Source(
        "conversations.csv", "Conversation ID,Created at (epoch),First reply at (epoch),Closed at (epoch),Team,Rating,Teammate",
        lambda c: [f"2154{c.n:06}", *(int((c.begin + timedelta(minutes=k) - datetime(1970, 1, 1)).total_seconds()) for k in (0, 2, 20)), c.either("Support", "Sales"), c.either("😠", "🤩"), "Ann"],
        lambda c: (f"2154{c.n:06}", c.begin), table="interactions"),
    "calls_with_their_clock_beside_the_day": Source(
        "call detail.csv", "Call ID,Call date,Call time,Queue,Wait time,Talk time,Abandoned,Caller number",
        lambda c: [70_000 + c.n, f"{c.begin:%m/%d/%Y}", f"{c.begin:%H:%M:%S}", c.either("Service", "Parts"), "00:00:12", "00:03:00", "N" if c.end else "Y", "6135550100"],
        lambda c: (70_000 + c.n, c.begin), table="interactions"),
}
