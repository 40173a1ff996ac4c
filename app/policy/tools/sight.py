"""What the client sees of a conversation in which the server calls tools.

Hidden items do not exist for it: places and predecessors are told as if they had never been. A response begins for
it with the first thing that it can see of it, or not at all.
"""

from collections import deque
from collections.abc import Iterable

from app.policy.chain import Outbox
from app.policy.tools.hidden_items import Event, HiddenItems, item_of
from app.policy.tools.rounds import Round
from app.protocol.frame import Frame

__all__ = ["Sight"]

DELTAS = frozenset(
    {
        "response.output_audio.delta",
        "response.output_audio_transcript.delta",
        "response.output_text.delta",
        "conversation.item.input_audio_transcription.delta",
    }
)
"""Frequent, and about visible items alone: read only where an index in them has moved."""

REMEMBERED = 64
"""Responses that are over, the last ones, of which nothing new is believed."""


class Sight:
    """The client's view of one session; `names` are those of the hidden tools, `mcp` is for hidden MCP servers."""

    def __init__(self, names: Iterable[str], *, mcp: bool = False) -> None:
        self.hidden = HiddenItems(names, mcp=mcp)
        self.rounds: dict[str, Round] = {}
        self._over: deque[str] = deque(maxlen=REMEMBERED)

    def passes_unread(self, frame: Frame) -> bool:
        """Tell whether a frame may go on as it is, by its type alone."""
        if frame.type not in DELTAS:
            return False
        for each in self.rounds.values():  # noqa: SIM110 - for every delta: a generator costs more than the rest
            if not each.unread:
                return False
        return True

    def round_of(self, event: Event) -> Round | None:
        """Return the response that an event is part of, if it is known."""
        response_id = event.get("response_id")
        return self.rounds.get(response_id) if isinstance(response_id, str) else None

    def knows(self, response_id: str) -> bool:
        """Tell whether a response has begun, be it that it is over."""
        return response_id in self.rounds or response_id in self._over

    def leave(self, each: Round) -> None:
        """Forget a response of which nothing is owed any more; that it was is known for a while."""
        del self.rounds[each.id]
        self._over.append(each.id)

    def show(self, frame: Frame, out: Outbox) -> None:
        """Let the client see what it may of a frame, and first that its response has begun."""
        event = self.hidden.view(frame.event)
        each = self.round_of(frame.event)
        if event is not None and each is not None:
            event = each.view(event)
        if event is not None:
            self._release(each, out)
            out.to_client(frame if event is frame.event else Frame.of(event))

    def begin(self, each: Round, created: Frame | None, out: Outbox) -> None:
        """Take note of a response; where it may turn out to be hidden, tell the client later."""
        self.rounds[each.id] = each
        each.created = created
        if not (self.hidden.any and each.in_conversation):
            self._release(each, out)

    def end(self, each: Round, done: Frame, out: Outbox) -> None:
        """Tell the client that a response is over, and first that it had begun."""
        last_word = each.last_word(done)
        self._release(each, out)
        self.show(last_word, out)

    def _release(self, each: Round | None, out: Outbox) -> None:
        if each is not None and each.created is not None:
            created, each.created = each.created, None
            self.show(created, out)

    def output_begins(self, frame: Frame, out: Outbox) -> None:
        """Count an item of a response's output, or note that it is hidden."""
        each, item = self.round_of(frame.event), item_of(frame.event)
        if not self.hidden.hides(item):
            if each is not None:
                each.count(frame.event.get("output_index"))
        elif each is None or each.in_conversation:
            self.hidden.note(item)
        else:
            each.hidden.add(str(item.get("id")))
        self.show(frame, out)

    def item_added(self, frame: Frame, out: Outbox) -> None:
        """Keep the order; an item in progress is a response's, and if it can be seen, so can the response."""
        self.hidden.added(frame.event)
        item = item_of(frame.event)
        if item.get("status") == "in_progress" and not self.hidden.hides(item):
            for each in self.rounds.values():
                self._release(each if each.done is None else None, out)
        self.show(frame, out)

    def item_deleted(self, frame: Frame, out: Outbox) -> None:
        """Forget an item when the client has heard of it."""
        self.show(frame, out)
        self.hidden.deleted(str(frame.event.get("item_id")))
