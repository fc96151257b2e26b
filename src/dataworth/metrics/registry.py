"""The registry of known metrics, and how their names are recognised."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from dataworth.errors import DataError
from dataworth.metrics.metric import Metric, checked_metric, in_percent

_HELD_OUT_ROWS = frozenset(
    ("val", "valid", "validation", "test", "testing", "eval", "evaluation", "dev", "heldout", "oof")
)
_HELD_OUT = _HELD_OUT_ROWS | frozenset(
    {
        *("cv", "held", "out", "holdout", "hold", "of", "sample", "set"),
        *("final", "best", "metric", "metrics", "avg", "average", "mean", "overall", "rollout"),
    }
)
"""Words around a name that say where or how it was averaged, but not what was measured."""
_TRAINING = frozenset({"train", "training"})
_NEGATED = frozenset({"neg", "negative", "minus"})
_AVERAGES = frozenset({"macro", "micro", "weighted", "samples", "binary", "ovr", "ovo"})
"""Words that say how a metric of one class becomes one of all: they make another metric."""
_LAST = frozenset(
    {"score", "scores", "at", "k", "cut", "percent", "per", "cent", "pct", "percentage"}
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


_INF = math.inf
_SHARE = (0.0, 1.0)
_SIGNED = (-1.0, 1.0)
_POSITIVE = (0.0, _INF)
_SKILL = (-_INF, 1.0)
_ANY = (-_INF, _INF)
_UNKNOWN = (None, None)

_RISING: tuple[tuple[tuple[float | None, float | None], str], ...] = (
    # Shares of answers that are right.
    (
        _SHARE,
        """
        top_k_accuracy: top k, topk acc
        balanced_accuracy: bal acc, balanced acc, bacc, uar, unweighted average recall
        mean_class_accuracy: mean per class accuracy
        f1: f measure, fmeasure, f score, fscore
        f_beta:
        dice: dice coefficient, dice coef, dice similarity, dice similarity coefficient, dsc
        precision: ppv, positive predictive value, prec
        recall: sensitivity, tpr, true positive rate, rec
        specificity: tnr, true negative rate, selectivity
        negative_predictive_value: npv
        hit_rate: hit, hits, hr, hit ratio
        average_precision: ap, auprc, pr auc, auc pr, area under pr curve, aupr
        mean_average_precision: map
        average_recall:
        jaccard: iou, jaccard index, intersection over union, jaccard similarity
        mean_iou: miou, mean intersection over union
        giou:
        fwiou: frequency weighted iou
        panoptic_quality: pq
        pck:
        hota:
        idf1:
        exact_match: em, exact match accuracy
        pass_rate: pass
        success_rate: success
        win_rate: winrate
        solve_rate:
        ndcg: normalized discounted cumulative gain, normalised discounted cumulative gain
        mrr: reciprocal rank, mean reciprocal rank
        geometric_mean: g mean
        rouge:
        meteor:
        gleu:
        bertscore:
        stoi:
        normalized_mutual_info_score: normalized mutual info, nmi, normalized mutual information
        rand_score: rand, rand index
        completeness_score: completeness
        homogeneity_score: homogeneity
        v_measure_score: v measure
        fowlkes_mallows_score: fowlkes mallows
        purity:
        """,
    ),
    # Agreement and correlation.
    (
        _SIGNED,
        """
        cosine_similarity: cosine sim
        ssim: structural similarity
        ms_ssim:
        silhouette: silhouette coefficient
        """,
    ),
    # Quality of texts, out of a hundred.
    (
        (0.0, 100.0),
        """
        bleu: sacrebleu, corpus bleu, spbleu
        chrf: chrf plus plus
        """,
    ),
    ((-0.5, 4.64), "pesq:"),
    ((1.0, 5.0), "mean_opinion_score: mos"),
    (
        _POSITIVE,
        """
        cider:
        inception_score: inception
        positive_likelihood_ratio:
        calinski_harabasz: calinski harabasz index
        lift:
        """,
    ),
    (_ANY, "elo: elo rating"),
    # What has an unknown end, or none.
    (
        _UNKNOWN,
        """
        score: scores
        reward: rewards, episode reward, ep rew, ep reward, episodic reward, cumulative reward
        return: returns, episode return, ep return, episodic return, cumulative return
        log_likelihood: loglik, log lik
        elbo: evidence lower bound
        """,
    ),
)
_RISING_FROM_ZERO: tuple[tuple[tuple[float, float], str], ...] = (
    (
        _SIGNED,
        """
        matthews_corrcoef: mcc, matthews, matthews correlation, phi coefficient
        matthews_corrcoef: matthews correlation coefficient
        cohen_kappa: kappa, cohens kappa
        quadratic_weighted_kappa: qwk, quadratic kappa
        linear_weighted_kappa: linear kappa
        fleiss_kappa:
        pearson: pearson r, pearson corr, pearson correlation, pcc, plcc, correlation, corr
        pearson: pearson correlation coefficient
        spearman: spearman r, spearman rho, spearman corr, spearman correlation, srcc
        spearman: spearman rank correlation
        kendall_tau: kendall
        concordance_correlation: ccc, concordance correlation coefficient, lins ccc
        youden: youdens j, informedness, true skill statistic
        gini: gini coefficient, normalized gini
        somers_d:
        adjusted_rand_score: adjusted rand, adjusted rand index, ari
        """,
    ),
    (
        _SKILL,
        """
        r2: r squared, coefficient of determination
        nse: nash sutcliffe efficiency
        explained_variance: variance explained
        d2_absolute_error_score: d2 absolute error
        d2_brier_score: d2 brier
        d2_log_loss_score: d2 log loss
        d2_pinball_score: d2 pinball
        d2_tweedie_score: d2 tweedie
        brier_skill_score: bss, brier skill
        adjusted_mutual_info_score: adjusted mutual info, adjusted mutual information, ami
        """,
    ),
)
"""Of chance level 0: guessing has no skill."""
_FALLING: tuple[tuple[tuple[float, float], str], ...] = (
    # Shares of answers that are wrong.
    (
        _SHARE,
        """
        error_rate: err rate, misclassification, misclassification rate, misclassification error
        error_rate: classification error, zero one loss, top 1 error, top 1 err, merror, multi error
        balanced_error_rate: ber
        top_k_error: topk err
        equal_error_rate: eer
        hamming_loss: hamming
        false_positive_rate: fpr, fall out
        false_negative_rate: fnr, miss rate
        dice_loss:
        iou_loss: jaccard loss
        maximum_calibration_error: mce
        """,
    ),
    # Losses and errors without an upper end.
    (
        _POSITIVE,
        """
        error: err
        wer: word error rate
        cer: character error rate
        phoneme_error_rate:
        diarization_error_rate: der
        ter: translation edit rate, translation error rate
        hinge_loss: hinge
        focal_loss:
        kl_divergence: kld, kl
        ctc_loss:
        triplet_loss:
        contrastive_loss:
        negative_likelihood_ratio:
        davies_bouldin: davies bouldin index
        mean_squared_error: mse, squared error, mse loss, l2 loss
        root_mean_squared_error: rmse, root mean square error, rms error, rmsd
        normalized_rmse: nrmse
        mean_absolute_error: mae, absolute error, mae loss, l1 loss
        mean_absolute_percentage_error: mape
        symmetric_mean_absolute_percentage_error: smape
        weighted_absolute_percentage_error: wape, wmape
        mean_absolute_scaled_error: mase
        median_absolute_error: medae, median ae
        mean_squared_log_error: msle, mean squared logarithmic error
        root_mean_squared_log_error: rmsle, root mean squared logarithmic error
        max_error: maximum error
        pinball_loss: pinball, quantile loss
        crps: continuous ranked probability
        interval_score: winkler, weighted interval
        mean_poisson_deviance: poisson deviance
        mean_gamma_deviance: gamma deviance
        mean_tweedie_deviance: tweedie deviance
        deviance:
        huber_loss: huber, smooth l1, smooth l1 loss
        fid: frechet inception distance
        kid: kernel inception distance
        fvd: frechet video distance
        lpips:
        """,
    ),
    ((0.0, 2.0), "brier_score: brier loss, brier score loss"),
    ((1.0, _INF), "perplexity: ppl"),
)
_LOSS = (
    "log loss, nll, nll loss, negative log likelihood, neg log likelihood, cross entropy, "
    "cross entropy loss, ce loss, ce, xent, bce, bce loss, binary cross entropy, "
    "categorical crossentropy, sparse categorical crossentropy, logistic loss, multi logloss, "
    "mlogloss, binary logloss"
)
_ACCURACY = (
    "acc, binary accuracy, categorical accuracy, sparse categorical accuracy, subset accuracy, "
    "multiclass accuracy, classification accuracy, accuracy rate, top 1, top 1 accuracy, top 1 acc"
)
_AUC = (
    "auc, auroc, roc, area under curve, auc roc, au roc, c index, concordance index, c statistic, "
    "gauc"
)
_DECIBELS = """
    psnr: peak signal to noise ratio
    snr: signal to noise ratio
    si_sdr:
    sdr: signal to distortion ratio
    si_snr:
