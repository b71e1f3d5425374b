#!/usr/bin/env python3
"""Does a test turn red for every wrong gradient?

Every gradient rule (of ops/, of core/device/elementwise.def, of the kernels of every backend built here) is broken in every small
way: a sign flipped, a term, a factor, an accumulation or a statement dropped. All mutants are compiled into one build, each
behind `grus_mutant == N`, and the unit tests run once for each N of the environment variable GRUS_MUTANT until one is red.
Freshly allocated memory is filled with NaN in that build, so that nothing is right by what was there before.

Prints one line a mutant; exits 1 when one survives that survivors.txt does not explain.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from schemata import Mutant, Rewriter, TableRewriter  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
TABLE = 'core/device/elementwise.def'
NOT_RULES = {'ops/gradcheck.cpp', 'ops/base/launch.cpp'}  # the checker itself, and calls of kernels
HEADER = '''#pragma once
#include <cstdlib>
namespace grus { class Tensor; Tensor neg(const Tensor&); }
inline const int grus_mutant = [] { const char* n = std::getenv("GRUS_MUTANT"); return n ? std::atoi(n) : 0; }();
'''
# Patches change the scratch copy: (file, what stands there, what replaces it).
PATCHES = [
    # The tensors that a row's gradient reads are worked out at compile time, where there is no mutant.
    ('ops/math/elementwise.cpp', 'namespace trace {\n', 'namespace trace {\nconstexpr int grus_mutant = 0;\n'),
    ('core/device/storage.cpp', '  statistics_.live += storage->buffer_.bytes;\n',
     '  __builtin_memset(storage->buffer_.handle, 0xff, storage->buffer_.bytes);\n'
     '  statistics_.live += storage->buffer_.bytes;\n'),
]


def tracked_files():
    command = ['git', '-c', 'safe.directory=*', 'ls-files', '--cached', '--others', '--exclude-standard']
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split('\n')
    return [f for f in listed if f and (ROOT / f).is_file()]


def has_rules(file):
    return file == TABLE or (file.endswith('.cpp') and file not in NOT_RULES and
                             re.match(r'ops/|core/tape/grads|core/backends/(reference|cpu)/', file) is not None)


def write(path, text):
    """Only when it differs, so that what is built stays fresh."""
    if path.is_file() and path.read_bytes() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)


def make_tree(tree, excluded):
    """Writes the rewritten copy (tree None: does not) and returns its mutants."""
    mutants = []
    for file in tracked_files():
        text = (ROOT / file).read_bytes()
        if has_rules(file):
            rewriter = (TableRewriter if file == TABLE else Rewriter)(file, text.decode(), excluded)
            text = rewriter.rewrite().encode()
            mutants += rewriter.mutants
        for patched, old, new in PATCHES:
            if file == patched:
                if text.count(old.encode()) != 1:
                    sys.exit(f'mutants: need {old!r} once in {file}, which is patched, got {text.count(old.encode())} times')
                text = text.replace(old.encode(), new.encode())
        if not tree:
            continue
        write(tree / file, text)
        shutil.copymode(ROOT / file, tree / file)
    if tree:
        write(tree / 'mutant.h', HEADER.encode())
    return mutants


def configure(tree, build):
    if (build / 'build.ninja').is_file():
        return
    subprocess.run(['meson', 'setup', build, tree, '-Dexamples=disabled', '-Dopencl=disabled', '-Dcuda=disabled', '-Dbuildtype=plain', '-Doptimization=1',
                    '-Dwarning_level=0', f'-Dcpp_args=-include {tree}/mutant.h -w'], check=True, stdout=subprocess.DEVNULL)


def introspect(what, build):
    return json.loads(subprocess.run(['meson', 'introspect', what, build], check=True, capture_output=True).stdout)


def unit_tests(build, wanted):
    """Those with one of the wanted names; of none wanted, all but the tests of data, which has no gradients."""
    listed = introspect('--tests', build)
    return [t for t in listed if any(suite.split(':')[-1] == 'unit' for suite in t['suite']) and
            (t['name'] in wanted if wanted else t['name'] != 'data')]


def files_of(build, tests):
    """What ninja makes for the tests: the programs and the modules that they load."""
    wanted = {target for test in tests for target in test['depends']}
    return [str(Path(file).relative_to(build)) for target in introspect('--targets', build) if target['id'] in wanted
            for file in target['filename']]


def build_mutants(tree, build, wanted):
    """Builds, leaving out what the compiler refuses; returns the mutants that are in."""
    memory = tree.parent / 'refused.txt'
    excluded = set(memory.read_text().split('\n')) if memory.is_file() else set()
    for attempt in range(8):
        mutants = make_tree(tree, excluded)
        configure(tree, build)
        targets = files_of(build, unit_tests(build, wanted))
        run = subprocess.run(['ninja', '-k', '0', '-C', build] + targets, capture_output=True, text=True)
        if run.returncode == 0:
            return mutants, len(excluded)
        refused = refused_mutants(tree, build, run.stdout, mutants)
        if not refused - excluded:
            sys.exit(run.stdout[-6000:] + '\nmutants: the build fails, and not for a mutant')
        excluded |= refused
        write(memory, '\n'.join(sorted(excluded)).encode())
    sys.exit('mutants: after 8 builds there are still mutants that do not compile')


def refused_mutants(tree, build, log, mutants):
    refused, by_id = set(), {m.id: m for m in mutants}
    for name, line in re.findall(r'^([^\s:]+\.(?:cpp|h|def)):(\d+):\d+: error', log, re.MULTILINE):
        path = (build / name).resolve()
        if not path.is_relative_to(tree):
            continue
        lines, at = path.read_text().split('\n'), int(line) - 1
        if not (found := re.search(r'grus_mutant == (\d+)', lines[at])) and lines[at].startswith('else { return'):
            # Its type is not the one that the mutants before it gave the lambda.
            while at > 0 and (other := re.search(r'grus_mutant == (\d+)', lines[at - 1])):
                at -= 1
                if by_id[int(other.group(1))].what in ('dropped', 'the negative'):
                    refused.add(by_id[int(other.group(1))].key())
        if found:
            refused.add(by_id[int(found.group(1))].key())
    return refused


class Runner:
    def __init__(self, build, wanted):
        self.tests = unit_tests(build, wanted)
        self.own_backends = {'GRUS_BACKEND_PATH': str(build / 'core/backends')}  # not those that ./dev names
        self.seconds, self.killers, self.lock = {}, {}, threading.Lock()

    def run(self, test, mutant, cases=None):
        """What turned red, or None."""
        command = test['cmd'] + ['--abort-after=1', '--no-breaks']
        if cases:
            command.append('--test-case=' + ','.join(c.replace(',', '?').replace('*', '?') for c in cases))
        environment = {**os.environ, **self.own_backends, **test['env'], 'GRUS_MUTANT': str(mutant)}
        limit = 20 + 10 * self.seconds.get(test['name'], 60)
        try:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, errors='replace', timeout=limit)
        except subprocess.TimeoutExpired:
            return 'ran too long'
        if done.returncode == 0:
            return None
        if failed := re.search(r'^failed: (.*) \(\S+:\d+\)$', done.stdout, re.MULTILINE):
            return failed.group(1)
        return f'ended with {done.returncode}:\n{(done.stdout + done.stderr)[-2000:]}'

    def measure(self):
        for test in self.tests:
            start = time.monotonic()
            red = self.run(test, 0)
            if red:
                sys.exit(f'mutants: {test["name"]} is red without a mutant: {red}')
            self.seconds[test['name']] = time.monotonic() - start
        self.tests.sort(key=lambda t: self.seconds[t['name']])

    def kill(self, mutant):
        """(program, test case) that turned red, or None. What killed a neighbour is tried first."""
        with self.lock:
            recent = list(self.killers.get(mutant.file, []))
        for name, case in recent:
            test = next(t for t in self.tests if t['name'] == name)
            if self.run(test, mutant.id, [case]):
                return name, case
        for test in self.tests:
            if red := self.run(test, mutant.id):
                with self.lock:
                    known = self.killers.setdefault(mutant.file, [])
                    if not red.startswith(('ended', 'ran too')) and (test['name'], red) not in known:
                        known.insert(0, (test['name'], red))
                        del known[4:]
                return test['name'], red.split('\n')[0].rstrip(':')
        return None


def explained():
    """Mutants that change nothing: lines `key # reason` in survivors.txt, after the one that says so."""
    lines = (Path(__file__).parent / 'survivors.txt').read_text().split('\n')[1:]
    return {line.split(' # ')[0]: line.split(' # ')[1] for line in lines if ' # ' in line}


def no_stale_explanation(mutants):
    stale = explained().keys() - {m.key() for m in mutants}
    for key in sorted(stale):
        print(f'mutants: survivors.txt explains what is no mutant: {key}', file=sys.stderr)
    return 1 if stale else 0


def main():
    parser = argparse.ArgumentParser(prog='./dev mutants', description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--list', action='store_true', help='only list the mutants, built or not')
    parser.add_argument('--only', nargs='+', default=[''], metavar='TEXT', help='only mutants with one of these in FILE:LINE')
    parser.add_argument('--tests', nargs='+', default=[], metavar='NAME', help='only these test programs')
    parser.add_argument('--jobs', type=int, default=os.cpu_count(), help='tests at a time')
    parser.add_argument('--folder', type=Path, default=ROOT / 'build/mutants', help='scratch folder (build/mutants)')
    options = parser.parse_args()
    tree, build = options.folder.resolve() / 'tree', options.folder.resolve() / 'build'

    def chosen(mutants):
        return [m for m in mutants if any(text in f'{m.file}:{m.line}' for text in options.only)]

    if options.list:
        mutants = make_tree(None, set())
        for m in chosen(mutants):
            print(f'{m.id}\t{m.file}:{m.line}\t{m.original}\t{m.what}')
        return no_stale_explanation(mutants)
    mutants, refused = build_mutants(tree, build, options.tests)
    print(f'{len(mutants)} mutants built; {refused} more are no C++ (a value of another type)', flush=True)
    runner = Runner(build, options.tests)
    runner.measure()
    return report(chosen(mutants), runner, options.jobs)


def report(mutants, runner, jobs):
    reasons, survivors, counts = explained(), [], {}
    start = time.monotonic()
    with ThreadPoolExecutor(jobs) as pool:
        for mutant, killer in zip(mutants, pool.map(runner.kill, mutants)):
            verdict = f'killed by {killer[0]}: {killer[1]}' if killer else 'SURVIVED'
            if killer:
                counts[killer[0]] = counts.get(killer[0], 0) + 1
            elif mutant.key() in reasons:
                verdict = 'changes nothing: ' + reasons[mutant.key()]
                counts['nobody: they change nothing'] = counts.get('nobody: they change nothing', 0) + 1
            else:
                survivors.append(mutant)
            print(f'{mutant.file}:{mutant.line}\t{mutant.original}\t{mutant.what}\t{verdict}', flush=True)
    print(f'\n{len(mutants)} mutants in {time.monotonic() - start:.0f} s; killed by ' +
          ', '.join(f'{name} {count}' for name, count in sorted(counts.items(), key=lambda c: -c[1])))
    for mutant in survivors:
        print(f'SURVIVED: {mutant.file}:{mutant.line} (GRUS_MUTANT={mutant.id}): {mutant.key()}')
    print(f'{len(survivors)} survived')
    return 1 if survivors else 0


if __name__ == '__main__':
    sys.exit(main())
