#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""terminal_svg.py < CAPTURE > PICTURE: what `tmux capture-pane -e` prints, as SVG. Block elements become rectangles,
so that they join whatever the font."""
import re
import sys
import unicodedata
from xml.sax.saxutils import escape

CELL_WIDTH, CELL_HEIGHT, SIZE, MARGIN = 8.4, 18, 14, 12
FOREGROUND, BACKGROUND = "#c9d1d9", "#0e1116"
SIXTEEN = ("#484f58 #e5534b #57ab5a #c69026 #539bf5 #b083f0 #39c5cf #909dab "
           "#636e7b #ff938a #6bc46d #daaa3f #6cb6ff #dcbdfb #56d4dd #cdd9e5").split()


def colour_of(number):
    if number < 16:
        return SIXTEEN[number]
    if number >= 232:
        return "#" + f"{8 + (number - 232) * 10:02x}" * 3
    levels = (0, 95, 135, 175, 215, 255)
    number -= 16
    return "#%02x%02x%02x" % (levels[number // 36], levels[number // 6 % 6], levels[number % 6])


def apply(codes, look):
    numbers = [int(code or 0) for code in codes.split(";")]
    while numbers:
        code = numbers.pop(0)
        if code == 0:
            look.update(colour=None, bold=False, reverse=False, dim=False)
        elif code in (1, 2, 7):
            look[{1: "bold", 2: "dim", 7: "reverse"}[code]] = True
        elif code == 27:
            look["reverse"] = False
        elif 30 <= code <= 37 or 90 <= code <= 97:
            look["colour"] = SIXTEEN[code - 30 if code < 90 else code - 82]
        elif code == 39:
            look["colour"] = None
        elif code == 38 and numbers[0] == 5:
            look["colour"] = colour_of(numbers[1])
            del numbers[:2]


def cells_of(line, look):
    for part in re.findall(r"\x1b\[([0-9;]*)m|([^\x1b])", line):
        if part[1]:
            yield part[1], dict(look)
        else:
            apply(part[0], look)


def rectangle(x, y, width, height, colour):
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.2f}" height="{height:.2f}" fill="{colour}"/>'


def draw(character, look, x, y):
    colour = look["colour"] or (FOREGROUND if not look["dim"] else "#8b949e")
    code = ord(character)
    if look["reverse"] and 0x2581 <= code <= 0x2588:
        yield rectangle(x, y, CELL_WIDTH + 0.3, CELL_HEIGHT * (0x2588 - code) / 8, colour)
        return
    if look["reverse"]:
        yield rectangle(x, y, CELL_WIDTH + 0.3, CELL_HEIGHT + 0.3, colour)
        colour = BACKGROUND
    if 0x2581 <= code <= 0x2588:
        height = CELL_HEIGHT * (code - 0x2580) / 8
        yield rectangle(x, y + CELL_HEIGHT - height, CELL_WIDTH + 0.3, height + 0.3, colour)
    elif code == 0x2580:
        yield rectangle(x, y, CELL_WIDTH + 0.3, CELL_HEIGHT / 2 + 0.3, colour)
    elif character != " ":
        bold = ' font-weight="bold"' if look["bold"] else ""
        yield (f'<text x="{x:.1f}" y="{y + SIZE:.0f}" fill="{colour}"{bold}>{escape(character)}</text>')


def main():
    lines = sys.stdin.read().rstrip("\n").split("\n")
    look, shapes, columns = {"colour": None, "bold": False, "reverse": False, "dim": False}, [], 0
    for row, line in enumerate(lines):
        column = 0
        for character, of_it in cells_of(line, look):
            shapes += draw(character, of_it, MARGIN + column * CELL_WIDTH, MARGIN + row * CELL_HEIGHT)
            column += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        columns = max(columns, column)
    width, height = columns * CELL_WIDTH + 2 * MARGIN, len(lines) * CELL_HEIGHT + 2 * MARGIN
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" font-size="{SIZE}" '
          'font-family="DejaVu Sans Mono, Menlo, Consolas, monospace">')
    print(rectangle(0, 0, width, height, BACKGROUND))
    print("\n".join(shapes))
    print("</svg>")


if __name__ == "__main__":
    main()
