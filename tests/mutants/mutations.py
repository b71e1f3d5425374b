"""The mutations of one expression: every sign flipped, every term, factor and accumulation dropped, one at a time."""
from source import Token, brackets, ends_operand

DELIMITERS = {',', ';', '?', ':', '=', '+=', '-=', '*=', '/=', '==', '!=', '<', '>', '<=', '>=', '&&', '||', 'return'}
CONDITION = {'==', '!=', '<', '>', '<=', '>=', '&&', '||'}  # what may stand before a question mark
# These functions' arguments say where, not how much: a term may go (another row, another gate), no sign flips.
PLACES = {'load', 'load_some', 'row_of', 'row', 'rows', 'slice', 'columns_of', 'matrix', 'write_matrix',
          'weight_rows', 'part'}
# These functions' arguments say which shape or type, and are never touched.
SHAPES = {'dim', 'empty', 'zeros', 'full', 'reshape', 'with', 'without', 'K', 'Set', 'arange', 'sizeof',
          'require', 'fail', 'rows_per_task', 'ranges_of', 'decltype', 'FirstN', 'Lanes', 'start', 'alive', 'longest'}
SIMD = {  # hn::NAME(a, b, c): what may stand instead
    'Add': ['hn::Sub({0}, {1})', '{0}', '{1}'],
    'Sub': ['hn::Add({0}, {1})', '{0}', 'hn::Neg({1})'],
    'Mul': ['{0}', '{1}'],
    'Neg': ['{0}'],
    'MulAdd': ['hn::NegMulAdd({0}, {1}, {2})', 'hn::Mul({0}, {1})', '{2}'],
    'NegMulAdd': ['hn::MulAdd({0}, {1}, {2})', 'hn::Neg(hn::Mul({0}, {1}))', '{2}'],
    'MulSub': ['hn::MulAdd({0}, {1}, {2})', 'hn::Mul({0}, {1})', 'hn::Neg({2})'],
}
ADDING = {'add': 1, 'add_sum_to': 2, 'add_box': 4, 'store_some': 1}  # which argument is the gradient


def join(words):
    return ' '.join(words)


