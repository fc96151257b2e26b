"""The registry of known metrics, and how their names are recognised."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from dataworth.errors import DataError
from dataworth.metrics.common import common_metrics
from dataworth.metrics.metric import Metric, checked_metric, in_percent

_HELD_OUT_ROWS = frozenset(
    ("val", "valid", "validation", "test", "testing", "eval", "evaluation", "dev", "heldout", "oof")
)
_HELD_OUT = _HELD_OUT_ROWS | frozenset(
    {
        *("cv", "held", "out", "holdout", "hold", "of", "sample", "set"),
        *("final", "best", "metric", "metrics", "avg", "average", "averaged", "mean", "overall"),
        "rollout",
    }
)
"""Words around a name that say where or how it was averaged, but not what was measured."""
_TRAINING = frozenset({"train", "training"})
_NEGATED = frozenset({"neg", "negative", "minus"})
_AVERAGES = frozenset({"macro", "micro", "weighted", "samples", "binary", "ovr", "ovo"})
"""Words that say how a metric of one class becomes one of all: they make another metric."""
_LAST = frozenset(
    {"score", "scores", "in", "at", "k", "cut", "percent", "per", "cent", "pct", "percentage"}
)
"""Words that may stand behind a name, besides all others."""
_SIGN = re.compile(r"[-\u2212\u2013]\s*(?=[^\W\d_])")
"""A minus before a name: the metric with its sign turned."""
_LACKS = re.compile(r"(1|1\.0|100)\s*(?:[-\u2212\u2013_]|minus)+\s*(.+)", re.IGNORECASE | re.DOTALL)
"""1 - accuracy: what a metric lacks to 1, or to 100 in per cent."""
_JOINED = re.compile(
    r"(?<=[a-z])(?=[A-Z])|(?<=^val)(?!id)|(?<=^test)(?!ing)|(?<=^dev)|(?<=^valid)(?!ation)"
    r"|(?<=^eval)(?!uation)|(?<=^train)(?!ing)|(?<=^neg)(?!ative)"
)
"""Where words stand together: valAcc, testloss."""
_TOP = re.compile(r"top(k|\d+)(sparse)?(categorical)?(accuracy|acc|error|err)?")
_F_BETA = re.compile(r"f(\d+|beta)")
_ROUGE = re.compile(r"rouge(\d+|l|lsum|w|s|su)?")
_PERCENT = re.compile(r"\s*([(\[]\s*(%|per ?cent|pct)\s*[)\]]|%)\s*$", re.IGNORECASE)
"""What says at the end of a name that it is in per cent."""
_DEEPEST = 12
"""A name of more words than this is none of a metric."""


@dataclass(frozen=True)
class _Reading:
    """What a name says: a registered metric, and what qualifies it."""

    metric: Metric
    qualifiers: tuple[str, ...] = ()
    training: bool = False
    negated: bool = False
    prefixed: bool = False
    lacking: bool = False


_by_name: dict[str, Metric] = {}


def register(metric: Metric, aliases: Iterable[str] = ()) -> None:
    """Make a metric known by its name, and by others; a later one replaces an earlier one.

    Raises
    ------
    DataError
        If it is not a `Metric`, has no direction, or a name holds neither a letter nor a digit.
    """
    if not isinstance(metric, Metric):
        raise DataError(
            f"{metric!r} is not a Metric; expected Metric(name, higher_is_better, ...).",
            code="wrong-type",
        )
    if metric.higher_is_better is None:
        raise DataError(
            f"{metric.name} has no direction; give higher_is_better, True or False.",
            code="metric-unclear",
        )
    keys = ["".join(_words(checked_metric(name))) for name in (metric.name, *aliases)]
    if not all(keys):
        raise DataError(
            f"{metric.name!r} holds neither a letter nor a digit; give another name.",
            code="invalid-name",
        )
    _by_name.update(dict.fromkeys(keys, metric))


def known() -> tuple[Metric, ...]:
    """All registered metrics, by name."""
    return tuple(sorted(set(_by_name.values()), key=lambda metric: metric.name))


def find(name: str) -> Metric | None:
    """The registered metric that a name stands for; None for a name that is not known.

    Case does not count, nor do spaces, hyphens, underscores, dots and slashes; words such as
    ``val_``, ``test/`` or ``_score`` are left out, and so is what says which of a kind it is, such
    as ``@5``, ``_macro`` or ``(doc avg)``. ``train_x`` is the same metric of the training rows.
    ``neg_x`` is the metric with its sign turned, as scikit-learn names it.

    Raises
    ------
    DataError
        If the name is not a text.
    """
    reading = _read(name)
    if reading is None:
        return None
    metric = reading.metric
    if reading.training:
        label = metric.title.removeprefix("held-out ")
        metric = replace(metric, name=f"train_{metric.name}", label=f"training {label}")
    if reading.lacking:
        return _complement(metric)
    return _negated(metric) if reading.negated else metric


def named(name: str) -> Metric:
    """The metric of a name, under just that name; its direction is None where it is not known.

    Raises
    ------
    DataError
        If the name is not a text.
    """
    metric, reading = find(name), _read(name)
    if metric is None or reading is None:
        return Metric(name, None)
    found = replace(metric, name=name, label=None if reading.qualifiers else metric.label)
    # The percentage of MAPE is a part of its name; scikit-learn gives it as a share.
    own = "percentage" if "percentage" in reading.metric.name else ""
    if not says_percent(name.casefold().replace(own, "")):
        return found
    bare = _PERCENT.sub("", name).strip()
    return percentage_of(replace(found, label=found.label or bare or None))


def says_percent(name: str) -> bool:
    """Whether a name says that it is in per cent: ``error (%)``, ``acc_pct``."""
    found = re.findall(r"[^\W_]+|%", name.casefold())
    return bool({"percent", "percentage", "pct", "%"} & set(found)) or "per cent" in name.casefold()


def percentage_of(metric: Metric) -> Metric:
    """A metric whose values are known to be in per cent; an error is then an error rate."""
    if metric.unit == "nats":
        # What is given in per cent is no cross-entropy in nats.
        return replace(metric, unit="%")
    if metric.unit or metric.lower is None or metric.upper is None:
        return metric
    if metric.upper == 1:
        return in_percent(metric)
    reading = _read(metric.name)
    if reading is not None and reading.metric.name == "error":
        return replace(metric, upper=100.0, unit="%")
    return replace(metric, unit="%") if metric.lower == 0 else metric


def canonical(name: str) -> str:
    """One name for all that mean the same metric: "acc" and "val/Accuracy" are "accuracy".

    Averages, ranks and the like stay: "Recall@5" is "recall 5", and "f1_weighted" is "f1 weighted".
    """
    reading = _read(name)
    if reading is None:
        return "_".join(_words(name)) or name
    sides = ["train"] * reading.training + ["neg"] * reading.negated + ["1 -"] * reading.lacking
    return " ".join([*sides, reading.metric.name, *sorted(reading.qualifiers)])


def is_held_out(name: str) -> bool:
    """Whether a name says that the metric is of held-out rows, as "val_loss" does."""
    return bool(_HELD_OUT_ROWS & set(_words(_JOINED.sub(" ", name))))


def scorer(name: str) -> tuple[Metric, int]:
    """The metric whose values a name stands for, and -1 if they have their sign turned, else 1.

    ``neg_log_loss`` is "loss" with its sign turned, ``f1_macro`` is "macro_f1", and every other
    ``neg_x`` is "x" with its sign turned (scikit-learn, "The scoring parameter"). Names that are
    not known may be negated too.
    """
    bare = re.sub(r"^neg_", "", checked_metric(name), flags=re.IGNORECASE)
    # A negative log-likelihood is a loss as it stands.
    negated = bare != name and not _is_alias(name)
    metric = named(bare if negated else name)
    reading = _read(metric.name)
    if reading is not None and reading == _Reading(reading.metric) and reading.metric.label:
        metric = reading.metric
    return metric, -1 if negated else 1


def _is_alias(name: str) -> bool:
    return "".join(_words(name)) in _by_name


def _negated(metric: Metric) -> Metric:
    """The metric with its sign turned."""
    lower, upper, chance = (
        None if value is None else 0.0 - value
        for value in (metric.upper, metric.lower, metric.chance)
    )
    rises = not metric.higher_is_better
    return Metric(f"neg_{metric.name}", rises, lower, upper, metric.unit, chance)


def _complement(metric: Metric) -> Metric:
    """What a metric that ends at 1 lacks to it."""
    lower, upper, chance = (
        None if value is None else 1 - value
        for value in (metric.upper, metric.lower, metric.chance)
    )
    name, rises = f"1 - {metric.name}", not metric.higher_is_better
    return Metric(name, rises, lower, upper, chance=chance)


def _words(name: str) -> list[str]:
    """The words of a name, in lower case; signs between them do not count."""
    plain = unicodedata.normalize("NFKC", name).casefold().replace("'", "").replace("\u2019", "")
    return re.findall(r"[^\W_]+", plain)


def _read(name: str) -> _Reading | None:
    plain = unicodedata.normalize("NFKC", checked_metric(name)).strip()
    if match := _LACKS.fullmatch(plain):
        reading = _read(match[2])
        ends = reading is not None and not reading.negated and reading.metric.upper == 1
        return replace(reading, lacking=True) if reading is not None and ends else None
    plain = _SIGN.sub("neg ", plain, count=1) if _SIGN.match(plain) else plain
    return _read_words(plain) or _read_words(_JOINED.sub(" ", plain))


def _read_words(plain: str) -> _Reading | None:
    body, further = plain, []
    # What stands in brackets at the end, or behind "@", says which of a kind it is.
    for pattern in (r"(.+?)\s*@(.*)", r"(.+?)\s*[(\[]([^()\[\]]*)[)\]]"):
        if match := re.fullmatch(pattern, body, re.DOTALL):
            body, rest = match.groups()
            further.append(".".join(word for word in _words(rest) if word not in _HELD_OUT))
    words = _words(body)
    if not 0 < len(words) <= _DEEPEST:
        return None
    for first, last in _spans(len(words)):
        metric, rank = _lookup(words[first:last])
        before, after = words[:first], words[last:]
        if metric is None or not _may_surround(before, after):
            continue
        around = [*before, *after]
        ranks = [word for word in after if word.isdigit()]
        averages = [word for word in around if word in _AVERAGES]
        return _Reading(
            metric,
            tuple(part for part in (*averages, ".".join(ranks), rank, *further) if part),
            training=any(word in _TRAINING for word in around),
            negated=sum(word in _NEGATED for word in before) == 1,
            prefixed=bool(around),
        )
    return None


def _spans(count: int) -> Iterator[tuple[int, int]]:
    """Runs of words, the longest first, and of those of one length the last first."""
    for length in range(count, 0, -1):
        for first in range(count - length, -1, -1):
            yield first, first + length


def _may_surround(before: Sequence[str], after: Sequence[str]) -> bool:
    either = _HELD_OUT | _TRAINING | _AVERAGES
    return (
        all(word in either or word in _NEGATED for word in before)
        and sum(word in _NEGATED for word in before) <= 1
        and all(word in either or word in _LAST or word.isdigit() for word in after)
    )


def _lookup(words: Sequence[str]) -> tuple[Metric | None, str]:
    """The metric of these words, and the rank that is part of them (5 in "acc5")."""
    key = "".join(words)
    if key in _by_name:
        return _by_name[key], ""
    if match := _TOP.fullmatch(key):
        wrong = (match[4] or "").startswith("err")
        return _by_name["topkerror" if wrong else "topkaccuracy"], match[1].replace("k", "")
    if match := _F_BETA.fullmatch(key):
        return _by_name["fbeta"], match[1]
    if match := _ROUGE.fullmatch(key):
        return _by_name["rouge"], match[1] or ""
    bare = key.rstrip("0123456789")
    return _by_name.get(bare), key[len(bare) :]


for _metric, _aliases in common_metrics():
    register(_metric, _aliases)
