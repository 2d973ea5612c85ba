"""The small marks beside the words of a card: each state has its own shape, so that colour is never alone.

They say nothing by themselves: screen readers skip them and read the words.
"""

from urllib.parse import quote

_STROKE = 'fill="none" stroke="currentColor"'
_PAPER = 'fill="none" stroke="var(--paper)" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"'
_INK = f'{_STROKE} stroke-width="1.6" stroke-linecap="round"'
_DISC = '<circle cx="8" cy="8" r="7" fill="currentColor"/>'
_RING = f'<circle cx="8" cy="8" r="6.2" {_STROKE} stroke-width="1.6"/>'
_DOTTED_RING = f'<circle cx="8" cy="8" r="6.2" {_STROKE} stroke-width="1.4" stroke-dasharray="2.2 2.2"/>'
_TRIANGLE = '<path d="M8 .8 15.6 14.6H.4z" fill="currentColor"/>'
_DIAMOND = f'<path d="M8 .9 15.1 8 8 15.1 .9 8z" {_STROKE} stroke-width="1.6"/>'
_HALF = '<path d="M8 5.2a2.8 2.8 0 0 1 0 5.6z" fill="currentColor"/>'

_SIGNALS = {
    "improving": f'{_DISC}<path d="M4.8 8.3l2.3 2.3 4.2-4.8" {_PAPER}/>',
    "worsening": f'{_TRIANGLE}<path d="M8 6v3.6M8 12.2v.1" {_PAPER}/>',
    "steady": f'{_RING}<path d="M4.4 8.6c1.2-2 2.4-2 3.6-.6s2.4 1.4 3.6-.6" {_INK}/>',
    "unusual": f'{_DIAMOND}<path d="M8 4.7v4M8 11.2v.1" {_INK}/>',
    "insufficient": f'{_DOTTED_RING}<path d="M5.2 8h.1M8 8h.1M10.8 8h.1" {_INK}/>',
}
_ASSURANCES = {
    "hits": f'{_RING}<circle cx="8" cy="8" r="2.8" fill="currentColor"/>',
    "misses": f'{_RING}<circle cx="13" cy="13" r="2.8" fill="currentColor" stroke="var(--paper)"/>',
    "varies": f'{_RING}{_HALF}<circle cx="8" cy="8" r="2.8" {_STROKE} stroke-width="1.2"/>',
}


def signal_icon(signal: str) -> str:
    """Inline SVG of a variation signal: improving, worsening, steady, unusual, insufficient."""
    return _icon(_SIGNALS[signal])


def assurance_icon(assurance: str) -> str:
    """Inline SVG of an assurance: hits, misses, varies."""
    return _icon(_ASSURANCES[assurance])


def icon_masks() -> dict[str, str]:
    """Each state's shape as a data address for a stylesheet's mask: on a page of a thousand marks, one rule instead of
    a drawing in every cell.
    """
    return {name: _mask(marks) for name, marks in (_SIGNALS | _ASSURANCES).items()}


def _mask(marks: str) -> str:
    # what is drawn in the paper's colour is cut out, the rest stays: the ink is the page's
    cut = marks.replace("currentColor", "#fff").replace("var(--paper)", "#000")
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><mask id="m">{cut}</mask>'
        '<path d="M0 0h16v16H0z" mask="url(#m)"/></svg>'
    )
    return f"data:image/svg+xml,{quote(svg, safe=' =/:')}"


def _icon(marks: str) -> str:
    return f'<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">{marks}</svg>'
