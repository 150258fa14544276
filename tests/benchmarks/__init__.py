"""Benchmarks: each claim of speed beside an honest baseline in the same run, as a ratio, which no machine changes much.

`make bench` runs them all; they are not part of `make test`, which only sees to it that they run (tests/docs). Each
measurement is made in a process of its own, A and B by turns, and the median counts. Nothing here asserts a time.
"""
