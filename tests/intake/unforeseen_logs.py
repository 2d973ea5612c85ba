"""Logs of events and of changes, in the layouts of process mining and of service desks."""

# ruff: noqa: E501 -- a row of an export, or its head, per line
# fmt: off

from datetime import timedelta

from tests.intake.unforeseen import Case, Source, day


def at(c: Case, step: int):
    """Steps are five hours apart."""
    return c.begin + timedelta(hours=5 * step)


def steps(c: Case, *names: str, open_after: int) -> list[tuple[str, object]]:
    """The steps of a case; of an open one the first of them."""
    return [(name, at(c, n)) for n, name in enumerate(names[: None if c.end else open_after])]


def ended(c: Case, step: int):
    return at(c, step) if c.end else None


VISIT = ("Register request", "Assign engineer", "On-site visit", "Repair device", "Close case")
STATES = ("Accepted/In Progress", "Queued/Awaiting Assignment", "Accepted/Assigned", "Accepted/Wait - User", "Completed/Resolved", "Completed/Closed")
INCIDENT = ("Open", "Assignment", "Operator Update", "Reassignment", "Caused By CI", "Closed")
GERMAN = ("Meldung erfasst", "Techniker eingeplant", "Techniker vor Ort", "Arbeit beendet", "Rechnung gestellt")
NUMBERS = (("", "1"), ("1", "2"), ("2", "3"), ("3", "2"), ("2", "6"), ("6", "7"))

LOGS = {
    "an_activity_with_a_start_and_a_completion": Source(
        "repairs_xes.csv", "case:concept:name,concept:name,time:timestamp,lifecycle:transition,org:resource,case:site",
        lambda c: [[f"Case {c.n}", name, f"{moment + timedelta(minutes=30 * (life == 'complete')):%Y-%m-%dT%H:%M:%S}.000+00:00", life, f"R{c.n % 7}", c.either("Utrecht", "Breda")]
                   for name, moment in steps(c, *VISIT, open_after=3) for life in ("start", "complete")],
        lambda c: (f"Case {c.n}", c.either("Utrecht", "Breda"), c.begin, c.end and at(c, 4) + timedelta(minutes=30), c.status)),
    "a_status_and_a_finer_one_beside_it": Source(
        "VINST cases incidents.csv", "SR Number;Change Date+Time;Status;Sub Status;Impact;Product;Country;Support Team;Owner First Name",
        lambda c: [[f"1-{364_285_768 + c.n}", f"{moment.isoformat()}+00:00", *name.split("/"), "Medium", "PROD1", c.either("se", "pl"), "V1 2nd", "Ann"]
                   for name, moment in steps(c, *STATES, open_after=4)],
        lambda c: (f"1-{364_285_768 + c.n}", c.either("se", "pl"), c.begin, ended(c, 4), c.status), delimiter=";"),
    "activities_of_incidents": Source(
        "Detail Incident Activity.csv", "Incident ID;DateStamp;IncidentActivity_Number;IncidentActivity_Type;Assignment Group;KM number;Interaction ID",
        lambda c: [[f"IM{c.n:07}", f"{moment:%d-%m-%Y %H:%M:%S}", f"001A{c.n:04}{n:03}", name, f"TEAM{n:04}", "KM1", f"SD{c.n:07}"]
                   for n, (name, moment) in enumerate(steps(c, *INCIDENT, open_after=5))],
        lambda c: (f"IM{c.n:07}", None, c.begin, ended(c, 5), c.status), delimiter=";"),
    "an_audit_of_changes_whose_states_are_numbers": Source(
        "sys_audit.csv", "tablename,documentkey,fieldname,oldvalue,newvalue,sys_created_on,user",
        lambda c: [["incident", f"INC{c.n:07}", "incident_state", old, new, at(c, n), "ann"] for n, (old, new) in enumerate(NUMBERS[: None if c.end else 2])]
                  + [["incident", f"INC{c.n:07}", "assigned_to", "", "tech1", at(c, 1), "ann"]],
        lambda c: (f"INC{c.n:07}", None, c.begin, ended(c, 4), c.status)),
    "days_without_clocks_newest_first": Source(
        "history.csv", "ticket,step,date,branch",
        lambda c: [[f"H{c.n}", name, f"{moment:%Y-%m-%d}", c.either("Ost", "West")] for name, moment in reversed(steps(c, "Created", "Zugewiesen", "Assigned", "Repair done", open_after=2))],
        lambda c: (f"H{c.n}", c.either("Ost", "West"), day(c.begin), day(ended(c, 3)), c.status)),
    "a_begin_and_an_end_in_each_row": Source(
        "production_log.csv", "Case ID,Activity,Resource,Start Timestamp,Complete Timestamp,Site",
        lambda c: [[f"B{c.n}", name, "Ann", moment, moment + timedelta(hours=2), c.either("Ost", "West")] for name, moment in steps(c, "Create order", "Assign technician", "On site visit", "Repair", "Complete order", open_after=3)],
        lambda c: (f"B{c.n}", c.either("Ost", "West"), c.begin, c.end and at(c, 4) + timedelta(hours=2), c.status)),
    "german_steps_with_the_clock_in_a_column_of_its_own": Source(
        "Auftragsverlauf.csv", "Auftrag;Vorgangsschritt;Datum;Uhrzeit;Niederlassung",
        lambda c: [[4_000_000 + c.n, name, f"{moment:%d.%m.%Y}", f"{moment:%H:%M}", c.either("Köln", "Bonn")] for name, moment in steps(c, *GERMAN, open_after=3)],
        lambda c: (4_000_000 + c.n, c.either("Köln", "Bonn"), c.begin, ended(c, 3), c.status), delimiter=";", encoding="cp1252"),
}
