"""The benchmarks run to their end at a tiny size and print their ratios. No time is asserted, here or anywhere."""

import re
import subprocess
import sys

import pytest

from tests.benchmarks.__main__ import BENCHMARKS
from tests.benchmarks.febrl import MISSING, febrl
from tests.docs import pages


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_runs_and_prints_a_ratio(name: str) -> None:
    if name in {"frame", "keys", "memory", "million"} and sys.platform != "linux":
        pytest.skip("processor time and memory of another process are read as Linux gives them")
    if name == "febrl" and febrl("dataset4a") is None:
        pytest.skip(MISSING)
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "--small", name],
        cwd=pages.ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"ratio \d+\.\d\d", done.stdout)
