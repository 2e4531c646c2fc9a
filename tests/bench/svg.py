# SPDX-License-Identifier: GPL-2.0-or-later
"""Plots as SVG: horizontal bars with the spread of their rounds, and curves. Pure; light and dark by the viewer."""
import math
from xml.sax.saxutils import escape

STYLE = """<style>
  svg { color-scheme: light dark; }
  text { font: 13px system-ui, "Segoe UI", "Helvetica Neue", "DejaVu Sans", sans-serif; fill: #3b4252; }
  .title { font-size: 17px; font-weight: 600; fill: #14181f; }
  .sub, .tick, .foot { font-size: 12px; fill: #667085; }
  .section { font-weight: 600; fill: #14181f; }
  .value { font-weight: 600; fill: #14181f; font-variant-numeric: tabular-nums; }
  .beside { font-weight: 400; fill: #667085; }
  .ours { font-weight: 600; fill: #0b6b4f; }
  .paper { fill: #ffffff; } .grid { stroke: #e6e9ef; } .axis { stroke: #98a2b3; }
  .portsieve { fill: #12a37a; } .ceiling { fill: #98a2b3; } .xdp-filter { fill: #e39a35; } .stack { fill: #7086c9; }
  .whisker { stroke: #14181f; stroke-width: 1.5; opacity: .75; }
  .line { fill: none; stroke-width: 2.5; stroke-linejoin: round; } .band { opacity: .18; }
  .line.portsieve, .spread.portsieve { stroke: #12a37a; fill: none; }
  .line.ceiling { stroke: #98a2b3; fill: none; stroke-dasharray: 6 4; } .spread.ceiling { stroke: #98a2b3; }
  .second { fill: #7086c9; } .line.second, .spread.second { stroke: #7086c9; fill: none; }
  .third { fill: #e39a35; } .line.third, .spread.third { stroke: #e39a35; fill: none; }
  .fourth { fill: #b0579f; } .line.fourth, .spread.fourth { stroke: #b0579f; fill: none; }
  .fifth { fill: #5f9ea8; } .line.fifth, .spread.fifth { stroke: #5f9ea8; fill: none; }
  .sixth { fill: #c0544b; } .line.sixth, .spread.sixth { stroke: #c0544b; fill: none; }
  .spread { stroke-width: 1.5; opacity: .75; }
  @media (prefers-color-scheme: dark) {
    text { fill: #c3cad6; } .title, .value, .section { fill: #f2f4f8; } .sub, .tick, .foot, .beside { fill: #94a0b3; }
    .ours { fill: #4fd6ac; } .paper { fill: #12161d; } .grid { stroke: #262d38; } .axis { stroke: #5b6678; }
    .ceiling { fill: #7d8899; } .stack { fill: #8298e0; } .whisker { stroke: #ffffff; }
    .line.ceiling, .spread.ceiling { stroke: #7d8899; }
    .second { fill: #8298e0; } .line.second, .spread.second { stroke: #8298e0; }
    .fourth { fill: #cf7cbe; } .line.fourth, .spread.fourth { stroke: #cf7cbe; }
    .sixth { fill: #e0776d; } .line.sixth, .spread.sixth { stroke: #e0776d; }
  }
</style>"""
WIDTH, LEFT, RIGHT, ROW, BAR, GAP = 930, 312, 124, 30, 17, 8
LABEL_STEP = 20  # between the names of curves
CUT = 2  # a linear axis ends at so many times the greatest median: one bad round is not to flatten all others
LEGEND = {"ceiling": "empty program", "portsieve": "portsieve", "xdp-filter": "xdp-filter", "stack": "behind the driver"}


def nice_step(top, steps=5):
    """A step of 1, 2 or 5 times a power of ten that divides 0..top into about `steps`."""
    rough = top / steps
    power = 10 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)


def number(value):
    return f"{value:,.10g}"


