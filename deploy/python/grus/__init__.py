"""Models of Grus in use: packed models of translate, classify, forecast and write.

    import grus
    model = grus.load("de-en.grus", beam=1)
    model.translate("ein hund .").text

Errors are ValueError for what has no meaning, OSError for a file or text that cannot be read, each with the library's
sentence. A model is used by one thread at a time; while it computes, other threads of Python run.
"""
import os

from . import _grus
from ._grus import Translation

__all__ = ["Model", "Translation", "load", "__version__"]
__version__ = _grus.version


def load(model, **flags):
    """Load a packed model, or a model's folder, from a path; or a packed model from bytes.

    Flags are those of the program's command `run`, as beam=1 or length_penalty=0.6.
    """
    return Model(model, **flags)


class Model:
    """A packed model. `task` is the program whose it is: "translate", "classify", "forecast" or "write"."""

    def __init__(self, model, **flags):
        if isinstance(model, (bytes, bytearray, memoryview)):
            self._model = _grus.Model(bytes(model), "model in memory")
        else:
            self._model = _grus.Model(os.fsdecode(model))
        for flag, value in flags.items():
            self[flag] = value

    @property
    def task(self):
        return self._model.task

    def __getitem__(self, flag):
        """The value of a flag, as text."""
        return self._model.get(flag.replace("_", "-"))

    def __setitem__(self, flag, value):
        self._model.set(flag.replace("_", "-"), str(value).lower() if isinstance(value, bool) else str(value))

    def run(self, lines):
        """What the program's command `run` prints for each line; the lines of a forecast are one table."""
        return _each(self._model.run, lines)

    def translate(self, lines):
        """The Translation of a line, or of each of several: text, log_probability, and the pieces of both sides with
        their attention (targets, sources)."""
        return _each(self._model.translate, lines)

    @property
    def classes(self):
        """The names of the classes."""
        return self._model.classes

    def classify(self, lines):
        """The probability of each class: (classes) for a line, (lines, classes) for several."""
        return self._model.classify([lines])[0] if isinstance(lines, str) else self._model.classify(list(lines))

    @property
    def columns(self):
        """The names of a forecast's columns."""
        return self._model.columns

    def forecast(self, values, dates=None):
        """The rows behind float64 values (rows, columns), NaN where one is missing, and their interval: an array
        (3, horizon, columns) of the forecast, its lower and its upper end. `dates` is one text for each row, for a
        model that is told the calendar. An array in rows of float64 is read where it lies."""
        return self._model.forecast(values, None if dates is None else [str(date) for date in dates])

    def suggest(self, text, count=3):
        """The likeliest next words of a text, or completions of its last word, with their probabilities."""
        return self._model.suggest(text, count)


def _each(ask, lines):
    return ask([lines])[0] if isinstance(lines, str) else ask(list(lines))
