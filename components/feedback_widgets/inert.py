"""Text that people wrote, made safe to look at: what is hidden in it shows, and nothing in it is markup."""

import re
import unicodedata

_HIDDEN = {"Cc", "Cf", "Co", "Cn", "Zl", "Zp"}
_MARKUP = re.compile(r"([!-/:-@\[-`{-~])")


def reveal(text: str) -> tuple[str, int]:
    """Return `text` with each hidden character written as its code point (⟦U+202E⟧), and how many there were.

    Hidden are control, direction, zero-width, tag, private and unassigned characters, and variation selectors other
    than the one after an emoji. A joiner inside an emoji stays, for it draws one picture.
    """
    shown: list[str] = []
    count = 0
    for place, character in enumerate(text):
        if _is_hidden(character, text[max(place - 1, 0) : place], text[place + 1 : place + 2]):
            shown.append(f"⟦U+{ord(character):04X}⟧")
            count += 1
        else:
            shown.append(character)
    return "".join(shown), count


def escape_markdown(text: str) -> str:
    """Return a line of `text` so that Markdown shows it as it is: every punctuation mark of ASCII is escaped.

    Meant for labels and messages. Streamlit still makes links of bare addresses, and code of deeply indented lines:
    show a whole text with `st.text`.
    """
    return _MARKUP.sub(r"\\\1", text)


def _is_hidden(character: str, before: str, after: str) -> bool:
    if character in "\n\t":
        return False
    if character == "\r":
        return after != "\n"
    if character == "\u200d":
        return not (before and after and _is_picture(before) and _is_picture(after))
    if _is_selector(character):
        return not (before and character == "\ufe0f" and not _is_selector(before))
    return unicodedata.category(character) in _HIDDEN


def _is_picture(character: str) -> bool:
    return unicodedata.category(character) in ("So", "Sk") or character == "\ufe0f"


def _is_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
