"""What the kernel tells of processes."""

import os

from bench.machine import cpu_seconds, family, kernel_buffers, resident

TABLE = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:D431 01 00000010:00000001 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0
   2: 0100007F:D431 0100007F:1F90 01 00000000:00000400 00:00000000 00000000     0        0 3 1 0 100 0 0 10 0
   3: 0100007F:E000 0100007F:2328 01 00000002:00000100 00:00000000 00000000     0        0 4 1 0 100 0 0 10 0
"""


def test_the_kernel_holds_what_a_relay_has_not_sent_or_not_read() -> None:
    """To clients 16 bytes, from the upstream 256; what listens, and what a client has not read, is none of it."""
    assert kernel_buffers(TABLE, 8080, 9000) == 16 + 256


def test_a_process_is_its_own_family() -> None:
    """This one has taken time, and holds memory."""
    own = os.getpid()
    assert own in family(own)
    assert cpu_seconds(own) > 0
    assert resident(own) > 2**20


def test_a_process_that_has_ended_took_nothing() -> None:
    """There is no such process."""
    assert [cpu_seconds(2**30), resident(2**30)] == [0, 0]
