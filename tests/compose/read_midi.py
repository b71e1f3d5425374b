#!/usr/bin/env python3
"""Opens what `compose play` writes with mido (pip install mido), and compares its notes with the tune's: read_midi.py COMPOSE"""

import pathlib
import subprocess
import sys
import tempfile

try:
    import mido
except ImportError:
    print("skipped: Python has no package mido")
    sys.exit(77)

TUNE = "X:1\nT:Two bars\nM:4/4\nL:1/4\nQ:1/4=90\nK:G\n\"G\"GB df|\"D7\"f2 z d|\n"
MELODY = [(0, 1, 67), (1, 1, 71), (2, 1, 74), (3, 1, 78), (4, 2, 78), (7, 1, 74)]

with tempfile.TemporaryDirectory() as folder:
    file = pathlib.Path(folder) / "tune.mid"
    subprocess.run([sys.argv[1], "play", "--out", file], input=TUNE.encode(), check=True)
    midi = mido.MidiFile(file)
assert midi.type == 0 and midi.ticks_per_beat == 480, midi
now, begun, notes, tempo, programs = 0, {}, [], None, {}
for message in midi.tracks[0]:
    now += message.time
    if message.type == "set_tempo":
        tempo = round(mido.tempo2bpm(message.tempo))
    if message.type == "program_change":
        programs[message.channel] = message.program
    if message.type == "note_on" and message.velocity:
        begun[message.channel, message.note] = now
    if message.type in ("note_off", "note_on") and not (message.type == "note_on" and message.velocity):
        begin = begun.pop((message.channel, message.note))
        notes.append((message.channel, begin / 480, (now - begin) / 480, message.note))
assert not begun, begun
assert tempo == 90, tempo
assert programs == {0: 73, 1: 0}, programs
melody = sorted(note[1:] for note in notes if note[0] == 0)
assert melody == MELODY, melody
chords = sorted({(note[1], note[3]) for note in notes if note[0] == 1})
assert chords == [(0, 55), (0, 59), (0, 62), (4, 50), (4, 54), (4, 57), (4, 60)], chords
