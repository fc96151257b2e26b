from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataworth import Metric, metrics
from dataworth.errors import DataError
from dataworth.metrics import registry
from dataworth.metrics.metric import fitted_to_unit
from dataworth.metrics.registry import canonical, find, named, scorer

KNOWN = metrics.known()
NAMES = st.sampled_from([metric.name for metric in KNOWN])
HELD_OUT = ("val_", "test_", "eval_", "valid/", "test/", "heldout/", "held-out ", "Eval.", "dev:")


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("acc", "accuracy"),
        ("ACC", "accuracy"),
        ("val/acc", "accuracy"),
        ("acc (%)", "accuracy"),
        ("top-1", "accuracy"),
        ("top5", "top_k_accuracy"),
        ("top_5_accuracy", "top_k_accuracy"),
        ("Top-5 error", "top_k_error"),
        ("misclassification rate", "error_rate"),
        ("mAP", "mean_average_precision"),
        ("mAP@.5:.95", "mean_average_precision"),
        ("mAP@[.5:.95]", "mean_average_precision"),
        ("metrics/mAP50-95(B)", "mean_average_precision"),
        ("metrics/mAP_0.5:0.95", "mean_average_precision"),
        ("AP", "average_precision"),
        ("auprc", "average_precision"),
        ("AUROC", "roc_auc"),
        ("ROC AUC score", "roc_auc"),
        ("F1-score", "f1"),
        ("F1 (doc avg)", "f1"),
        ("f1_weighted", "f1"),
        ("f1_macro", "macro_f1"),
        ("Macro-averaged F1 (dev)", "f1"),
        ("F0.5", "f_beta"),
        ("sensitivity", "recall"),
        ("recall@10", "recall"),
        ("hits@10", "hit_rate"),
        ("NDCG@10", "ndcg"),
        ("ndcg_at_10", "ndcg"),
        ("mIoU", "mean_iou"),
        ("IoU", "jaccard"),
        ("MCC", "matthews_corrcoef"),
        ("Cohen's kappa", "cohen_kappa"),
        ("Spearman's \u03c1", "spearman"),
        ("Pearson's r", "pearson"),
        ("BERTScore F1", "bertscore"),
        ("Accuracy in %", "accuracy"),
        ("overall accuracy (OA)", "accuracy"),
        ("Kendall \u03c4", "kendall_tau"),
        ("qwk", "quadratic_weighted_kappa"),
        ("R²", "r2"),
        ("R^2", "r2"),
        ("pearsonr", "pearson"),
        ("Spearman rho", "spearman"),
        ("CCC", "concordance_correlation"),
        ("test_rmse", "root_mean_squared_error"),
        ("MedAE", "median_absolute_error"),
        ("pinball", "pinball_loss"),
        ("Poisson deviance", "mean_poisson_deviance"),
        ("BLEU-4", "bleu"),
        ("rougeL", "rouge"),
        ("EM", "exact_match"),
        ("PSNR (dB)", "psnr"),
        ("nll", "loss"),
        ("neg_log_likelihood", "loss"),
        ("eval_loss", "loss"),
        ("val/cross-entropy", "loss"),
        ("ppl", "perplexity"),
        ("bpb", "bits_per_byte"),
        ("mean_test_score", "score"),
        ("rollout/ep_rew_mean", "reward"),
        ("loss/train", "train_loss"),
        ("training acc", "train_accuracy"),
    ],
)
def test_a_name_is_recognised(written: str, name: str) -> None:
    found = metrics.find(written)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    ("rising", "falling"),
    [
        ("accuracy", "error"),
        ("psnr", "wer"),
        ("silhouette", "fid"),
        ("adjusted rand", "lpips"),
        ("reward", "max error"),
        ("meteor", "ter"),
        ("chrF", "brier"),
        ("ssim", "ece"),
        ("balanced accuracy", "rmsle"),
        ("explained variance", "smape"),
        ("specificity", "cer"),
        ("mrr", "mape"),
        ("elo", "perplexity"),
        ("neg_log_loss", "log_loss"),
    ],
)
def test_each_has_its_direction(rising: str, falling: str) -> None:
    assert named(rising).higher_is_better is True
    assert named(falling).higher_is_better is False


