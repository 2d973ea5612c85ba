"""Lists of orders as cities and service desks export them, with days and clocks in their own ways."""

# ruff: noqa: E501 -- a row of an export, or its head, per line
# fmt: off

from datetime import datetime, timedelta

from tests.intake.unforeseen import Case, Source, written

US = "%m/%d/%Y %I:%M:%S %p"
UK = "%d/%m/%Y %H:%M"


def plainly(key: str, *units: str):
    """What is true of most lists: key, unit, begin, end, status."""
    return lambda c: (key.format(c.n), c.either(*units) if units else None, c.begin, c.end, c.status)


def cancelled(c: Case) -> bool:
    return c.n % 30 == 7


def serial(moment: datetime | None, mark: str = ".") -> str:
    return f"{(moment - datetime(1899, 12, 30)).total_seconds() / 86400:.8f}".replace(".", mark) if moment else ""


def epoch(moment: datetime | None) -> str | int:
    return int((moment - datetime(1970, 1, 1)).total_seconds() * 1000) if moment else "0"


def chinese(moment: datetime | None) -> str:
    return f"{moment.year}年{moment.month}月{moment.day}日 {'上午' if moment.hour < 12 else '下午'}{(moment.hour - 1) % 12 + 1}:{moment.minute:02}" if moment else ""


def eastern(moment: datetime | None) -> str:
    return f"{moment:%b %d, %Y %I:%M %p} {'EDT' if 4 <= moment.month <= 10 else 'EST'}" if moment else ""


def jira(moment: datetime | None) -> str:
    return f"{moment:%d/%b/%y} {(moment.hour - 1) % 12 + 1}:{moment:%M %p}" if moment else ""


def spanish(moment: datetime | None) -> str:
    months = ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"]
    return f"{moment.day:02}-{months[moment.month - 1]}-{moment.year} {moment:%H:%M}" if moment else ""


def backwards(c: Case) -> bool:
    """Closed before it was opened."""
    return c.n % 60 == 1