"""


def _register_known() -> None:
    for metric, aliases in (
        (Metric("loss", False, *_POSITIVE, unit="nats", label="held-out loss"), _LOSS),
        (Metric("accuracy", True, *_SHARE, label="held-out accuracy"), _ACCURACY),
        (Metric("macro_f1", True, *_SHARE, label="held-out macro F1"), "f1 macro, f1 score macro"),
        (Metric("brier", False, 0.0, 2.0, label="held-out Brier score"), ""),
        (Metric("ece", False, *_SHARE, label="expected calibration error"), "calibration error"),
        (Metric("roc_auc", True, *_SHARE, chance=0.5), _AUC),
        (Metric("bits_per_byte", False, *_POSITIVE, unit="bits"), "bpb, bits byte"),
        (Metric("bits_per_character", False, *_POSITIVE, unit="bits"), "bpc, bits per char"),
        (Metric("bits_per_dim", False, *_POSITIVE, unit="bits"), "bpd, bits per dimension"),
        (Metric("mutual_info_score", True, *_POSITIVE, unit="nats"), "mutual info"),
    ):
        register(metric, aliases.split(", ") if aliases else ())
    for name, names in _listed(_DECIBELS):
        register(Metric(name, True, *_ANY, unit="dB"), names)
    for higher, chance, table in (
        (True, None, _RISING),
        (True, 0.0, _RISING_FROM_ZERO),
        (False, None, _FALLING),
    ):
        for (lower, upper), text in table:
            for name, names in _listed(text):
                register(Metric(name, higher, lower, upper, chance=chance), names)


def _listed(text: str) -> Iterator[tuple[str, list[str]]]:
    """Names, each with its aliases, of a text with a line for each: ``name: alias, alias``."""
    for line in text.strip().splitlines():
        name, _, aliases = line.strip().partition(":")
        yield name, [alias.strip() for alias in aliases.split(",") if alias.strip()]


_register_known()
