"""How long calls take, by the clock and of the processor."""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def seconds(function: Callable[[], object]) -> float:
    """Time one call, garbage collected before."""
    gc.collect()
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


class Turns:
    """Times of one side, by the clock and of the processor (which other programs disturb less)."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.cpu: list[float] = []

    def time(self, function: Callable[[], T]) -> T:
        """Call and note how long it took."""
        wall, cpu = time.perf_counter(), time.process_time()
        result = function()
        self.cpu.append(time.process_time() - cpu)
        self.wall.append(time.perf_counter() - wall)
        return result


def median_and_worst(times: Sequence[float], unit: float = 1000.0) -> str:
    """Write the median and, in brackets, the largest of some times: in milliseconds by default."""
    return f"{unit * statistics.median(times):.2f} ({unit * max(times):.2f})"


def load_of_machine() -> str:
    """Say how many processes want a processor, over the last minute, and how many there are."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