ORDERS = {
    "san_francisco_with_cases_closed_before_they_were_opened": Source(
        "311_Cases.csv",
        "CaseID,Opened,Closed,Updated,Status,Status Notes,Responsible Agency,Category,Request Type,Request Details,Address,Supervisor District,Neighborhood,Latitude,Longitude,Source,Media URL",
        lambda c: [18_000_000 + c.n, written(c.begin, US), written(c.begin - timedelta(hours=3) if backwards(c) else c.end, US), written(c.begin, US), "Closed" if c.end else "Open", "", c.either("DPW", "Recology", "MTA"), "Street Cleaning", c.either("Bulky Items", "Graffiti"), "Refrigerator", f"{c.n} MARKET ST", c.n % 11, c.either("Mission", "SoMa"), "37.77", "-122.41", c.either("Mobile", "Phone", "Web"), ""],
        lambda c: None if backwards(c) else (18_000_000 + c.n, c.either("DPW", "Recology", "MTA"), c.begin, c.end, c.status), aside=2),
    "chicago_whose_city_and_state_are_no_units": Source(
        "requests.csv", "SR_NUMBER,SR_TYPE,SR_SHORT_CODE,OWNER_DEPARTMENT,STATUS,ORIGIN,CREATED_DATE,LAST_MODIFIED_DATE,CLOSED_DATE,STREET_ADDRESS,CITY,STATE,ZIP_CODE,DUPLICATE,PARENT_SR_NUMBER,WARD",
        lambda c: [f"SR25-{c.n:08}", c.either("Pothole", "Rodent Baiting"), c.either("PHF", "SGA"), c.either("Streets", "Water", "Animal Care"), "Canceled" if cancelled(c) else "Completed" if c.end else "Open", c.either("Phone Call", "Internet"), written(c.begin, US), written(c.end or c.begin, US), written(c.end, US), f"{c.n} W MADISON ST", "Chicago", "Illinois", "60612", "false", "", c.n % 50],
        lambda c: (f"SR25-{c.n:08}", c.either("Streets", "Water", "Animal Care"), c.begin, None if cancelled(c) else c.end, "cancelled" if cancelled(c) else c.status)),
    "a_map_server_with_milliseconds_and_noughts": Source(
        "service_requests_layer.csv", "OBJECTID,REQUESTID,CREATIONDATE,CLOSEDATE,DISTRICT,STATUS,REQTYPE,X,Y",
        lambda c: [c.n + 1, f"REQ-{c.n:05}", epoch(c.begin), epoch(c.end), c.either("North", "South"), "CLOSED" if c.end else "IN PROGRESS", c.either("Streetlight", "Signal"), "-94.5", "39.1"],
        plainly("REQ-{:05}", "North", "South"), off=14),
    "toronto_without_an_end": Source(
        "SR2025.csv", "Creation Date,Status,First 3 Chars of Postal Code,Ward,Service Request Type,Division,Section",
        lambda c: [f"{c.begin:%Y-%m-%d %H:%M:%S}.000", c.either("Closed", "Completed", "In-progress", "Initiated", "Cancelled"), "M6B", f"Ward {c.n % 4}", c.either("Noise", "Pot hole"), c.either("Toronto Water", "Transportation"), "Ops"],
        lambda c: (f"SR2025-{c.n + 1}", c.either("Toronto Water", "Transportation"), c.begin, None, c.either("completed", "completed", "open", "open", "cancelled"))),
    "spanish_tickets": Source(
        "incidencias.csv", "Nº de incidencia;Delegación;Fecha de apertura;Fecha de cierre;Estado;Prioridad;Técnico asignado;Tipo de avería;Importe",
        lambda c: [f"INC-{c.n:05}", c.either("Madrid", "Sevilla"), written(c.begin, UK), "" if cancelled(c) else written(c.end, UK), "Anulada" if cancelled(c) else c.either("Cerrada", "Resuelta") if c.end else c.either("En curso", "Pendiente", "Abierta"), c.either("Alta", "Media"), f"Técnico {c.n % 6}", c.either("Fuga", "Ruido"), "89,50 €"],
        lambda c: (f"INC-{c.n:05}", c.either("Madrid", "Sevilla"), c.begin, None if cancelled(c) else c.end, "cancelled" if cancelled(c) else c.status), delimiter=";"),
    "spanish_months": Source(
        "ordenes.csv", "Expediente;Sucursal;Fecha de alta;Fecha de cierre;Estado",
        lambda c: [f"X{c.n}", c.either("Vigo", "León"), spanish(c.begin), spanish(c.end), "Finalizada" if c.end else "Asignada"],
        plainly("X{}", "Vigo", "León"), delimiter=";"),
    "two_digits_of_the_year": Source(
        "jobs.csv", "Job No,Depot,Logged,Finished,Progress",
        lambda c: [f"J{c.n:04}", c.either("Leeds", "York"), written(c.begin, "%d/%m/%y %H:%M"), written(c.end, "%d/%m/%y %H:%M"), "Done" if c.end else "Waiting"],
        plainly("J{:04}", "Leeds", "York")),
    "the_word_of_a_zone_behind_the_clock": Source(
        "tickets.csv", "Ticket,Office,Created,Solved,Status",
        lambda c: [f"T{c.n:04}", c.either("Boston", "Albany"), eastern(c.begin), eastern(c.end), "Solved" if c.end else "Open"],
        plainly("T{:04}", "Boston", "Albany")),
    "universal_time": Source(
        "issues.csv", "number,site,created_at,closed_at,state",
        lambda c: [c.n + 500, c.either("Perth", "Sydney"), written(c.begin, "%Y-%m-%dT%H:%M:%SZ"), written(c.end, "%Y-%m-%dT%H:%M:%SZ"), "closed" if c.end else "open"],
        lambda c: (c.n + 500, c.either("Perth", "Sydney"), c.begin, c.end, c.status)),
    "serials_with_a_decimal_comma": Source(
        "Serviceaufträge.csv", "Auftrag;Filiale;Gemeldet am;Erledigt am;Status;Kosten",
        lambda c: [f"A-{c.n:04}", c.either("Graz", "Linz"), serial(c.begin, ","), serial(c.end, ","), "erledigt" if c.end else "offen", "1.234,50"],
        plainly("A-{:04}", "Graz", "Linz"), delimiter=";", total=("costs", "amount", 1234.5 * 120)),
    "serials_with_a_point": Source(
        "worklist.csv", "Order ref,Branch,Reported,Completed,State",
        lambda c: [f"A-{c.n:04}", c.either("Graz", "Linz"), serial(c.begin), serial(c.end), "Complete" if c.end else "Open"],
        plainly("A-{:04}", "Graz", "Linz")),
    "chinese_halves_of_the_day_and_amounts": Source(
        "维修台账.csv", "工单号,所属公司,报修时间,完工时间,状态,维修费用,故障部位,维修人员",
        lambda c: [f"GD{c.n:05}", c.either("成都", "重庆"), chinese(c.begin), chinese(c.end), "已完工" if c.end else "维修中", c.either("￥1.2万", "￥850", "1,200元"), c.either("主板", "液压泵"), c.either("张工", "王工")],
        plainly("GD{:05}", "成都", "重庆"), encoding="gb18030", total=("costs", "amount", 40 * (12000 + 850 + 1200))),
    "sap_with_days_and_clocks_without_marks": Source(
        "QMEL.csv", "Notification,Plant,Created on,Time created,Completion date,Completion time,System status",
        lambda c: [10_000_000 + c.n, c.either("1000", "2000"), f"{c.begin:%Y%m%d}", f"{c.begin:%H%M%S}", written(c.end, "%Y%m%d", "00000000"), written(c.end, "%H%M%S", "000000"), "NOCO" if c.end else "OSNO"],
        lambda c: (10_000_000 + c.n, c.either("1000", "2000"), c.begin, c.end, c.status)),
    "the_clock_before_the_day_and_a_comma_before_thousandths": Source(
        "desk.csv", "Ticket ID,Team,Created,Solved",
        lambda c: [f"D{c.n}", c.either("One", "Two"), f"{c.begin:%H:%M %d/%m/%Y}", written(c.end, "%Y-%m-%d %H:%M:%S,250")],
        plainly("D{}", "One", "Two")),
    "fourteen_digits": Source(
        "mainframe.csv", "Ticket ID,Team,Created,Solved",
        lambda c: [f"D{c.n}", c.either("One", "Two"), f"{c.begin:%Y%m%d%H%M%S}", written(c.end, "%Y%m%d%H%M%S")],
        plainly("D{}", "One", "Two")),
    "an_end_in_the_year_9999": Source(
        "contracts_service.csv", "Case ID,Region,Opened,Closed",
        lambda c: [f"Z{c.n}", c.either("East", "West"), written(c.begin, "%Y-%m-%d %H:%M:%S"), written(c.end, "%Y-%m-%d %H:%M:%S", "9999-12-31 00:00:00")],
        plainly("Z{}", "East", "West")),
    "months_in_letters_and_years_in_two_digits": Source(
        "issues_export.csv", "Key,Squad,Status,Created,Updated,Resolved,Priority",
        lambda c: [f"SUP-{c.n}", c.either("Alpha", "Beta"), "Done" if c.end else "Waiting for customer", jira(c.begin), jira(c.end or c.begin), jira(c.end), c.either("Highest", "Low")],
        plainly("SUP-{}", "Alpha", "Beta")),
}