@pytest.mark.parametrize(
    "name",
    ["", "  ", "/", "minutes", "accuracy_std", "2-accuracy", "acuracy", "lossy", "neg_neg_loss",
     "val_", "a b c d e f g h i j k l m n", "box_loss_weight", "time to accuracy"],
)  # fmt: skip
def test_what_is_not_known_has_no_direction(name: str) -> None:
    assert metrics.find(name) is None
    assert named(name) == Metric(name, None)


@given(NAMES, st.data())
def test_case_and_separators_do_not_count(name: str, data: st.DataObject) -> None:
    written = "".join(
        data.draw(st.sampled_from(("_", "-", " ", "/", "."))) if letter == "_"
        else data.draw(st.sampled_from((letter.upper(), letter.lower())))
        for letter in name
    )  # fmt: skip
    assert metrics.find(written) == metrics.find(name)
    assert canonical(written) == canonical(name)


@given(NAMES, st.lists(st.sampled_from(HELD_OUT), max_size=2), st.sampled_from(("", "_mean")))
def test_where_it_was_measured_does_not_count(name: str, before: list[str], after: str) -> None:
    written = "".join(before) + name + after
    assert metrics.find(written) == metrics.find(name)
    assert canonical(written) == canonical(name)


@given(NAMES, st.sampled_from(("@5", "@[.5:.95]", "_macro", "_weighted", " (doc avg)")))
def test_what_says_which_of_a_kind_it_is_makes_another_of_the_same_metric(
    name: str, after: str
) -> None:
    # The average is part of the name of F1.
    if name + after != "f1_macro":
        assert metrics.find(name + after) == metrics.find(name)
        assert canonical(name + after) != canonical(name)


@given(NAMES, st.sampled_from(("train_", "training/", "Train ")))
def test_the_training_rows_are_others(name: str, before: str) -> None:
    found, held_out = metrics.find(before + name), metrics.find(name)
    assert found is not None
    assert held_out is not None
    assert found.name == f"train_{name}"
    assert found.title.startswith("training ")
    assert (found.higher_is_better, found.lower, found.upper, found.unit) == (
        held_out.higher_is_better,
        held_out.lower,
        held_out.upper,
        held_out.unit,
    )
    assert canonical(before + name) != canonical(name)


@given(NAMES)
def test_a_negated_metric_is_turned_round(name: str) -> None:
    negated, plain = metrics.find(f"neg_{name}"), metrics.find(name)
    assert negated is not None
    assert plain is not None
    if name == "log_likelihood":  # whose negative is a loss of its own
        assert negated.name == "loss"
        return
    assert negated.higher_is_better != plain.higher_is_better
    assert negated.best is None if plain.best is None else negated.best == -plain.best
    assert scorer(f"neg_{name}") == (scorer(name)[0], -1)


@given(st.text(max_size=40))
def test_any_text_is_a_name(text: str) -> None:
    assert named(text).name == text
    canonical(text)
    scorer(text)


def test_every_known_metric_is_found_by_its_name_and_says_what_it_is() -> None:
    assert len({metric.name for metric in KNOWN}) == len(KNOWN) > 100
    for metric in KNOWN:
        assert metrics.find(metric.name) == metric
        assert metric.higher_is_better is not None
        if metric.chance is not None and metric.lower is not None and metric.upper is not None:
            assert metric.lower <= metric.chance <= metric.upper


