"""Rewrites a source so that every mutant of its gradient rules is compiled in, chosen at run time by `grus_mutant`."""
import re
import zlib
from typing import NamedTuple

from mutations import Expression, join, negated
from source import Source

# A gradient rule is a lambda that gets what a record saved, or a function that gets Grads or has such a name. HELPERS are
# further functions that rules consist of.
NAMED = re.compile(r'gradient|backward|slope', re.IGNORECASE)
HELPERS = {
    'core/tape/grads.cpp': r'.',
    'ops/math/views.cpp': r'.',
    'core/backends/reference/cross_entropy.cpp': r'cross_entropy_row',
    'core/backends/cpu/cross_entropy.cpp': r'cross_entropy_rows|scale_and_shift|exponentials|largest_and_total',
    'core/backends/cpu/attention.cpp': r'backward|dot|add_scaled',
    'core/backends/*/index.cpp': r'scatter_add|add_row',
    'ops/loss/linear_cross_entropy.cpp': r'linear_cross_entropy',
    'ops/loss/cross_entropy.cpp': r'gradient|run_kernel',
}
INTEGRAL = {'int', 'int64_t', 'int32_t', 'uint64_t', 'size_t', 'bool', 'Shape', 'Axes', 'Box', 'Matrix', 'View', 'Device', 'Form',
            'DType', 'Lengths', 'enum', 'char'}


class Mutant(NamedTuple):
    id: int
    file: str
    line: int
    original: str
    what: str

    def key(self):
        return f'{self.file}: {self.original}: {self.what}'


class Rewriter:
    """One file. `excluded`: keys of mutants that do not compile."""

    def __init__(self, file, text, excluded):
        self.file, self.source = file, Source(text)
        # Numbers stay when another file changes, so that this one need not be built again.
        self.next_id = zlib.crc32(file.encode()) % 1000000 * 1000 + 1
        self.excluded = excluded
        self.mutants, self.edits = [], []

    def new(self, token, original, what):
        mutant = Mutant(self.next_id, self.file, self.source.line(token), pretty(original), pretty(what))
        if any(m[2:] == mutant[2:] for m in self.mutants):
            return None
        self.next_id += 1
        if mutant.key() in self.excluded:
            return None
        self.mutants.append(mutant)
        return mutant

    def regions(self):
        source = self.source
        for function in source.functions():
            if is_rule(self.file, function):
                yield function.begin, function.end, function.name
                continue
            for parameters, begin, end in source.lambdas(function.begin, function.end):
                if 'Saved &' in parameters or re.search(r'\b(Saved)?Input\b', parameters):
                    yield begin, end, ''

    def rewrite(self):
        for begin, end, name in self.regions():
            for statement in self.source.statements(begin, end):
                self.statement(statement)
        text, at = [], 0
        for begin, end, replacement in sorted(self.edits):
            text += [self.source.text[at:begin], replacement]
            at = end
        return ''.join(text) + self.source.text[at:]

    def edit(self, begin, end, text):  # tokens
        tokens = self.source.tokens
        self.edits.append((tokens[begin].begin, tokens[end - 1].end, text))

    def insert(self, at, text):
        self.edits.append((at, at, text))

    def statement(self, s):
        words = self.source.words(s.begin, s.end)
        if not words or words[0] in ('require', 'fail', 'throw') or words[0].startswith('HWY_ALIGN'):
            return
        declaration = self.declarators(s.begin, s.end)
        if declaration is not None:
            return [self.declarator(a, b) for a, b in declaration]
        tokens = self.source.tokens
        returns = words[0] == 'return'
        if words == ['return']:
            return
        if s.holes:
            dropped = self.new(s.begin, summary(words), 'dropped') if not returns else None
            if dropped:
                self.insert(tokens[s.begin].begin, f'if (grus_mutant != {dropped.id}) ')
            return
        found = Expression(tokens[s.begin:s.end]).mutations()
        if '=' in words or returns:
            start = words.index('=') + 1 if '=' in words else 1
            if start < len(words) and not is_zero(words[start:]):
                text, what = negated(words[start:])
                found.append((join(words[:start] + [text]), what))
        found.append(('return' if returns else '', 'dropped'))
        branches = []
        for text, what in found:
            if mutant := self.new(s.begin, join(words), what):
                branches.append(f'if (grus_mutant == {mutant.id}) {{ {text}; }}\nelse ')
        if branches:
            self.edit(s.begin, min(s.end + 1, len(tokens)), '{ ' + ''.join(branches) + '{ ' + join(words) + '; } }')

    def declarators(self, begin, end):
        """The (begin, end) of the values that a declaration gives, or None for another statement."""
        source, i = self.source, begin
        constant = False
        while source.word(i) in ('const', 'constexpr', 'static', 'inline'):
            constant, i = True, i + 1
        first = i
        if source.tokens[i].kind != 'word':
            return None
        i += 1
        while i < end and source.word(i) == '::':
            i += 2
        if i < end and source.word(i) == '<':
            i = self.angle_end(i, end)
        if source.word(first) == 'auto' and '[' in source.words(i, i + 3):  # a structured binding
            return []
        here = i
        while i < end and source.word(i) in ('*', '&', 'const'):
            i += 1
        if i >= end or source.tokens[i].kind != 'word' or source.word(first) in ('return', 'delete', 'new'):
            return None
        values = []
        type_words = set(source.words(first, here))
        if type_words & INTEGRAL:
            return []
        cuts = self.split(here, end)
        for a, b in zip([here] + [c + 1 for c in cuts], cuts + [end]):
            if source.word(a) in ('*', '&'):
                continue
            if a + 1 < b and source.word(a + 1) == '=':
                values.append((a + 2, b))
            elif a + 1 < b and source.word(a + 1) == '(':
                inner = self.split(a + 2, b - 1)
                values += list(zip([a + 2] + [c + 1 for c in inner], inner + [b - 1]))
        return [(a, b) for a, b in values if a < b]

    def angle_end(self, i, end):
        depth = 0
        while i < end:
            depth += {'<': 1, '>': -1}.get(self.source.word(i), 0)
            i = self.source.pairs[i] + 1 if self.source.word(i) in '([{' else i + 1
            if depth == 0:
                break
        return i

    def split(self, begin, end):
        """Commas of this level; those of template arguments count as none."""
        cuts, i = [], begin
        tokens = self.source.tokens[begin:end]
        angles = Expression(tokens).angles
        while i < end:
            if self.source.word(i) in ('(', '[', '{'):
                i = self.source.pairs[i]
            elif self.source.word(i) == ',' and i - begin not in angles:
                cuts.append(i)
            i += 1
        return cuts

    def declarator(self, begin, end):
        words = self.source.words(begin, end)
        if list(self.source.lambdas(begin, end)) or words[0] == '{':
            return
        found = Expression(self.source.tokens[begin:end]).mutations()
        if words[0] not in ('true', 'false', '*', '&') and len(words) > 1 and not is_zero(words):
            found.append(negated(words))
        name = self.source.word(begin - 2) if self.source.word(begin - 1) == '=' else ''
        original = f'{name} = {join(words)}' if name else join(words)
        choices = []
        for text, what in found:
            if mutant := self.new(begin, original, what):
                choices.append(f'grus_mutant == {mutant.id} ? ({text}) :\n')
        if choices:
            self.edit(begin, end, '(' + ''.join(choices) + '(' + join(words) + '))')


