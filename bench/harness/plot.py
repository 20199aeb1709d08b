"""Plots as SVG with a light and a dark theme: panels of grouped bars."""

import math
from dataclasses import dataclass, field
from html import escape

PANEL_WIDTH, PANEL_HEIGHT = 440, 230
LEFT, TOP, BOTTOM, GAP = 52, 34, 30, 24
HEAD, FOOT = 58, 16

STYLE = """
  text { font: 11px system-ui, sans-serif; fill: #555 }
  .title { font-size: 15px; font-weight: 600; fill: #222 }
  .panel { font-size: 12px; font-weight: 600; fill: #222 }
  .value { font-size: 10px }
  .grid { stroke: #ddd; stroke-width: 1 }
  .ground { fill: #fff }
  .s0 { fill: #2a6fdb } .s1 { fill: #3a9b5c } .s2 { fill: #d98324 } .s3 { fill: #8a8f98 }
  @media (prefers-color-scheme: dark) {
    text { fill: #aaa } .title, .panel { fill: #eee } .grid { stroke: #3a3f46 } .ground { fill: #14171c }
    .s0 { fill: #6aa2f7 } .s1 { fill: #63c184 } .s2 { fill: #f0a85c } .s3 { fill: #7d838d }
  }
"""


@dataclass
class Panel:
    """`series` maps a name to a number or None for each of `groups`."""

    title: str
    groups: list
    series: dict = field(default_factory=dict)


def bars(title, panels):
    """Two panels in a row, under one legend."""
    names = list(dict.fromkeys(name for panel in panels for name in panel.series))
    columns = min(2, len(panels))
    width = columns * PANEL_WIDTH + GAP
    height = HEAD + math.ceil(len(panels) / columns) * PANEL_HEIGHT + FOOT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">',
        f"<style>{STYLE}</style>",
        f'<rect class="ground" width="{width}" height="{height}" rx="6"/>',
        f'<text class="title" x="16" y="24">{escape(title)}</text>',
        *legend(names),
    ]
    for number, panel in enumerate(panels):
        across, down = number % columns, number // columns
        parts.append(f'<g transform="translate({across * PANEL_WIDTH} {HEAD + down * PANEL_HEIGHT})">')
        parts += axes(panel)
        parts += marks(panel, names)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>", ""])


def legend(names):
    x = 16
    for number, name in enumerate(names):
        yield f'<rect class="s{number}" x="{x}" y="37" width="10" height="10" rx="2"/>'
        yield f'<text x="{x + 15}" y="46">{escape(name)}</text>'
        x += 30 + 6.4 * len(name)


def axes(panel):
    yield f'<text class="panel" x="{LEFT}" y="18">{escape(panel.title)}</text>'
    top = ceiling(panel)
    for step in range(5):
        value = top * step / 4
        y = height_of(value, top)
        yield f'<line class="grid" x1="{LEFT}" x2="{PANEL_WIDTH - 8}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:,g}</text>'
    for number, group in enumerate(panel.groups):
        x = LEFT + (number + 0.5) * group_width(panel)
        yield f'<text x="{x:.1f}" y="{PANEL_HEIGHT - BOTTOM + 16}" text-anchor="middle">{escape(group)}</text>'


def marks(panel, names):
    wide = group_width(panel)
    thick = min(34, wide * 0.8 / len(panel.series))
    top = ceiling(panel)
    for place, (name, found) in enumerate(panel.series.items()):
        colour = names.index(name)
        for number, value in enumerate(found):
            if value is None:
                continue
            x = LEFT + (number + 0.5) * wide + (place - len(panel.series) / 2) * thick
            y = height_of(value, top)
            base = PANEL_HEIGHT - BOTTOM - y
            yield f'<rect class="s{colour}" x="{x + 1:.1f}" y="{y:.1f}" width="{thick - 2:.1f}" height="{base:.1f}" rx="1.5"/>'
            yield f'<text class="value" x="{x + thick / 2:.1f}" y="{y - 3:.1f}" text-anchor="middle">{short(value)}</text>'


def group_width(panel):
    return (PANEL_WIDTH - LEFT - 8) / len(panel.groups)


def height_of(value, top):
    return PANEL_HEIGHT - BOTTOM - (PANEL_HEIGHT - TOP - BOTTOM) * value / top


def ceiling(panel):
    """A round number above all values."""
    most = max(value for found in panel.series.values() for value in found if value is not None) * 1.08
    unit = 10 ** math.floor(math.log10(most))
    return next(step * unit for step in (1, 2, 4, 6, 8, 10) if step * unit >= most)


def short(value):
    if value >= 10_000:
        return f"{value / 1000:.0f}k"
    if value >= 1_000:
        return f"{value / 1000:.1f}k"
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