def document(height, title, subtitle, body, foot=""):
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
             f'height="{height}" role="img" aria-label="{escape(title)}">', STYLE,
             f'<rect class="paper" width="{WIDTH}" height="{height}" rx="8"/>',
             f'<text class="title" x="24" y="34">{escape(title)}</text>',
             f'<text class="sub" x="24" y="55">{escape(subtitle)}</text>'] + body
    if foot:
        lines.append(f'<text class="foot" x="24" y="{height - 16}">{escape(foot)}</text>')
    return "\n".join(lines + ["</svg>"]) + "\n"


def legend(groups, y):
    """Swatches, from the left edge of the bars on."""
    parts, x = [], LEFT
    for group in groups:
        parts += [f'<rect class="{group}" x="{x}" y="{y - 10}" width="12" height="12" rx="3"/>',
                  f'<text class="sub" x="{x + 18}" y="{y}">{LEGEND[group]}</text>']
        x += 40 + 7 * len(LEGEND[group])
    return parts


def bar(row, y, scale):
    """One bar: label, body, whisker, value. `row`: label, group, median, min, max, text and, where there is more, beside."""
    middle, end = y + ROW / 2, LEFT + row["median"] * scale
    low, high = LEFT + row["min"] * scale, LEFT + row["max"] * scale
    kind = "ours" if row["group"] == "portsieve" else "name"
    parts = [f'<text class="{kind}" x="{LEFT - 12}" y="{middle + 4.5:.1f}" text-anchor="end">{escape(row["label"])}</text>',
             f'<rect class="{row["group"]}" x="{LEFT}" y="{middle - BAR / 2:.1f}" width="{max(end - LEFT, 1):.1f}" '
             f'height="{BAR}" rx="3"/>',
             f'<path class="whisker" d="M{low:.1f} {middle:.1f}H{high:.1f}M{low:.1f} {middle - 4:.1f}v8'
             f'M{high:.1f} {middle - 4:.1f}v8"/>',
             f'<text class="value" x="{max(end, high) + 8:.1f}" y="{middle + 4.5:.1f}">{escape(row["text"])}'
             f'<tspan class="beside" dx="7">{escape(row.get("beside", ""))}</tspan></text>']
    return parts


def bars(title, subtitle, unit, sections, foot=""):
    """`sections`: [(heading or None, rows)]; one axis for all."""
    top = max(row["max"] for _, rows in sections for row in rows)
    step, scale = nice_step(top), (WIDTH - LEFT - RIGHT) / top
    groups = [group for group in LEGEND if any(row["group"] == group for _, rows in sections for row in rows)]
    y, body = 98, []
    for heading, rows in sections:
        if heading:
            y += GAP if body else 0
            body.append(f'<text class="section" x="24" y="{y + 20}">{escape(heading)}</text>')
            y += ROW
        for row in rows:
            body += bar(row, y, scale)
            y += ROW
    grid = []
    for i in range(int(top / step) + 1):
        x = LEFT + i * step * scale
        grid += [f'<path class="{"grid" if i else "axis"}" d="M{x:.1f} 94V{y + 4}"/>',
                 f'<text class="tick" x="{x:.1f}" y="{y + 20}" text-anchor="middle">{number(i * step)}</text>']
    grid.append(f'<text class="tick" x="{LEFT + (WIDTH - LEFT - RIGHT) / 2:.0f}" y="{y + 40}" '
                f'text-anchor="middle">{escape(unit)}</text>')
    return document(y + (80 if foot else 56), title, subtitle, legend(groups, 82) + grid + body, foot)


def polyline(places):
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)


def curve(group, points, place):
    """`points`: [(x, median, min, max)]; the band and the whiskers are the spread."""
    there = [place(x, high) for x, _, _, high in points]
    back = [place(x, low) for x, _, low, _ in points]
    line = [place(x, median) for x, median, _, _ in points]
    parts = [f'<path class="band {group}" d="{polyline(there + back[::-1])}Z"/>', f'<path class="line {group}" d="{polyline(line)}"/>']
    for (x, y), (_, high), (_, low) in zip(line, there, back):
        parts += [f'<path class="spread {group}" d="M{x:.1f} {high:.1f}V{low:.1f}"/>',
                  f'<circle class="{group}" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>']
    return parts


