#!/usr/bin/env python3
"""Writes metrics.json: metrics of random predictions by scikit-learn and jiwer (pip install scikit-learn jiwer), for tests/metrics/golden.cpp.

  python3 tests/golden/make_metrics.py
"""

import importlib.metadata
import json
import pathlib
import random

import jiwer
import numpy as np
import sklearn
from sklearn import metrics as m
from sklearn.covariance import EmpiricalCovariance

rng = np.random.default_rng(21)


def rounded(values):
    """Numbers whose text is short and exact, so that the file says what was computed with."""
    return np.round(np.asarray(values) * 64) / 64


def classes_case(n, classes, absent=(), right=0.5):
    present = [c for c in range(classes) if c not in absent]
    truth = rng.choice(present, n)
    scores = rounded(rng.normal(size=(n, classes)) + 2 * right * np.eye(classes)[truth])
    scores += np.arange(classes) / 4096  # no ties
    scores[:, list(absent)[:1]] -= 100  # the first absent class is no prediction either
    weights = rounded(rng.uniform(0.1, 2, n))
    predicted = scores.argmax(1)
    out = {"classes": classes, "targets": truth.tolist(), "scores": scores.ravel().tolist(), "weights": weights.tolist()}
    for weighted in (False, True):
        w = weights if weighted else None
        key = "weighted" if weighted else "plain"
        case = {
            "accuracy": m.accuracy_score(truth, predicted, sample_weight=w),
            "top": [m.top_k_accuracy_score(truth, scores, k=k, labels=range(classes), sample_weight=w) for k in range(1, classes)]
            if classes > 2
            else [],
            "confusion": {
                str(norm): np.nan_to_num(m.confusion_matrix(truth, predicted, labels=range(classes), sample_weight=w, normalize=norm)).tolist()
                for norm in (None, "true", "pred", "all")
            },
            "rates": [],
        }
        for average in ["micro", "macro", "weighted"] + (["binary"] if classes == 2 else []):
            for zero in (0, 1):
                p, r, f, _ = m.precision_recall_fscore_support(truth, predicted, average=average, zero_division=zero, sample_weight=w)
                f2 = m.fbeta_score(truth, predicted, beta=2, average=average, zero_division=zero, sample_weight=w)
                case["rates"].append({"average": average, "zero": zero, "values": [p, r, f, f2]})
        by_class = m.precision_recall_fscore_support(truth, predicted, labels=range(classes), zero_division=0, sample_weight=w)
        case["by_class"] = [part.tolist() for part in by_class[:3]]
        out[key] = case
    return out


def auc_case(n, ties):
    truth = rng.integers(0, 2, n)
    scores = rng.uniform(size=n) * 0.7 + 0.3 * truth
    scores = np.round(scores * 8) / 8 if ties else rounded(scores) + np.arange(n) / 2**20
    weights = rounded(rng.uniform(0.1, 2, n))
    return {
        "targets": truth.tolist(),
        "scores": scores.tolist(),
        "weights": weights.tolist(),
        "plain": m.roc_auc_score(truth, scores),
        "weighted": m.roc_auc_score(truth, scores, sample_weight=weights),
    }


def regression_case(n, zero):
    target = rounded(rng.normal(size=n) * 3)
    if zero:
        target[::7] = 0
    prediction = rounded(target + rng.normal(size=n))
    weights = rounded(rng.uniform(0.1, 2, n))
    out = {"target": target.tolist(), "prediction": prediction.tolist(), "weights": weights.tolist()}
    for key, w in (("plain", None), ("weighted", weights)):
        out[key] = {
            "mae": m.mean_absolute_error(target, prediction, sample_weight=w),
            "rmse": m.root_mean_squared_error(target, prediction, sample_weight=w),
            "mape": m.mean_absolute_percentage_error(target, prediction, sample_weight=w),
            "quantile": [[q, m.mean_pinball_loss(target, prediction, alpha=q, sample_weight=w)] for q in (0.1, 0.5, 0.9)],
        }
    return out


def nll_case(n, classes):
    logits = rounded(rng.normal(size=(n, classes)) * 2)
    targets = rng.integers(0, classes, n)
    p = np.exp(logits - logits.max(1, keepdims=True))
    nll = m.log_loss(targets, p / p.sum(1, keepdims=True), labels=range(classes))
    return {
        "classes": classes,
        "logits": logits.ravel().tolist(),
        "targets": targets.tolist(),
        "perplexity": float(np.exp(nll)),
        "bits": float(nll / np.log(2)),
    }


def edit_cases():
    draw = random.Random(21)
    words = "the a crane cranes river bank stands near old , é 漢字".split()

    def change(s):
        return [w for x in s for w in ([x, draw.choice(words)] if draw.random() < 0.1 else [x]) if draw.random() < 0.85]

    corpora = []
    for size in (1, 3, 12):
        for _ in range(6):
            references = [[draw.choice(words) for _ in range(draw.randint(1, 14))] for _ in range(size)]
            changed = [[draw.choice(words) if draw.random() < 0.2 else w for w in change(r)] for r in references]
            corpora.append(([" ".join(r) for r in references], [" ".join(h) for h in changed]))
    corpora += [([""], ["a b"]), ([""], [""]), (["a b"], [""]), (["", "a b c"], ["x", "a c"]), (["a b c"], ["c b a"])]
    out = []
    for references, hypotheses in corpora:
        w, c = jiwer.process_words(references, hypotheses), jiwer.process_characters(references, hypotheses)
        edits = lambda x: [x.hits, x.substitutions, x.deletions, x.insertions]
        out.append({"references": references, "hypotheses": hypotheses, "wer": w.wer, "words": edits(w), "cer": c.cer, "characters": edits(c)})
    return out


def distance_case(n, columns):
    """Squared Mahalanobis distances of errors, from normal ones whose mean and covariance (over n) are taken."""
    mix = rng.normal(size=(columns, columns))
    normal, others = rounded(rng.normal(size=(n, columns)) @ mix + 0.5), rounded(rng.normal(size=(9, columns)) * 2)
    fitted = EmpiricalCovariance().fit(normal)
    return {
        "columns": columns,
        "normal": normal.ravel().tolist(),
        "others": others.ravel().tolist(),
        "distances": fitted.mahalanobis(others).tolist(),
    }


def main():
    cases = {
        "classes": [
            classes_case(40, 2),
            classes_case(40, 2, right=0),
            classes_case(60, 5),
            classes_case(50, 6, absent=(2, 4)),
            classes_case(12, 9, absent=(0,), right=0.1),
        ],
        "auc": [auc_case(50, False), auc_case(60, True)],
        "regression": [regression_case(40, False), regression_case(30, True)],
        "nll": [nll_case(20, 7)],
        "edits": edit_cases(),
        "distances": [distance_case(30, 1), distance_case(40, 4)],
    }
    path = pathlib.Path(__file__).with_name("metrics.json")
    # Each line is one case.
    parts = [f'"versions": {json.dumps({"scikit-learn": sklearn.__version__, "jiwer": importlib.metadata.version("jiwer")})}']
    parts += [f'"{key}": [\n' + ",\n".join(json.dumps(case, ensure_ascii=True) for case in group) + "\n]" for key, group in cases.items()]
    path.write_text("{" + ",\n".join(parts) + "}\n", encoding="ascii")


main()
