#!/usr/bin/env python3
"""Every source reaches the header of each standard name it uses, by its own includes or those of our headers.

Precompiled headers and joined files (meson option `joined`) hide a forgotten include from the compiler, and every ordinary build has
both. `includes.py ROOT` reads the text instead: it names file, line, name and header.
"""
import re
import sys
from pathlib import Path

ROOMS = ('core parallel ops nn optim report metrics training data options page formats language seq2seq tasks examples tests').split()
STANDARD = {
    'algorithm': 'sort stable_sort copy copy_n fill fill_n find find_if any_of all_of none_of count_if transform reverse rotate unique '
                 'lower_bound upper_bound equal_range min_element max_element nth_element partial_sort clamp equal mismatch remove_if '
                 'is_sorted binary_search shuffle generate merge for_each min max ranges::sort ranges::find ranges::copy ranges::fill',
    'array': 'array to_array', 'atomic': 'atomic atomic_ref memory_order_relaxed', 'cstring': 'memcpy memset memcmp memmove strlen strcmp',
    'cmath': 'sqrt exp log pow abs tanh floor ceil isnan isfinite isinf lround llround round fabs log2 log1p expm1 fmod trunc',
    'cstdint': 'int64_t uint64_t int32_t uint32_t uint8_t int8_t uint16_t int16_t uintptr_t', 'functional': 'function reference_wrapper plus',
    'map': 'map multimap', 'memory': 'unique_ptr shared_ptr weak_ptr make_unique make_shared enable_shared_from_this addressof',
    'mutex': 'mutex lock_guard unique_lock scoped_lock call_once once_flag recursive_mutex', 'numeric': 'accumulate iota reduce gcd partial_sum',
    'optional': 'optional nullopt', 'span': 'span', 'string': 'string to_string stoi', 'string_view': 'string_view',
    'unordered_map': 'unordered_map', 'vector': 'vector',
    'utility': 'move forward exchange swap pair make_pair index_sequence', 'doctest/doctest.h': '', 'fmt/core.h': '', 'core/tensor/tensor.h': ''}
# A name is in any of these headers, as the standard says or as every library has it.
ALSO = {'string': {'fstream', 'sstream', 'iostream', 'filesystem', 'stdexcept', 'regex'}, 'string_view': {'string', 'filesystem'},
        'cmath': {'complex', 'cstdlib'}, 'utility': {'memory', 'vector', 'string', 'algorithm', 'map', 'tuple', 'functional', 'optional', 'unordered_map', 'array', 'span'},
        'cstdint': {'cinttypes', 'atomic', 'string', 'memory', 'vector', 'algorithm'}, 'memory': {'functional'}, 'algorithm': {'functional', 'vector', 'string', 'memory', 'map'},
        'vector': {'functional'}, 'map': set(), 'mutex': {'condition_variable'}}
# What is written without std::, or with a prefix that is the header's own.
PLAIN = {'doctest/doctest.h': r'\b(?:TEST_CASE|CHECK|REQUIRE|SUBCASE|FAIL_CHECK)\w*\(', 'fmt/core.h': r'\bfmt::',
         'core/tensor/tensor.h': r'(?<!class )\bTensor\b(?!;)'}
FMT = {'fmt/format.h', 'fmt/ranges.h', 'fmt/chrono.h', 'fmt/color.h', 'fmt/args.h', 'fmt/std.h', 'fmt/printf.h'}


def patterns():
    for header, names in STANDARD.items():
        text = PLAIN.get(header) or r'\bstd::(' + '|'.join(names.split()) + r')\b'
        yield header, re.compile(text), {header} | ALSO.get(header, set()) | (FMT if header == 'fmt/core.h' else set())


def code(text):
    """The text with comments and strings blanked; lines keep their numbers."""
    blank = lambda match: re.sub(r'[^\n]', ' ', match.group())
    return re.sub(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


class Tree:
    def __init__(self, root):
        self.root, self.texts, self.reached = root, {}, {}

    def text(self, path):
        if path not in self.texts:
            self.texts[path] = (self.root / path).read_text(encoding='utf-8') if (self.root / path).is_file() else None
        return self.texts[path]

    def includes(self, path):
        for name in re.findall(r'^ *# *include *[<"]([^">]+)[">]', self.text(path) or '', flags=re.M):
            inside = name[5:] if name.startswith('grus/') else name
            beside = str((self.root / path).parent.joinpath(name).resolve().relative_to(self.root.resolve())) if name.startswith('.') else None
            yield next((n for n in (inside, beside, str(Path(path).parent / name)) if n and self.text(n) is not None), name)

    def reach(self, path):
        """All headers behind a file, its own ones followed."""
        found, left = {path}, [path]
        while left:
            for name in self.includes(left.pop()):
                if name not in found:
                    found.add(name)
                    if self.text(name) is not None:
                        left.append(name)
        return found


def main(root):
    tree, wrong, files = Tree(root), 0, 0
    rules = list(patterns())
    for room in ROOMS:
        for path in sorted(p for p in (root / room).rglob('*') if p.suffix in ('.h', '.cpp') and not p.stem.endswith('-inl')):
            name = str(path.relative_to(root))
            files += 1
            text, reached = code(tree.text(name)), tree.reach(name)
            for header, pattern, enough in rules:
                hit = None if reached & enough else pattern.search(text)
                if hit:
                    line = text.count('\n', 0, hit.start()) + 1
                    print(f'failed: {name}:{line}: {hit.group().strip("(")} needs <{header}>')
                    wrong += 1
    if files < 100:
        print(f'failed: only {files} sources found')
        wrong += 1
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main(Path(sys.argv[1])))
