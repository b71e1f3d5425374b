"""Just enough of C++ to find the gradient rules of a file and the statements in them: tokens, brackets, functions, lambdas."""
import re
from typing import NamedTuple

TOKEN = re.compile(r'''
    (?P<skip>\s+ | //[^\n]* | /\*.*?\*/)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<number>\.?\d(?:[eEpP][+-]\d|[\w.])*)
  | (?P<string>"(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*')
  | (?P<punctuation>::|->|\+\+|--|\+=|-=|\*=|/=|==|!=|<=|>=|&&|\|\||\.\.\.|.)
''', re.VERBOSE | re.DOTALL)
PREPROCESSOR = re.compile(r'[ \t]*#(?:[^\n\\]|\\.|\\\n)*', re.DOTALL)


class Token(NamedTuple):
    text: str
    kind: str
    begin: int
    end: int


def tokenize(text):
    tokens, at, line_start = [], 0, True
    while at < len(text):
        if line_start and (directive := PREPROCESSOR.match(text, at)):
            at = directive.end()
            continue
        found = TOKEN.match(text, at)
        at = found.end()
        if found.lastgroup == 'skip':
            line_start = '\n' in found.group() or (line_start and found.group()[0] not in '/')
            continue
        line_start = False
        tokens.append(Token(found.group(), found.lastgroup, found.start(), found.end()))
    return tokens


def brackets(tokens):
    """Index of the partner of every ( [ { and back."""
    pairs, open_ones = {}, []
    for i, token in enumerate(tokens):
        if token.text in '([{' and token.kind == 'punctuation':
            open_ones.append(i)
        elif token.text in ')]}' and token.kind == 'punctuation':
            pairs[i] = open_ones.pop()
            pairs[pairs[i]] = i
    return pairs


class Function(NamedTuple):
    name: str
    parameters: str
    begin: int  # tokens of the body, without its braces
    end: int


class Statement(NamedTuple):
    begin: int
    end: int  # without the semicolon
    holes: list  # bodies of lambdas inside, as (begin, end)


class Source:
    def __init__(self, text):
        self.text = text
        self.tokens = tokenize(text)
        self.pairs = brackets(self.tokens)

    def word(self, i):
        return self.tokens[i].text

    def words(self, begin, end):
        return [token.text for token in self.tokens[begin:end]]

    def line(self, i):
        return self.text.count('\n', 0, self.tokens[i].begin) + 1

    def functions(self):
        i, start = 0, 0
        while i < len(self.tokens):
            text = self.word(i)
            if text in (';', '}') or (text == ':' and i > 0 and self.word(i - 1) in ('public', 'private', 'protected')):
                start = i + 1
            elif text in '([':
                i = self.pairs[i]
            elif text == '{':
                head = self.words(start, i)
                if any(word in head for word in ('namespace', 'struct', 'class', 'union')) and '(' not in head:
                    start = i + 1
                elif '(' not in head or 'enum' in head or self.is_initialiser(start, i):
                    i = self.pairs[i]
                else:
                    opening = start + head.index('(')
                    parameters = ' '.join(self.words(opening + 1, self.pairs[opening]))
                    yield Function(self.word(opening - 1), parameters, i + 1, self.pairs[i])
                    i = self.pairs[i]
                    start = i + 1
            i += 1

    def is_initialiser(self, start, brace):
        """Of a variable (= {), or of a member in a constructor's list (: member{...)."""
        before = self.word(brace - 1)
        if before == '=':
            return True
        listed = any(self.word(k) == ')' and self.word(k + 1) == ':' for k in range(start, brace - 1))
        return listed and self.tokens[brace - 1].kind == 'word'

    def lambdas(self, begin, end):
        """(parameters, body begin, body end) of the outermost lambdas among these tokens."""
        i = begin
        while i < end:
            if self.word(i) == '[' and (i == begin or not ends_operand(self.tokens[i - 1])):
                k = self.pairs[i] + 1
                parameters = ''
                while k < end and self.word(k) not in ('{', ';', ')', ','):
                    if self.word(k) == '(':
                        parameters = parameters or ' '.join(self.words(k + 1, self.pairs[k]))
                        k = self.pairs[k]
                    k += 1
                if k < end and self.word(k) == '{':
                    yield parameters, k + 1, self.pairs[k]
                    i = self.pairs[k]
            i += 1

    def statements(self, i, end):
        """All simple statements of a block and of the blocks, branches and lambdas inside, outer ones first."""
        while i < end:
            text = self.word(i)
            if text in ('if', 'for', 'while', 'switch'):
                i = self.pairs[self.next_parenthesis(i)] + 1
            elif text in (';', '{', '}', 'else', 'do', 'try'):
                i += 1
            elif text in ('case', 'default'):
                i = self.find(':', i, end) + 1
            elif text in ('struct', 'class', 'enum', 'using', 'static_assert', 'break', 'continue'):
                i = self.find(';', i, end) + 1
            else:
                stop = self.find(';', i, end)
                holes = [(a, b) for _, a, b in self.lambdas(i, stop)]
                yield Statement(i, stop, holes)
                for a, b in holes:
                    yield from self.statements(a, b)
                i = stop + 1

    def next_parenthesis(self, i):
        while self.word(i) != '(':
            i += 1
        return i

    def find(self, text, i, end):
        while i < end and self.word(i) != text:
            i = self.pairs[i] + 1 if self.word(i) in ('(', '[', '{') else i + 1
        return i


def ends_operand(token):
    if token.kind in ('number', 'string'):
        return True
    if token.kind == 'word':
        return token.text not in ('return', 'case', 'else', 'do')
    return token.text in (')', ']', '}')