def ends_labelled(series, place, x, limits):
    """Names of the curves right of them, in the order of their ends, none on another; ours stands out beside others'."""
    ends = sorted((place(*points[-1][:2])[1], at) for at, (_, _, points) in enumerate(series))
    ys = []
    for y, _ in ends:
        ys.append(max(y, ys[-1] + LABEL_STEP if ys else limits[0]))
    over = max(0, ys[-1] - limits[1])
    for i in range(len(ys) - 1, -1, -1):  # what has run over the lower edge goes up, and pushes
        ys[i] = min(ys[i], (ys[i + 1] - LABEL_STEP) if i + 1 < len(ys) else limits[1]) if over else ys[i]
    parts, compared = [], any(group == "ceiling" for _, group, _ in series)
    for y, (_, at) in zip(ys, ends):
        name, group, _ = series[at]
        weight = "ours" if compared and group == "portsieve" else "name"
        parts += [f'<path class="line {group}" d="M{x} {y:.1f}h16"/>',
                  f'<text class="{weight}" x="{x + 22}" y="{y + 4.5:.1f}">{escape(name)}</text>']
    return parts


def decades(low, high):
    """The powers of ten from one not over `low` to one not under `high`."""
    first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    return [10.0 ** power for power in range(first, max(last, first + 1) + 1)]


def y_scale(series, logarithmic):
    """(ticks, share of the height at a value). A spread beyond the axis is cut off at its edge."""
    points = [point for _, _, points in series for point in points]
    if logarithmic:
        ticks = decades(min(point[2] for point in points), max(point[3] for point in points))
        reach = math.log(ticks[-1] / ticks[0])
        return ticks, lambda y: math.log(max(y, ticks[0]) / ticks[0]) / reach
    top = min(max(point[3] for point in points), CUT * max(point[1] for point in points)) * 1.08
    step = nice_step(top)
    return [i * step for i in range(int(top / step) + 1)], lambda y: min(max(y, 0) / top, 1)


def curves(title, subtitle, axes, series, foot="", logarithmic=False):
    """`axes`: (x unit, y unit); x is drawn by its logarithm, y from zero or by its own. `series`: [(name, group, points)]."""
    left, right, upper, lower = 70, 250 if max(len(name) for name, _, _ in series) > 16 else 170, 106, 372
    xs = sorted({point[0] for _, _, points in series for point in points})
    first, reach, (ticks, share) = xs[0], math.log(xs[-1] / xs[0]), y_scale(series, logarithmic)

    def place(x, y):
        return left + (WIDTH - left - right) * math.log(x / first) / reach, lower - (lower - upper) * share(y)

    body = []
    for tick in ticks:
        y = place(first, tick)[1]
        body += [f'<path class="{"axis" if tick == ticks[0] else "grid"}" d="M{left} {y:.1f}H{WIDTH - right}"/>',
                 f'<text class="tick" x="{left - 10}" y="{y + 4:.1f}" text-anchor="end">{number(tick)}</text>']
    if any([point[0] for point in points] != xs for _, _, points in series):  # they do not stand at the same places
        xs = [x for x in decades(xs[0], xs[-1]) if xs[0] <= x <= xs[-1]]
    for x in xs:
        body.append(f'<text class="tick" x="{place(x, ticks[0])[0]:.1f}" y="{lower + 20}" text-anchor="middle">{number(x)}</text>')
    body += [f'<text class="tick" x="{(left + WIDTH - right) / 2}" y="{lower + 42}" text-anchor="middle">{escape(axes[0])}'
             f'</text>', f'<text class="tick" x="24" y="{upper - 18}">{escape(axes[1])}</text>']
    for _, group, points in series:
        body += curve(group, points, place)
    body += ends_labelled(series, place, WIDTH - right + 16, (upper, lower))
    return document(lower + (84 if foot else 60), title, subtitle, body, foot)
