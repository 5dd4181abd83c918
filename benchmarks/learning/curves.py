"""A picture of curves as plain SVG: shares from 0 to 1 on the upright axis."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Final

Points = Sequence[tuple[float, float]]
WIDTH: Final = 640
HEIGHT: Final = 400
EDGE: Final = 60
FONT: Final = 'font-family="sans-serif" font-size="13"'
TURNED: Final = f'transform="rotate(-90 16 {HEIGHT / 2})"'
COLOURS: Final = ("#0b6e99", "#c2410c", "#4d7c0f", "#7c3aed", "#525252")
DASHES: Final = ("", "6 4", "2 3", "10 3 2 3", "1 2")
"""Lines differ by their dashes too, for those who do not see colours."""


def draw(path: Path, title: str, axes: tuple[str, str], curves: Mapping[str, Points], *, widest: float) -> None:
    """Write the curves; the level axis goes from 0 to `widest`."""
    across, up = WIDTH - 2 * EDGE, HEIGHT - 2 * EDGE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" {FONT}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{EDGE}" y="{EDGE - 28}" font-size="15">{escape(title)}</text>',
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 14}" text-anchor="middle">{escape(axes[0])}</text>',
        f'<text x="16" y="{HEIGHT / 2}" text-anchor="middle" {TURNED}>{escape(axes[1])}</text>',
    ]
    for step in range(6):
        share = step / 5
        level, place = HEIGHT - EDGE - up * share, EDGE + across * share
        parts.append(f'<path d="M{EDGE} {level:.1f}H{WIDTH - EDGE}" stroke="#ddd"/>')
        parts.append(f'<text x="{EDGE - 8}" y="{level + 4:.1f}" text-anchor="end">{share:.1f}</text>')
        parts.append(f'<text x="{place:.1f}" y="{HEIGHT - EDGE + 18}" text-anchor="middle">{widest * share:.3g}</text>')
    for place, (name, points) in enumerate(curves.items()):
        shown = [(x, y) for x, y in points if x <= widest]
        line = " ".join(f"{EDGE + across * x / widest:.1f},{HEIGHT - EDGE - up * y:.1f}" for x, y in shown)
        look = f'stroke="{COLOURS[place % 5]}" stroke-dasharray="{DASHES[place % 5]}" stroke-width="2"'
        parts.append(f'<polyline points="{line}" fill="none" {look}/>')
        height = HEIGHT - EDGE - 16 - 18 * place
        parts.append(f'<path d="M{WIDTH - EDGE - 150} {height - 4}h28" {look}/>')
        parts.append(f'<text x="{WIDTH - EDGE - 114}" y="{height}">{escape(name)}</text>')
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*parts, "</svg>\n"]), encoding="utf-8")