def is_rule(file, function):
    folder = re.sub(r'core/backends/\w+/', 'core/backends/*/', file)
    pattern = HELPERS.get(file) or HELPERS.get(folder)
    if pattern and re.search(pattern, function.name):
        return True
    return bool(NAMED.search(function.name)) or re.search(r'\bGrads &|\b(Saved)?Input\b', function.parameters) or 'BackwardArgs &' in function.parameters \
        or (NAMED.search(file) and function.name not in ('',))


def is_zero(words):
    return words in (['0'], ['0.0f']) or words[:4] == ['hn', '::', 'Zero', '('] or words[:3] in (['Tensor', '::', 'zeros'], ['Tensor', '::', 'empty'])


def pretty(text):
    text = re.sub(r' ?(\.|::|->|\[|<(?! \d)) ?', r'\1', text)
    return re.sub(r'([\w>]) (?=\()|(?<=\() | (?=[,)\];])|(?<=[*&!]) (?=\w+ =)', r'\1', text).strip()


def summary(words):
    text = join(words)
    return text if len(text) < 60 else text[:57] + '...'


class TableRewriter(Rewriter):
    """core/device/elementwise.def: its gradient columns."""

    columns = {'GRUS_UNARY': (2,), 'GRUS_BINARY': (2, 3)}

    def rewrite(self):
        source = self.source
        for i in range(len(source.tokens) - 1):
            if source.word(i) not in self.columns or source.word(i + 1) != '(':
                continue
            cuts = [i + 1] + self.split(i + 2, source.pairs[i + 1]) + [source.pairs[i + 1]]
            for column in self.columns[source.word(i)]:
                self.column(source.word(i + 2), cuts[column] + 1, cuts[column + 1])
        text, at = [], 0
        for begin, end, replacement in sorted(self.edits):
            text += [source.text[at:begin], replacement]
            at = end
        return ''.join(text) + source.text[at:]

    def column(self, name, begin, end):
        words = self.source.words(begin, end)
        choices = []
        for text, what in Expression(self.source.tokens[begin:end]).mutations() + [(f'-({join(words)})', 'the negative')]:
            if mutant := self.new(begin, f'{name}: {join(words)}', what):
                choices.append(f'grus_mutant == {mutant.id} ? ({text}) :\n')
        if choices:
            self.edit(begin, end, '(' + ''.join(choices) + '(' + join(words) + '))')
