"""The figures of a text by their units, so that "two weeks" and "14 days" are the same and "ten days" is another."""

import re
from collections import defaultdict
from typing import Final

_NUMBERS: Final = {
    word: value
    for value, listed in {
        1: "one a an ein eine einen einem einer",
        2: "two zwei",
        3: "three drei",
        4: "four vier",
        5: "five fünf",
        6: "six sechs",
        7: "seven sieben",
        8: "eight acht",
        9: "nine neun",
        10: "ten zehn",
        11: "eleven elf",
        12: "twelve zwölf",
        14: "fourteen vierzehn",
        15: "fifteen fünfzehn",
        20: "twenty zwanzig",
        30: "thirty dreißig dreissig",
        60: "sixty sechzig",
        90: "ninety neunzig",
        100: "hundred hundert",
    }.items()
    for word in listed.split()
}
_DAYS: Final = {
    "hour": 1 / 24, "hours": 1 / 24, "stunde": 1 / 24, "stunden": 1 / 24,
    "day": 1, "days": 1, "tag": 1, "tage": 1, "tagen": 1,
    "week": 7, "weeks": 7, "woche": 7, "wochen": 7,
    "month": 30, "months": 30, "monat": 30, "monate": 30, "monaten": 30,
    "year": 365, "years": 365, "jahr": 365, "jahre": 365, "jahren": 365,
}  # fmt: skip
_MONEY: Final = {"€": "€", "eur": "€", "euro": "€", "euros": "€", "$": "$", "usd": "$", "dollar": "$", "dollars": "$",
                 "£": "£", "gbp": "£", "pound": "£", "pounds": "£"}  # fmt: skip
_FILLERS: Final = ("business", "calendar", "full", "more", "whole", "working", "ganze", "ganzen", "volle", "vollen")
_JOINS: Final = ("and", "bis", "or", "oder", "to", "und")
_TOKEN: Final = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+|[€$£%]")


def quantities(text: str) -> dict[str, set[float]]:
    """Return the figures of a text by unit: {"day": {14.0}}; without a unit under "".

    Spans of time are in days (a month has 30, a year 365), sums of money under their sign. Other figures stand under
    the word that follows them, without its plural s.
    """
    tokens = _TOKEN.findall(text.casefold())
    found: defaultdict[str, set[float]] = defaultdict(set)
    waiting: list[float] = []
    for place, token in enumerate(tokens):
        value = _value(token)
        if value is None:
            if token not in _JOINS:
                waiting.clear()
            continue
        before = tokens[place - 1] if place else ""
        after = [each for each in tokens[place + 1 : place + 3] if each not in _FILLERS][:1]
        unit = after[0] if after else ""
        if not token[0].isdigit() and value == 1 and unit not in _DAYS:
            continue  # "a parcel" is no figure
        if unit in _JOINS and place + 2 < len(tokens) and _value(tokens[place + 2]) is not None:
            waiting.append(value)  # of "10 to 14 days"
            continue
        for each in (*waiting, value):
            if unit in _DAYS:
                found["day"].add(round(each * _DAYS[unit], 3))
            elif money := _MONEY.get(unit) or _MONEY.get(before):
                found[money].add(each)
            else:
                found["" if _value(unit) is not None else unit.rstrip("s")].add(each)
        waiting.clear()
    return dict(found)


def _value(token: str) -> float | None:
    if token[:1].isdigit():
        return _read(token)
    return _NUMBERS.get(token)


def _read(digits: str) -> float:
    """Read "1,000", "1.000" and "1.5" and "1,5": a group of three after a separator is of thousands."""
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", digits):
        return float(re.sub(r"[.,]", "", digits))
    whole, *rest = re.split(r"[.,]", digits)
    return float(f"{whole}.{''.join(rest)}") if rest else float(whole)
