"""The metrics that are known from the start: names, directions, ranges and other names."""

from __future__ import annotations

import math
from collections.abc import Iterator

from dataworth.metrics.metric import Metric

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
        bertscore: bertscore f1
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
        cohen_kappa: kappa, cohens kappa, \u03ba, cohen \u03ba, cohens \u03ba
        quadratic_weighted_kappa: qwk, quadratic kappa
        linear_weighted_kappa: linear kappa
        fleiss_kappa:
        pearson: pearsons r, pearsons correlation
        pearson: pearson r, pearson corr, pearson correlation, pcc, plcc, correlation, corr
        pearson: pearson correlation coefficient
        spearman: spearman r, spearman rho, spearman corr, spearman correlation, srcc
        spearman: spearman rank correlation, spearmans rho, spearman \u03c1, spearmans \u03c1
        kendall_tau: kendall, kendall \u03c4, kendalls tau, kendalls \u03c4
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
        normalized_rmse: nrmse
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
    "acc, oa, overall accuracy, overall acc, subset acc, "
    "binary accuracy, categorical accuracy, sparse categorical accuracy, subset accuracy, "
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


def common_metrics() -> Iterator[tuple[Metric, list[str]]]:
    """Every metric that is known from the start, with its other names."""
    for metric, aliases in (
        (Metric("loss", False, *_POSITIVE, unit="nats", label="held-out loss"), _LOSS),
        (Metric("accuracy", True, *_SHARE, label="held-out accuracy"), _ACCURACY),
        (Metric("macro_f1", True, *_SHARE, label="held-out macro F1"), "f1 macro, f1 score macro"),
        (Metric("brier", False, 0.0, 2.0, label="held-out Brier score"), ""),
        (
            Metric("mean_squared_error", False, *_POSITIVE, label="held-out MSE"),
            "mse, squared error, mse loss, l2 loss",
        ),
        (
            Metric("root_mean_squared_error", False, *_POSITIVE, label="held-out RMSE"),
            "rmse, root mean square error, rms error, rmsd",
        ),
        (
            Metric("mean_absolute_error", False, *_POSITIVE, label="held-out MAE"),
            "mae, absolute error, mae loss, l1 loss",
        ),
        (Metric("ece", False, *_SHARE, label="expected calibration error"), "calibration error"),
        (Metric("roc_auc", True, *_SHARE, chance=0.5), _AUC),
        (Metric("bits_per_byte", False, *_POSITIVE, unit="bits"), "bpb, bits byte"),
        (Metric("bits_per_character", False, *_POSITIVE, unit="bits"), "bpc, bits per char"),
        (Metric("bits_per_dim", False, *_POSITIVE, unit="bits"), "bpd, bits per dimension"),
        (Metric("mutual_info_score", True, *_POSITIVE, unit="nats"), "mutual info"),
    ):
        yield metric, aliases.split(", ") if aliases else []
    for name, names in _listed(_DECIBELS):
        yield Metric(name, True, *_ANY, unit="dB"), names
    for higher, chance, table in (
        (True, None, _RISING),
        (True, 0.0, _RISING_FROM_ZERO),
        (False, None, _FALLING),
    ):
        for (lower, upper), text in table:
            for name, names in _listed(text):
                yield Metric(name, higher, lower, upper, chance=chance), names


def _listed(text: str) -> Iterator[tuple[str, list[str]]]:
    """Names, each with its aliases, of a text with a line for each: ``name: alias, alias``."""
    for line in text.strip().splitlines():
        name, _, aliases = line.strip().partition(":")
        yield name, [alias.strip() for alias in aliases.split(",") if alias.strip()]
