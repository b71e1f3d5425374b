#!/usr/bin/env python3
"""Writes bleu.json: BLEU and chrF of small invented corpora by sacreBLEU (pip install sacrebleu), for tests/data/bleu.cpp.

  python3 tests/golden/make_bleu.py
"""

import json
import pathlib
import random

import sacrebleu
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

# Each entry is a hypothesis, then its references.
SENTENCES = [
    ("The crane stands in the cold water.", "The crane is standing in the cold water.", "A crane stands in cold water."),
    ("Two birds fly over the old bridge .", "Two birds are flying over the old bridge .", "A pair of birds flies over the bridge ."),
    ("", "Nobody wrote this one.", "Nothing was written."),
    ("Yes.", "Yes.", "Yes!"),
    ("no", "No", "no"),
    ("He paid $3.50, or 1,000.25 yen, on 12-04-1999.", "He paid $3.50 or 1,000.25 yen on 12-04-1999.", "On 12-04-1999 he paid $3.50."),
    ("&quot;Hello&quot; &amp; goodbye &lt;b&gt; it&apos;s", "\"Hello\" & goodbye <b> it's", "\"Hi\" & bye <b>"),
    ("L\u2019été est là\u00a0: ça va\u202f?", "L'été est là : ça va ?", "L\u2019été est là\u00a0; ça va bien\u202f?"),
    ("ÉCOLE ÖFFNET ΟΔΟΣ İSTANBUL STRASSE", "école öffnet οδος i̇stanbul strasse", "École Öffnet Οδός Istanbul Straße"),
    ("漢字とかな。", "漢字と仮名。", "漢字とかな。"),
    ("the the the the the the the", "the cat is on the mat", "there is a cat on the mat"),
    ("a man ,, who .. waits -- and -5 3-4 5- 6.", "a man , who waits -- and -5 3-4 5 - 6 .", "a man who waits"),
    ("semi;colon:slash/back\\slash [x] {y} ~z `q` ^ _u_ |p| @h #1 50% a+b=c *s*", "semi ; colon : slash / backslash [x] {y} ~z", "semi; colon"),
    ("e.g. 3.14.15 ,5 .5 5, 5. a.b,c", "e.g. 3.14.15, 5 .5 5 , 5 . a.b, c", "e.g. 3.14"),
    ("an <skipped>old skipped word \U0001F600\U0001F600!", "an old word \U0001F600!", "an older word"),
    ("  spaces   at\tthe ends  ", "spaces at the ends", "spaces at the end"),
    ("it rains", "it rains heavily in the green hills today", "rain"),
]
WORDS = "the a crane cranes river bank stands stood near old wooden bridge , and . ; watches fish 3.5 1,000 swim é".split()


def babble(count, seed):
    """Random pairs of like sentences: hypothesis and two references."""
    rng = random.Random(seed)
    rows = []
    for _ in range(count):
        reference = [rng.choice(WORDS) for _ in range(rng.randint(0, 25))]
        change = lambda s: " ".join(rng.choice(WORDS) if rng.random() < 0.25 else w for w in s if rng.random() < 0.9)
        rows.append((change(reference), " ".join(reference), change(reference)))
    return rows


CORPORA = {
    "all": SENTENCES,
    "babble": babble(60, 1),
    "short": [("yes", "yes", "no"), ("no way", "no way", "no")],
    "no match": [("one two three four five", "six seven eight nine ten", "six")],
    "few matches": [("one two three four five six", "one nine three eight five ten", "six")],
    "empty": [("", "something", "some thing"), ("", "", "")],
    "bare": [("", "", "")],
} | {f"sentence {i}": [row] for i, row in enumerate(SENTENCES)}


def columns(rows, references):
    return [list(r) for r in zip(*[row[1 : 1 + references] for row in rows])]


def main():
    cases = []
    for name, rows in CORPORA.items():
        hypotheses = [row[0] for row in rows]
        variable = [columns(rows, 1)[0], [row[2] if i % 2 else None for i, row in enumerate(rows)]]
        for nrefs, refs in [(1, columns(rows, 1)), (2, columns(rows, 2))] + ([("var", variable)] if len(rows) > 1 else []):
            if name.startswith("sentence") and nrefs == 1:
                continue
            for lowercase in (False, True):
                for tokenize in ("13a", "none"):
                    metric = BLEU(tokenize=tokenize, lowercase=lowercase, force=True)
                    score = metric.corpus_score(hypotheses, refs)
                    line = score.format(width=2, signature=metric.get_signature().format())
                    cases.append(
                        {"corpus": name, "nrefs": nrefs, "lowercase": lowercase, "tokenize": tokenize, "score": score.score, "line": line}
                    )
                metric = CHRF(lowercase=lowercase)
                score = metric.corpus_score(hypotheses, refs)
                line = score.format(width=2, signature=metric.get_signature().format())
                cases.append({"corpus": name, "nrefs": nrefs, "lowercase": lowercase, "tokenize": "chrf", "score": score.score, "line": line})
    tokenizer = Tokenizer13a()
    texts = sorted({text for row in SENTENCES for text in row})
    out = {
        "sacrebleu": sacrebleu.__version__,
        "corpora": CORPORA,
        "tokenized_13a": [[text, tokenizer(text)] for text in texts],
        "cases": cases,
    }
    path = pathlib.Path(__file__).with_name("bleu.json")
    # Each line is one corpus, sentence or case.
    dump = lambda x: json.dumps(x, ensure_ascii=True)
    parts = [f'"sacrebleu": {dump(out["sacrebleu"])}']
    parts.append('"corpora": {\n' + ",\n".join(f"{dump(k)}: {dump(v)}" for k, v in CORPORA.items()) + "\n}")
    parts += [f'"{key}": [\n' + ",\n".join(map(dump, out[key])) + "\n]" for key in ("tokenized_13a", "cases")]
    path.write_text("{" + ",\n".join(parts) + "}\n", encoding="ascii")


main()
