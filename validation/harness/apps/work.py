"""The work of a request, given by its path: /c2.5/d40/c3 computes 2.5 ms, waits 40 ms, computes 3 ms."""

import time


def phases(path):
    return [(part[0], float(part[1:]) / 1000) for part in path.split("/") if part]


def burn(seconds):
    """CPU time of this thread, not wall-clock time: another thread or process may have the core in the meantime."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