class Expression:
    def __init__(self, tokens):
        self.tokens = tokens
        self.words = [token.text for token in tokens]
        self.pairs = brackets(tokens)
        self.found = []
        self.angles = self.template_brackets()

    def mutations(self):
        """(text of the mutated expression, what was done) for each."""
        self.group(0, len(self.tokens), 'value')
        own, result = join(self.words), []
        for text, what in self.found:
            if text != own and text not in [t for t, _ in result]:
                result.append((text, what))
        return result

    def replace(self, begin, end, words, what):
        self.found.append((join(self.words[:begin] + words + self.words[end:]), what))

    def template_brackets(self):
        """Indices of the tokens in name<...>( and name<...>::, so that < and > there are no comparisons."""
        inside, i = set(), 0
        while i < len(self.words):
            if self.words[i] == '<' and i > 0 and self.tokens[i - 1].kind == 'word':
                depth, k = 1, i + 1
                while k < len(self.words) and depth > 0 and (self.tokens[k].kind in ('word', 'number') or
                                                             self.words[k] in ('<', '>', '::', '*', '&', ',')):
                    depth += {'<': 1, '>': -1}.get(self.words[k], 0)
                    k += 1
                if depth == 0 and k < len(self.words) and self.words[k] in ('(', '::', '{'):
                    inside.update(range(i, k))
                    i = k
            i += 1
        return inside

    def callee(self, parenthesis):
        """The name before a parenthesis; static_cast<double> is ''."""
        k = parenthesis - 1
        while k in self.angles:
            k -= 1
        if k < 0 or self.tokens[k].kind != 'word':
            return ''
        if self.words[k] == 'static_cast':
            cast = self.words[k + 2:parenthesis - 1]
            return 'row' if any(word in ('size_t', 'int64_t', 'int') for word in cast) else ''
        return self.words[k]

    def split(self, begin, end, separators):
        """Indices where one of the separators stands, in this bracket's own level."""
        places, i = [], begin
        while i < end:
            if self.words[i] in ('(', '[', '{'):
                i = self.pairs[i]
            elif self.words[i] in separators and i not in self.angles:
                places.append(i)
            i += 1
        return places

    def group(self, begin, end, context):
        """All slots between delimiters; context: value, place or shape."""
        cuts = [begin - 1] + self.split(begin, end, DELIMITERS) + [end]
        for left, right in zip(cuts, cuts[1:]):
            self.slot(left + 1, right, context)
        for cut in cuts[1:-1]:
            if context == 'value' and self.words[cut] in ('+=', '-='):
                flipped = '-=' if self.words[cut] == '+=' else '+='
                self.replace(cut, cut + 1, [flipped], f'{self.words[cut]} becomes {flipped}')
                if self.words[cut] == '+=':
                    self.replace(cut, cut + 1, ['='], '+= becomes =')
            if self.words[cut:cut + 4] == ['?', '1', ':', '0']:
                weaker = [c for c in cuts if c < cut and (c < begin or self.words[c] not in CONDITION)]
                start = max(weaker, default=begin - 1) + 1
                for number in '01':
                    self.replace(start, cut + 4, [number], f'always {number}')

    def slot(self, begin, end, context):
        if begin >= end:
            return
        if context != 'shape':
            self.terms(begin, end, context)
        i = begin
        while i < end:
            if self.words[i] in ('(', '[', '{'):
                self.bracket(i, context)
                i = self.pairs[i]
            i += 1

    def bracket(self, i, context):
        begin, end = i + 1, self.pairs[i]
        if self.words[i] == '[':
            return self.group(begin, end, 'shape' if context == 'shape' else 'place')
        if self.words[i] == '{':
            return self.group(begin, end, 'shape')
        name = self.callee(i)
        if name in SHAPES or context == 'shape':
            return self.group(begin, end, 'shape')
        commas = [begin - 1] + self.split(begin, end, {','}) + [end]
        arguments = [(a + 1, b) for a, b in zip(commas, commas[1:])]
        if context == 'value':
            self.call(i, name, arguments)
        if name == 'store_some':
            self.group(*arguments[1], context)
            for argument in arguments[2:]:
                self.group(*argument, 'place')
        else:
            self.group(begin, end, 'place' if name in PLACES else context)

    def call(self, opening, name, arguments):
        texts = [join(self.words[a:b]) for a, b in arguments]
        if name in SIMD and self.words[opening - 2:opening - 1] == ['::']:
            begin = opening - 3
            for form in SIMD[name]:
                text = form.format(*texts)
                self.replace(begin, self.pairs[opening] + 1, [text], f'hn::{name}(...) becomes {text}')
        if name in ADDING and len(arguments) > ADDING[name]:
            a, b = arguments[ADDING[name]]
            negated = f'hn::Neg({join(self.words[a:b])})' if name == 'store_some' else f'::grus::neg({join(self.words[a:b])})'
            self.replace(a, b, [negated], 'the negative')
        for k, (a, b) in enumerate(arguments):
            if b - a != 1 or name in PLACES:
                continue
            word = self.words[a]
            if word in ('true', 'false'):
                other = 'false' if word == 'true' else 'true'
                self.replace(a, b, [other], f'{word} becomes {other}')
            if word in ('0', '1') and k > 0 and texts[k - 1] in ('Plain', 'Transposed'):
                self.replace(a, b, [str(1 - int(word))], f'the factor {word} of what was there becomes {1 - int(word)}')

    def terms(self, begin, end, context):
        signs = [i for i in self.split(begin, end, {'+', '-'}) if i > begin and ends_operand(self.tokens[i - 1])]
        starts = [begin] + [i + 1 for i in signs]
        ends = signs + [end]
        for i in signs if context == 'value' else []:
            other = '-' if self.words[i] == '+' else '+'
            self.replace(i, i + 1, [other], f'{self.words[i]} becomes {other}')
        if signs:
            for k, (a, b) in enumerate(zip(starts, ends)):
                what = f'without {join(self.words[a:b])}'
                if k > 0:
                    self.replace(a - 1, b, [], what)
                elif context == 'value':  # of a place the first term is the buffer
                    keep = ['-'] if self.words[b] == '-' else []
                    self.replace(a, b + 1, keep, what)
        if context != 'value':
            return
        for a, b in zip(starts, ends):
            self.factors(a, b)

    def factors(self, begin, end):
        if self.words[begin] == '-' and self.tokens[begin + 1].kind != 'number':
            self.replace(begin, begin + 1, [], 'the minus dropped')
        operators = [i for i in self.split(begin, end, {'*', '/'}) if i > begin and ends_operand(self.tokens[i - 1])]
        for k, i in enumerate(operators):
            stop = operators[k + 1] if k + 1 < len(operators) else end
            self.replace(i, stop, [], f'without {join(self.words[i:stop])}')
        if operators and self.words[operators[0]] == '*':
            first = begin + (self.words[begin] == '-')
            self.replace(first, operators[0] + 1, [], f'without {join(self.words[first:operators[0] + 1])}')


def negated(words):
    """-(E), for a whole right-hand side."""
    text = join(words)
    return (f'hn::Neg({text})' if words[:2] == ['hn', '::'] else f'-({text})', 'the negative')
