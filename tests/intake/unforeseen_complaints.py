"""Files of complaints whose days and amounts several hands have written."""

# ruff: noqa: E501 -- a row of an export, or its head, per line
# fmt: off

from datetime import datetime

from tests.intake.unforeseen import Case, Source, day, written


def of_branch(c: Case) -> str:
    """The branch's own order of day and month."""
    return "%m/%d/%Y" if branch(c) == "Boston" else "%d/%m/%Y"


def branch(c: Case) -> str:
    return c.either("Leeds", "Boston", "York")


def small(c: Case) -> str:
    return "Boston" if c.n % 80 == 3 else c.either("Leeds", "York")


def of_small(c: Case) -> str:
    return "%m/%d/%Y" if small(c) == "Boston" else "%d/%m/%Y"


def hand(moment: datetime | None, n: int) -> str:
    if moment is None:
        return "处理中"
    return (f"{moment.year}.{moment.month}.{moment.day}", f"{moment.year}年{moment.month}月{moment.day}日", f"{moment.year}/{moment.month}/{moment.day}", f"{moment:%Y-%m-%d}")[n % 4]


def ordinal(moment: datetime | None) -> str:
    if moment is None:
        return "Ongoing"
    ending = "th" if 10 <= moment.day <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(moment.day % 10, "th")
    return f"{moment.day}{ending} {moment:%B %Y}"


KINDS = ("late", "rude", "billing")

COMPLAINTS = {
    "day_or_month_first_by_branch": Source(
        "complaint register.csv", "Ref,Branch,Received,Closed,Type of complaint",
        lambda c: [f"K{c.n:04}", branch(c), written(c.begin, of_branch(c)), written(c.end, of_branch(c)), c.either(*KINDS)],
        lambda c: (f"K{c.n:04}", branch(c), day(c.begin), day(c.end)), table="complaints"),
    "month_first_in_a_branch_of_one_in_eighty": Source(
        "complaint register.csv", "Ref,Branch,Received,Closed,Type of complaint",
        lambda c: [f"K{c.n:04}", small(c), written(c.begin, of_small(c)), written(c.end, of_small(c)), c.either(*KINDS)],
        lambda c: (f"K{c.n:04}", small(c), day(c.begin), day(c.end)), table="complaints", rows=900),
    "both_orders_and_no_column_that_tells": Source(
        "complaint register.csv", "Ref,Branch,Received,Type of complaint",
        lambda c: [f"K{c.n:04}", c.either("Leeds", "York"), written(c.begin, "%m/%d/%Y" if c.n % 7 < 3 else "%d/%m/%Y"), "late"],
        lambda c: None, table="complaints", asked="tell the rows apart by another column"),
    "settled_on_a_day_without_a_clock": Source(
        "complaints.csv", "Complaint ID,Region,Received at,Settled on,Reason",
        lambda c: [f"C{c.n:04}", c.either("Nord", "Sud"), f"{c.begin:%Y-%m-%d %H:%M}", written(c.begin if c.n % 2 else c.end, "%Y-%m-%d"), c.either(*KINDS)],
        lambda c: (f"C{c.n:04}", c.either("Nord", "Sud"), day(c.begin), day(c.begin if c.n % 2 else c.end)), table="complaints"),
    "chinese_hands_and_amounts": Source(
        "客诉登记表.csv", "投诉单号,责任大区,接诉日期,结案日期,投诉类型,赔偿金额,责任判定,投诉内容",
        lambda c: [f"TS{c.n:04}", c.either("华东区", "华南区"), hand(c.begin, c.n), hand(c.end, c.n + 1), c.either("质量", "态度"), c.either("￥1.2万", "1,200元", "无", "0"), c.either("有责", "无责"), "客户说机器没修好"],
        lambda c: (f"TS{c.n:04}", c.either("华东区", "华南区"), day(c.begin), day(c.end)), table="complaints", encoding="gb18030", total=("complaints", "compensation", 30 * 13_200)),
    "german_amounts": Source(
        "Reklamationen 2025.csv", "Reklamationsnr.;Filiale;Eingangsdatum;Erledigt am;Reklamationsgrund;Gutschrift;Berechtigt",
        lambda c: [f"R-{c.n:04}", c.either("Kiel", "Ulm"), written(c.begin, "%d.%m.%Y"), written(c.end, "%d.%m.%Y", "offen"), c.either("Verspätung", "Qualität"), c.either("1.234,50 €", "89,90 €"), c.either("ja", "nein")],
        lambda c: (f"R-{c.n:04}", c.either("Kiel", "Ulm"), day(c.begin), day(c.end)), table="complaints", delimiter=";", encoding="cp1252", total=("complaints", "compensation", 60 * 1_324.4)),
    "amounts_in_two_currencies": Source(
        "complaints.csv", "Complaint ID,Region,Received at,Compensation,Reason",
        lambda c: [f"C{c.n:04}", c.either("Nord", "Sud"), f"{c.begin:%Y-%m-%d %H:%M}", c.either("€ 120", "$ 80"), c.either(*KINDS)],
        lambda c: None, table="complaints", asked="holds several currencies (EUR, USD)"),
    "ordinals": Source(
        "Complaints 2025.csv", "Case reference,Sector,Date complaint received,Date of final decision,Complaint subject,Decision",
        lambda c: [f"OMB/{c.n:04}", c.either("Gas", "Water"), ordinal(c.begin), ordinal(c.end), c.either("Billing", "Repair"), c.either("Upheld", "Not upheld")],
        lambda c: (f"OMB/{c.n:04}", c.either("Gas", "Water"), day(c.begin), day(c.end)), table="complaints"),
    "three_times_of_which_none_says_when_it_came_in": Source(
        "FLAT_CMPL.csv", "CMPLID,ODINO,MFR_NAME,MAKETXT,FAILDATE,COMPDESC,DATEA,LDATE",
        lambda c: [c.n + 1, 11_600_000 + c.n, "Motor", c.either("FORD", "LINCOLN"), written(c.begin, "%Y%m%d"), c.either("ENGINE", "BRAKES"), written(c.begin, "%Y%m%d"), written(c.begin, "%Y%m%d")],
        lambda c: None, table="complaints", asked="which column is when the complaint came in"),
}
