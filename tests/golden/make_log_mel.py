#!/usr/bin/env python3
"""Writes log_mel.npz: power spectra and log-mel frames by librosa, and sound at another rate as a sum over all samples,
for tests/data/log_mel.cpp (pip install librosa).

  python3 tests/golden/make_log_mel.py
"""

import pathlib

import librosa
import numpy as np

RATE = 8000
# name: window and hop in samples, bands, low and high in Hz
CASES = {
    "digits": (200, 80, 40, 20.0, 4000.0),
    "narrow": (256, 100, 12, 300.0, 3400.0),
    "fine": (64, 64, 8, 0.0, 4000.0),
}


def tone(n):
    """A glide over noise of a fixed pattern, as 16-bit numbers would hold it."""
    t = np.arange(n) / RATE
    noise = ((np.arange(n) * 7919 % 1009) / 1009 - 0.5) * 0.02
    x = 0.4 * np.sin(2 * np.pi * (200 + 1500 * t) * t) + 0.2 * np.sin(2 * np.pi * 3100 * t) + noise
    return np.round(x * 32768) / 32768


def resampled(x, ratio, crossings=16):
    """y[j] = sum_i x[i] c sinc(c (j / ratio - i)) hann(...), in double precision."""
    c = min(1.0, ratio)
    at = np.arange(round(len(x) * ratio))[:, None] / ratio - np.arange(len(x))[None, :]
    inside = np.abs(at * c) <= crossings
    return (np.where(inside, c * np.sinc(c * at) * (0.5 + 0.5 * np.cos(np.pi * c * at / crossings)), 0) * x).sum(1)


def main():
    x = tone(1111).astype(np.float64)
    out = {"samples": x}
    for name, (window, hop, bands, low, high) in CASES.items():
        size = 1 << (window - 1).bit_length()
        stft = librosa.stft(x, n_fft=size, hop_length=hop, win_length=window, window="hann", center=True, pad_mode="constant")
        power = np.abs(stft) ** 2
        mel = librosa.filters.mel(sr=RATE, n_fft=size, n_mels=bands, fmin=low, fmax=high, htk=True, norm=None, dtype=np.float64)
        out[name + ".power"] = power.T.copy()
        out[name + ".filters"] = mel
        out[name + ".log_mel"] = np.log(np.maximum(power.T @ mel.T, 1e-6))
    for ratio in (0.5, 0.9, 1.25):
        out[f"resampled.{ratio}"] = resampled(x[:300], ratio)
    np.savez_compressed(pathlib.Path(__file__).with_name("log_mel.npz"), **{k: v.astype(np.float32) for k, v in out.items()})


if __name__ == "__main__":
    main()
