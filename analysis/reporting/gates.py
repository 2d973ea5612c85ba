"""What must hold before a report may be published. Each gate returns its faults as lines; it repairs nothing."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from nbformat import NotebookNode

from analysis.data_model import ALL_UNITS
from analysis.reporting.parameters import Limits

SCHEMA = "after-sales-report/1"
SIGNALS = ("improving", "worsening", "steady", "unusual", "insufficient")

_LISTS = ("kpis", "findings", "data_quality", "missing")
_GLYPH = re.compile(r"Glyph \d+ .*missing from")
_TAG = re.compile(r"""<[a-zA-Z][^\s/>]*((?:[^>"']|"[^"]*"|'[^']*')*)>""")
_FORBIDDEN_TAG = re.compile(
    r"<\s*(script|iframe|object|embed|base|form|link|audio|video|foreignObject)\b", re.IGNORECASE
)
_ATTRIBUTE = re.compile(r"""([^\s"'=<>/]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_ADDRESS_ATTRIBUTES = frozenset(
    {"href", "src", "xlink:href", "srcset", "action", "formaction", "poster", "data", "background", "cite", "ping"}
)
_ELSEWHERE = re.compile(r"^\s*(?!data:image/|mailto:)(?:[a-z][a-z0-9+.-]*:|//|\\\\)", re.IGNORECASE)
_STYLE_ADDRESS = re.compile(r"@import|url\(\s*['\"]?(?!#|data:)", re.IGNORECASE)


def check_outputs(executed: NotebookNode, limits: Limits) -> list[str]:
    """Cells that print more than a page can bear, and charts with characters that their font lacks."""
    found = []
    for number, cell in enumerate(_own_cells(executed), start=1):
        printed = sum(
            len(output["text"].encode()) for output in cell.get("outputs", ()) if output["output_type"] == "stream"
        )
        if printed > limits.printed_kilobytes * 1000:
            found.append(
                f"cell {number} prints {printed / 1e6:.1f} MB, at most {limits.printed_kilobytes} KB "
                "(limits.printed_kilobytes of suite.yml)"
            )
        if any(_GLYPH.search(text) for text in _warnings(cell)):
            found.append(
                f"cell {number} draws characters that its font lacks (see the warning in the executed notebook)"
            )
    return found


def check_record(record: Mapping[str, Any], *, report: str, business_unit: str, period: str) -> list[str]:
    """The facts for machines: strict JSON, about this report and no other unit, every gap with its reason."""
    try:
        json.dumps(record, allow_nan=False)
    except (ValueError, TypeError) as fault:
        return [f"the record is not strict JSON: {fault}"]
    wanted = {"schema": SCHEMA, "report": report, "business_unit": business_unit, "period": period}
    found = [
        f"the record's {name} is {record.get(name)!r}, not {value!r}"
        for name, value in wanted.items()
        if record.get(name) != value
    ]
    found += [f"the record's {name} is no list" for name in _LISTS if not isinstance(record.get(name), list)]
    return found or [*_kpi_faults(record["kpis"]), *_foreign(record["findings"], business_unit)]


def check_tables(tables: Mapping[str, Any], *, business_unit: str) -> list[str]:
    """A unit's workbook holds that unit's rows only."""
    if business_unit == ALL_UNITS:
        return []
    found = []
    for sheet, table in tables.items():
        if "business_unit" in table["columns"]:
            position = table["columns"].index("business_unit")
            others = {row[position] for row in table["rows"]} - {business_unit, ALL_UNITS, None}
            if others:
                found.append(f"sheet {sheet!r} holds rows of {len(others)} other units")
    return found


def check_page(html: str, limits: Limits) -> list[str]:
    """One file that asks nobody for anything: no script, no handler, no address outside; one h1; not too large."""
    size = len(html.encode())
    found = [f"the page has a <{tag.lower()}>" for tag in sorted({match[1] for match in _FORBIDDEN_TAG.finditer(html)})]
    if size > limits.page_kilobytes * 1000:
        found.append(
            f"the page has {size / 1000:.0f} KB, at most {limits.page_kilobytes} (limits.page_kilobytes of suite.yml)"
        )
    headings = len(re.findall(r"<h1[\s>]", html))
    if headings != 1:
        found.append(f"the page has {headings} first-level headings, not one; `report.header()` gives it")
    if "<!doctype html>" not in html[:20].lower() or not html.rstrip().endswith("</html>"):
        found.append("the page is not whole")
    return [*found, *dict.fromkeys(_address_faults(html))]


def _address_faults(html: str) -> Iterator[str]:
    if _STYLE_ADDRESS.search(html):
        yield "a style of the page loads an address"
    for tag in _TAG.finditer(html):
        for name, double, single in _ATTRIBUTE.findall(tag[1]):
            value = double or single
            if name.lower().startswith("on"):
                yield f"the page has a handler {name}"
            elif name.lower() in _ADDRESS_ATTRIBUTES and _ELSEWHERE.search(value):
                yield f"the page links outside: {name}={value[:60]!r}"


def _kpi_faults(kpis: list[Any]) -> Iterator[str]:
    for kpi in kpis:
        if not isinstance(kpi, dict) or "metric" not in kpi or "value" not in kpi:
            yield "a kpi of the record lacks its metric or value"
        elif kpi["value"] is None and not kpi.get("reason"):
            yield f"{kpi['metric']} of the record has no value and no reason"
        elif kpi.get("signal") is not None and kpi["signal"] not in SIGNALS:
            yield f"{kpi['metric']} of the record has the signal {kpi['signal']!r}, none of {', '.join(SIGNALS)}"


def _foreign(findings: list[Any], business_unit: str) -> Iterator[str]:
    for finding in findings:
        unit = finding.get("business_unit") if isinstance(finding, dict) else None
        if business_unit != ALL_UNITS and unit not in (business_unit, ALL_UNITS, None):
            yield f"a finding of the record is about another unit, {unit!r}"


def _own_cells(executed: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in executed.cells if "injected-parameters" not in cell.metadata.get("tags", ())]


def _warnings(cell: NotebookNode) -> list[str]:
    return [
        output["text"]
        for output in cell.get("outputs", ())
        if output["output_type"] == "stream" and output["name"] == "stderr"
    ]
