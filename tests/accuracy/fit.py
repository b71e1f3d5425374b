#!/usr/bin/env python3
"""The polynomials of core/backends/cpu/simd_math-inl.h and simd_wide-inl.h, fitted by Remez's exchange in 60 digits: python3 fit.py (needs mpmath).

Each line: what is fitted, the largest relative error of the function that it is part of, the coefficients.
"""
from mpmath import atan, cos, erf, erfc, expm1, log, log1p, lu_solve, matrix, mp, mpf, nstr, pi, sin, sqrt

mp.dps = 60
TINY = mpf(10) ** -12


def extrema(errors):
    """Indices of local extrema of alternating sign."""
    found = []
    for i, e in enumerate(errors):
        sides = [errors[j] for j in (i - 1, i + 1) if 0 <= j < len(errors)]
        if any((s > 0) == (e > 0) and abs(s) > abs(e) for s in sides):
            continue
        if not found or (errors[found[-1]] > 0) != (e > 0):
            found.append(i)
        elif abs(e) > abs(errors[found[-1]]):
            found[-1] = i
    return found


def remez(function, weight, degree, low, high, points=3000, rounds=25):
    """The polynomial with the least largest |weight (polynomial - function)| over [low, high], and that error."""
    low, high, terms = mpf(low), mpf(high), degree + 2
    nodes = [(low + high) / 2 - (high - low) / 2 * cos(pi * (i + mpf(1) / 2) / terms) for i in range(terms)]
    nodes = [x if abs(x) > mpf(10) ** -6 else (high - low) / 50 for x in nodes]  # where the weight is 0
    xs = [(low + high) / 2 - (high - low) / 2 * cos(pi * mpf(i) / points) for i in range(points + 1)]
    ys, weights = [function(x) for x in xs], [weight(x) for x in xs]
    for _ in range(rounds):
        a, b = matrix(terms, terms), matrix(terms, 1)
        for i, x in enumerate(nodes):
            for j in range(degree + 1):
                a[i, j] = x**j
            a[i, degree + 1], b[i] = (-1) ** i / weight(x), function(x)
        k = list(lu_solve(a, b))[: degree + 1]
        errors = [w * (sum(c * x**j for j, c in enumerate(k)) - y) for x, y, w in zip(xs, ys, weights)]
        places = extrema(errors)
        while len(places) > terms:
            places.pop(0 if abs(errors[places[0]]) < abs(errors[places[-1]]) else -1)
        if len(places) < terms:
            break
        before, nodes = nodes, [xs[i] for i in places]
        if max(abs(p - q) for p, q in zip(before, nodes)) < TINY:
            break
    return k, max(abs(e) for e in errors)


def exp_tail(r):
    return mpf(1) / 2 + r / 6 + r * r / 24 if abs(r) < TINY else (expm1(r) - r) / r**2


def log1p_tail(v):
    e = v + mpf(1) / 2
    return -mpf(1) / 2 + e / 3 if abs(e) < TINY else (log1p(e) - e) / e**2


def odd_tail(function, slope):
    """(f(x) / x - 1) / x^2 as a function of x^2, for f(x) = x + slope x^3 ..., and the weight that its error has in f(x)."""
    tail = lambda s: (function(sqrt(s)) / sqrt(s) - 1) / s if s > TINY else slope
    weight = lambda s: s * sqrt(s) / function(sqrt(s)) if s > TINY else TINY
    return tail, weight


def cosine_tail(s):
    return (cos(sqrt(s)) - 1 + s / 2) / s**2 if s > mpf(10) ** -8 else mpf(1) / 24


def of_cosine(s):
    return s * s / cos(sqrt(s)) if s > TINY else TINY


def show(name, digits, fitted):
    k, error = fitted
    print(f"{name}: {nstr(error, 3)}\n  {', '.join(nstr(c, digits) for c in k)}")


half = log(2) / 2 * mpf("1.0001")
of_expm1 = lambda r: abs(r * r / expm1(r)) if r else mpf(10) ** -30
of_log1p = lambda v: (v + mpf(1) / 2) ** 2 / log1p(v + mpf(1) / 2) if v + mpf(1) / 2 else mpf(10) ** -30
show("exp(r) - 1 = r + r^2 q(r), f32", 17, remez(exp_tail, of_expm1, 4, -half, half))
show("exp(r) - 1 = r + r^2 q(r), f64", 17, remez(exp_tail, of_expm1, 10, -half, half))
show("log(1 + e) = e + e^2 q(e - 1/2), f32", 17, remez(log1p_tail, of_log1p, 8, -mpf(1) / 2, mpf(1) / 2))

near = lambda s: erf(sqrt(s)) / sqrt(s) - 1 if s > TINY else 2 / sqrt(pi) - 1
of_near = lambda s: sqrt(s) / erf(sqrt(s)) if s > TINY else sqrt(pi) / 2
show("erf(x) = x + x p(x^2), f32", 12, remez(near, of_near, 6, 0, mpf("0.95") ** 2 * mpf("1.001"), points=1500))
show("erf(t) = 1 - exp(q(t)), f32", 12, remez(lambda t: log(erfc(t)), lambda t: erfc(t) / erf(t), 6, mpf("0.9"), mpf("3.95"), points=1500))
show("atan(t) = t + t^3 p(t^2), f32", 12, remez(*odd_tail(atan, -mpf(1) / 3), 8, 0, 1, points=1500))
eighth = (pi / 4 * mpf("1.0001")) ** 2
for type_name, degrees in (("f32", (3, 2)), ("f64", (5, 5))):
    show(f"sin(r) = r + r^3 p(r^2), {type_name}", 17, remez(*odd_tail(sin, -mpf(1) / 6), degrees[0], 0, eighth, points=1500))
    show(f"cos(r) = 1 - r^2 / 2 + r^4 q(r^2), {type_name}", 17, remez(cosine_tail, of_cosine, degrees[1], 0, eighth, points=1500))
