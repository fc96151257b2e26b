"""Words for sentences, from names that people give to columns, options and models."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

_MOST_LETTERS = 24
_ENDINGS = frozenset({"id", "ids", "no", "nr", "num", "number", "key", "code", "uuid", "name"})
"""Words at the end of a name that say how a thing is identified, and not what it is."""


def in_words(names: Sequence[str]) -> str:
    """Names in a sentence: "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def first_line(error: BaseException) -> str:
    """What an error says, in one line; its type where it says nothing."""
    return next(iter(str(error).splitlines()), "") or type(error).__name__


def nearest(text: str, known: Iterable[str]) -> str | None:
    """The known name that is the most similar one; None if none is similar.

    A name that only lacks its end is taken before all others, as that is the most frequent
    difference.
    """
    import difflib  # only where a message is written

    names = list(known)
    begun = [name for name in names if name.startswith(text) and text.strip("-")]
    found = begun or difflib.get_close_matches(text, names, n=1)
    return found[0] if found else None


def did_you_mean(text: str, known: Iterable[str], shown: Callable[[str], str] = repr) -> str:
    """The end of a message, " Did you mean 'price'?"; empty if no known name is similar.

    Parameters
    ----------
    text : str
        What was written.
    known : iterable of str
    shown : callable
        Writes the name.
    """
    name = nearest(text, known)
    return "" if name is None else f" Did you mean {shown(name)}?"


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
