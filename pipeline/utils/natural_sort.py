"""Sort order of names with numbers."""

from __future__ import annotations


def natural_key(name: str) -> list[tuple[int, str]]:
    """Sort key that compares numbers by value: ``img_2`` comes before ``img_10``.

    At the same place, other characters come before digits.
    """
    parts: list[tuple[int, str]] = []
    digits = ''
    for character in f'{name}\0':
        if character.isascii() and character.isdigit():
            digits += character
            continue
        if digits:
            parts.append((int(digits), digits))
            digits = ''
        parts.append((-1, character))
    return parts
