"""What the kernel knows of processes: the CPU time they took, the memory they hold, the core they run on."""

import os
import platform
import select
import time
from pathlib import Path

__all__ = [
    "at_core",
    "cpu_seconds",
    "family",
    "kernel_buffers",
    "named",
    "resident",
    "waited_seconds",
    "wake_cost",
]

PROC = Path("/proc")
CORES = sorted(os.sched_getaffinity(0))
"""Those that this process had when it began."""

WAITS = 1000
TICKS = os.sysconf("SC_CLK_TCK")
MODEL = "model name"


def at_core(number: int) -> set[int]:
    """Choose the core of the relay (0) or of the generator (1); one, where there is only one."""
    return {CORES[min(number, len(CORES) - 1)]}


def family(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    found = [pid]
    for each in found:
        for task in (PROC / str(each) / "task").glob("*/children"):
            found += [int(child) for child in _read(task).split()]
    return found


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process and its descendants have taken, of the user's and of the kernel's.

    The scheduler's own account knows nanoseconds; where there is none, `stat` knows hundredths of a second.
    """
    return sum(_scheduled(each) for each in family(pid))


def _scheduled(pid: int) -> float:
    accounts = [_read(task) for task in (PROC / str(pid) / "task").glob("*/schedstat")]
    if any(accounts):
        return sum(int(account.split()[0]) for account in accounts if account) / 1e9
    fields = _read(PROC / str(pid) / "stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS if fields else 0.0


def waited_seconds(pid: int) -> float:
    """Return for how long a process and its descendants could have run, and had no core to run on."""
    accounts = [_read(task) for each in family(pid) for task in (PROC / str(each) / "task").glob("*/schedstat")]
    return sum(int(account.split()[1]) for account in accounts if account) / 1e9


def resident(pid: int) -> int:
    """Return the bytes of memory that a process and its descendants hold."""
    return sum(_resident(each) for each in family(pid))


def _resident(pid: int) -> int:
    for line in _read(PROC / str(pid) / "status").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def kernel_buffers(table: str, port: int, upstream: int) -> int:
    """Return the bytes that the kernel holds for a relay, out of the text of `/proc/net/tcp`.

    They are those that wait to be sent from its port (to clients), and to be read from the upstream's.
    """
    total = 0
    for line in table.splitlines()[1:]:
        local, remote, _, queues = line.split()[1:5]
        to_send, to_read = (int(each, 16) for each in queues.split(":"))
        if _port(local) == port and _port(remote) != 0:
            total += to_send
        elif _port(remote) == upstream:
            total += to_read
    return total


def _port(address: str) -> int:
    return int(address.partition(":")[2], 16)


def wake_cost() -> float:
    """Return the CPU seconds that it takes to wait for a moment, and to wake up.

    Whoever waits for each event pays that for each; it is the machine's, and no relay's.
    """
    with select.epoll() as nothing:
        began = time.process_time()
        for _ in range(WAITS):
            select.select([nothing], [], [], 0.0001)
        return (time.process_time() - began) / WAITS


def named() -> str:
    """Say what machine this is."""
    models = [line.partition(":")[2].strip() for line in _read(PROC / "cpuinfo").splitlines() if MODEL in line]
    model = models[0] if models else platform.machine()
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}"


def _read(path: Path) -> str:
    """Return what stands there, or nothing where the process has ended meanwhile."""
    try:
        return path.read_text()
    except OSError:
        return ""
