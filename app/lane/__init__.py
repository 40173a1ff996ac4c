"""A shortcut past the queues of a WebSocket library, for what nearly every message is: text in one frame.

A `Lane` stands before the library's `data_received`. It follows the frames from the end of the handshake on, so
that the library always stands where a frame begins. A text that came whole in one frame is offered to `take`,
before the callback returns; all else is the library's, byte for byte and in its order: control frames, fragments,
binary ones, what is too big or broken, and each text that is not taken.

`is_open` keeps the order. A lane is open while the library's own reader waits and nothing lies before it. Whatever
goes to the library for that reader closes the lane, and the reader alone opens it again.
"""

from app.lane.lane import Lane
from app.lane.laned import Laned

__all__ = ["Lane", "Laned"]
