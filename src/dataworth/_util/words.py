"""Words for sentences, from names that people give to columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

_MOST_LETTERS = 24
_ENDINGS = frozenset({"id", "ids", "no", "nr", "num", "number", "key", "code", "uuid", "name"})
"""Words at the end of a name that say how a thing is identified, and not what it is."""


def in_words(names: Sequence[str]) -> str:
    """Names in a sentence: "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def plural_of(name: str, otherwise: str) -> str:
    """What a column identifies, in the plural: "customers" of ``customer_id``.

    Parameters
    ----------
    name : str
        Of the column.
    otherwise : str
        The word for a name that is none, or says nothing, as ``id``.
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    words = re.split(r"[\s_.\-]+", spaced.strip().casefold())
    while words and words[-1] in _ENDINGS:
        words.pop()
    text = " ".join(words)
    if not re.fullmatch(r"[a-z]+( [a-z]+)?", text) or len(text) > _MOST_LETTERS:
        return otherwise
    if text.endswith("s") and not text.endswith("ss"):
        return text
    if re.search(r"[^aeiou]y$", text):
        return f"{text[:-1]}ies"
    return f"{text}es" if re.search(r"(ss|x|ch|sh)$", text) else f"{text}s"
