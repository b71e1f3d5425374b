#!/usr/bin/env python3
"""Writes keras.json: what Keras' Tokenizer and pad_sequences make of texts (pip install keras torch), for
tests/data/keras_tokenizer.cpp.

  KERAS_BACKEND=torch python3 tests/golden/make_keras.py
"""

import json
import pathlib
import random

import keras
from keras.src.legacy.preprocessing.text import Tokenizer
from keras.utils import pad_sequences

random.seed(21)
PLAIN = ["The cat sat on the mat.", "The dog ate my homework!", "", "  A cat, a dog & THE-mat\t\nsat  "]
NEW = ["the bird sat on my dog", "zebra", "", "cat_cat (cat)"]
WORLD = ["ÇA va, Ça VA? ΟΔΟΣ ΣΑΣ", "İstanbul\u00a0ist\u2028groß ẞ", "日本 日本語"]
DRAWN = [" ".join(random.choices("abcdefghijklmno", k=random.randrange(12))) for _ in range(30)]
MARKS = ["<sos> le chat <eos>", "<sos> le chien <eos> <unk> <pad>"]
CASES = [
    ({}, PLAIN, NEW),
    ({"num_words": 4}, PLAIN, NEW),
    ({"oov_token": "<OOV>"}, PLAIN, NEW),
    ({"num_words": 3, "oov_token": "<OOV>"}, PLAIN, NEW),
    ({"num_words": 1, "oov_token": "<OOV>"}, PLAIN, NEW),
    ({"num_words": 100}, PLAIN, NEW),
    ({"oov_token": "cat"}, PLAIN, NEW),
    ({"lower": False}, PLAIN, NEW),
    ({"filters": ""}, MARKS, MARKS + NEW),
    ({"filters": "ae", "split": "--"}, ["b--c-dae f---g", "--b--"], ["aaa", "c-d--"]),
    ({"char_level": True}, PLAIN, NEW),
    ({"char_level": True, "lower": False, "num_words": 9, "oov_token": "?"}, PLAIN, WORLD),
    ({}, WORLD, WORLD + NEW),
    ({"filters": "語a"}, WORLD, WORLD),
    ({"num_words": 8}, DRAWN, DRAWN),
    ({"num_words": 8, "oov_token": "x"}, DRAWN, DRAWN),
]


def case(options, texts, new):
    t = Tokenizer(**options)
    half = len(texts) // 2
    t.fit_on_texts(texts[:half])
    t.fit_on_texts(texts[half:])
    sequences = t.texts_to_sequences(new)
    highest = max(t.word_index.values()) + 3
    return {
        "options": options,
        "texts": texts,
        "new": new,
        "word_index": t.word_index,
        "word_counts": list(t.word_counts.items()),
        "sequences": sequences,
        "back": t.sequences_to_texts(sequences + [list(range(highest))]),
        "highest": highest,
        "matrices": {mode: t.texts_to_matrix(new, mode).tolist() for mode in ("binary", "count", "freq", "tfidf")},
        "json": t.to_json(),
    }


def pad_case(options):
    sequences = [[1, 2, 3], [4, 5], [], [6, 7, 8, 9, 10]]
    return {"options": options, "sequences": sequences, "padded": pad_sequences(sequences, **options).tolist()}


pads = [pad_case({"padding": p, "truncating": t, "value": v, **m})
        for p in ("pre", "post") for t in ("pre", "post") for v in (0, -1) for m in ({}, {"maxlen": 3}, {"maxlen": 7})]
out = {"keras": keras.__version__, "tokenizer": [case(*c) for c in CASES], "pad": pads}
path = pathlib.Path(__file__).parent / "keras.json"
path.write_text(json.dumps(out, ensure_ascii=False) + "\n", encoding="utf-8")
