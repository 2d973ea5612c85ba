"""An executed notebook as the page a reader opens: outputs only, one language, one file, no script."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode

from analysis.presentation.formatting import fmt_period
from analysis.presentation.language import Text, pick, words
from analysis.reporting.look import HTML_LANGUAGE, NAVIGATION, NOTICES, TEMPLATES, stylesheet
from analysis.reporting.notebook import is_by_hand
from analysis.reporting.sanitizing import picture, picture_type, safe_html, safe_markdown, safe_text

BLOCK_MIME = "application/vnd.after-sales.block+json"
QUESTION = "question"
_SECTION = re.compile(r"\s*<section\b[^>]*>")


@dataclass(frozen=True)
class About:
    """What a page is about.

    Parameters
    ----------
    title, question : of the report, from the notebook's title cell
    unit_name : the unit's name in every language
    notebook_file : the executed notebook beside the page, {language} filled by the page's own
    provenance : label and value of what the runner knows: when, how long, from what
    """

    title: Text
    question: Text
    unit_name: Text
    period: str
    notebook_file: str
    provenance: tuple[tuple[Text, str], ...]


def render_page(executed: NotebookNode, about: About, language: str) -> str:
    """The page in one language, with NAVIGATION and NOTICES where links and notices go when it is published."""
    cells = [cell for cell in _without_title(executed.cells) if not is_by_hand(cell)]
    body = NotebookNode(executed | {"cells": _with_questions(cells, language)})
    unit, period = pick(about.unit_name, language), fmt_period(about.period, language)
    page = {
        "html_language": HTML_LANGUAGE[language],
        "document_title": " · ".join((unit, period, about.title[language])),
        "kicker": " · ".join((about.title[language], unit, period)),
        "skip": words("Skip to the report", language),
        "css": stylesheet(),
        "navigation": _question(about, language) + NAVIGATION,
        "notices": NOTICES,
        "footer": _footer(about, language),
    }
    html, _ = _exporter(language).from_notebook_node(body, resources={"page": page})
    return html


@lru_cache(maxsize=4)
def _exporter(language: str) -> TemplateExporter:
    exporter = TemplateExporter(
        extra_template_basedirs=[str(TEMPLATES.parent)],
        template_name="templates",
        template_file="report.html.j2",
        template_extension=".j2",
        filters={
            "markdown_cell": lambda cell: show_markdown(cell, language),
            "shown_output": lambda output: show_output(output, language),
        },
        exclude_input=True,
        exclude_raw=True,
    )
    return exporter


def show_markdown(cell: Mapping[str, Any], language: str) -> str:
    """A markdown cell in the page's language; as written where nobody translated it."""
    return f'<div class="markdown">{safe_markdown(words(cell["source"], language), language)}</div>\n'


def show_output(output: Mapping[str, Any], language: str) -> str:
    """One output: a block in the page's language, a picture, an analyst's HTML or printed text; else nothing."""
    html = _shown(output, language)
    return _asked(html, output.get("metadata", {}).get(QUESTION, ""), language) + "\n" if html else ""


def _shown(output: Mapping[str, Any], language: str) -> str:
    if output["output_type"] == "stream":
        text = output["text"].strip() if output["name"] == "stdout" else ""
        return f'<pre class="printed">{safe_text(text, language)}</pre>' if text else ""
    data = output.get("data", {})
    if BLOCK_MIME in data:
        html = data[BLOCK_MIME]["html"]
        return html.get(language, html[min(html)])
    mime = picture_type(data)
    if mime is not None:
        alternative = output.get("metadata", {}).get(mime, {}).get("alt")
        return picture(mime, data[mime], alternative or words("Figure drawn by this notebook", language))
    if "text/html" in data:
        region = f'role="region" tabindex="0" aria-label="{escape(words("Table made by this notebook", language))}"'
        return f'<div class="scroll" {region}>{safe_html(data["text/html"], language)}</div>'
    if "text/markdown" in data:
        return f'<div class="markdown">{safe_markdown(data["text/markdown"], language)}</div>'
    return ""


def _without_title(cells: list[NotebookNode]) -> list[NotebookNode]:
    first = next((cell for cell in cells if cell.cell_type == "markdown"), None)
    return [cell for cell in cells if cell is not first]


def _with_questions(cells: list[NotebookNode], language: str) -> list[NotebookNode]:
    """Each question, a markdown cell of one '## ' line, goes to the block that answers it, or is not asked."""
    kept: list[NotebookNode] = []
    question = ""
    for cell in cells:
        if _is_question(cell):
            question = words(cell.source.strip(), language).removeprefix("## ")
            continue
        kept.append(_answering(cell, question, language) if question else cell)
        question = ""
    return kept


def _answering(cell: NotebookNode, question: str, language: str) -> NotebookNode:
    """The cell with the question handed to the first output that is shown; unchanged where nothing is."""
    if cell.cell_type == "markdown":
        return NotebookNode(cell, source=f"## {question}\n\n{words(cell.source, language)}")
    shown = next((number for number, output in enumerate(cell.outputs) if show_output(output, language)), None)
    if shown is None:
        return cell
    outputs = list(cell.outputs)
    metadata = NotebookNode({**outputs[shown].get("metadata", {}), QUESTION: question})
    outputs[shown] = NotebookNode(outputs[shown], metadata=metadata)
    return NotebookNode(cell, outputs=outputs)


def _is_question(cell: NotebookNode) -> bool:
    return cell.cell_type == "markdown" and cell.source.startswith("## ") and "\n" not in cell.source.strip()


def _asked(html: str, question: str, language: str) -> str:
    """A block with its question as heading: inside the section that the block is, above it otherwise."""
    if not question:
        return html
    heading = f'<h2 class="question">{safe_text(question, language)}</h2>'
    section = _SECTION.match(html)
    return html[: section.end()] + heading + html[section.end() :] if section else heading + html


def _question(about: About, language: str) -> str:
    question = about.question.get(language)
    return f'<p class="question">{escape(question)}</p>\n' if question else ""


def _footer(about: About, language: str) -> str:
    facts = "".join(
        f"<div><dt>{escape(pick(label, language))}</dt><dd>{escape(value)}</dd></div>"
        for label, value in about.provenance
    )
    made, see = words("How this page was made", language), words("The executed notebook, with its code", language)
    file = escape(about.notebook_file.replace("{language}", language))
    return (
        f'<details class="made"><summary>{escape(made)}</summary><dl class="facts">{facts}</dl></details>\n'
        f'<p class="code-link"><a href="{file}">{escape(see)}</a></p>'
    )