def test_a_metric_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_by_name", dict(registry._by_name))
    assert metrics.find("quality") is None
    quality = Metric("quality", True, 0.0, 5.0, unit="stars")
    metrics.register(quality, aliases=["stars given"])
    assert metrics.find("val/Quality") == metrics.find("stars_given") == quality
    assert quality in metrics.known()
    # One of a known name takes its place.
    metrics.register(Metric("error", True))
    assert named("error").higher_is_better


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        ("accuracy", "'accuracy'"),
        (Metric("quality", None), "has no direction"),
        (Metric("--", True), "neither a letter nor a digit"),
    ],
)
def test_what_cannot_be_registered(metric: Metric, said: str) -> None:
    with pytest.raises(DataError, match=said):
        metrics.register(metric)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("a", "yes"), "higher_is_better is 'yes'"),
        (("a", True, "0"), "lower of a is '0'"),
        (("a", True, 0.0, math.nan), "upper of a is not a number"),
        (("a", True, 1.0, 0.0), "between 1 and 0"),
        ((3, True), "metric is 3; expected a name"),
    ],
)
def test_what_is_no_metric(arguments: tuple[object, ...], said: str) -> None:
    with pytest.raises(DataError, match=said):
        Metric(*arguments)  # type: ignore[arg-type]


def test_a_metric_is_a_value() -> None:
    metric = Metric("accuracy", True, 0, 1)
    assert metric == Metric("accuracy", True, 0.0, 1.0)
    assert hash(metric) == hash(Metric("accuracy", True, 0.0, 1.0))
    assert pickle.loads(pickle.dumps(metric)) == metric
    assert str(metric) == "accuracy"
    assert repr(metric) == "<Metric accuracy: higher is better, between 0 and 1>"
    assert repr(Metric("x", None)) == "<Metric x: direction unknown>"


def test_a_metric_has_a_title_and_a_unit_and_an_unknown_one_its_name() -> None:
    assert named("loss").title == "held-out loss"
    assert named("val_log_loss").axis_label == "held-out loss (nats)"
    assert named("accuracy").title == "held-out accuracy"
    assert named("train_loss").axis_label == "training loss (nats)"
    assert named("acc@5").title == "acc@5"
    assert named("minutes").axis_label == "minutes"
    assert named("psnr").axis_label == "psnr (dB)"


@pytest.mark.parametrize(
    ("name", "of", "higher", "lower", "upper"),
    [
        ("1-acc", "1 - accuracy", False, 0, 1),
        ("1 - mIoU", "1 - mean_iou", False, 0, 1),
        ("100 - accuracy", "1 - accuracy", False, 0, 1),
        ("-RMSE", "neg_root_mean_squared_error", True, -math.inf, 0),
        ("negMSE", "neg_mean_squared_error", True, -math.inf, 0),
        ("valAcc", "accuracy", True, 0, 1),
        ("testloss", "loss", False, 0, math.inf),
        ("AccuracyTest", "accuracy", True, 0, 1),
        ("perplexity (val)", "perplexity", False, 1, math.inf),
    ],
)
def test_signs_complements_and_joined_words(
    name: str, of: str, higher: bool, lower: float, upper: float
) -> None:
    metric = find(name)
    assert metric is not None
    assert (metric.name, metric.higher_is_better) == (of, higher)
    assert (metric.lower, metric.upper) == (lower, upper)


@pytest.mark.parametrize("name", ["1-rmse", "test", "train_size", "value", "negative", "mAcc1x"])
def test_what_only_looks_like_a_metric(name: str) -> None:
    assert find(name) is None


@pytest.mark.parametrize(
    "name", ["error (%)", "Accuracy [%]", "acc_pct", "top1 %", "val error percent", "F1 per cent"]
)
def test_a_name_may_say_that_it_is_in_per_cent(name: str) -> None:
    metric = named(name)
    assert (metric.unit, metric.lower, metric.upper) == ("%", 0.0, 100.0)
    # Those of other errors have no upper end, and a percentage may be a part of the name.
    assert (named("WER (%)").unit, named("WER (%)").upper) == ("%", math.inf)
    assert named("mean_absolute_percentage_error").unit == ""
    assert named("MAPE (%)").unit == "%"


def test_an_error_below_one_per_cent_is_one_where_its_name_says_so() -> None:
    low = np.array([0.9, 0.6, 0.4])
    assert fitted_to_unit(named("error rate (%)"), low).upper == 100.0
    # An accuracy of less than one per cent is none: the values are shares.
    assert fitted_to_unit(named("Accuracy [%]"), low).upper == 1.0
    assert fitted_to_unit(named("Accuracy [%]"), 100 * low).upper == 100.0
