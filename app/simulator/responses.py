"""The responses of a session: one at a time in the conversation, any number out of band.

Time is an argument here; what is due is done when `tick` is called, and `wake_at` says when that should be.
"""

from collections.abc import Mapping
from typing import Any

from app.errors import Refused
from app.simulator.answering import plan
from app.simulator.conversation import Conversation
from app.simulator.items import Entry, completed
from app.simulator.outbox import Outbox
from app.simulator.session_object import Terms, terms_of, updated
from app.simulator.speaking import Manner, Order, Speaking
from app.simulator.usage import Quota, Tally

__all__ = ["Responses"]

OWN = {"conversation", "input", "metadata"}
"""Keys of `response.create` that are no part of a session."""


class Responses:
    """Begins, paces, cuts and ends responses."""

    def __init__(self, conversation: Conversation, outbox: Outbox, manner: Manner, quota: Quota) -> None:
        self.quiet_since: float | None = None
        self._conversation = conversation
        self._outbox = outbox
        self._manner = manner
        self._quota = quota
        self._active: dict[str, Speaking] = {}
        self._owed: Mapping[str, Any] | None = None

    @property
    def current(self) -> Speaking | None:
        """The response in progress that belongs to the conversation."""
        return next((each for each in self._active.values() if each.order.in_conversation), None)

    @property
    def wake_at(self) -> float | None:
        """When the next step is due."""
        return min((each.due for each in self._active.values()), default=None)

    def create(self, session: Mapping[str, Any], given: Mapping[str, Any], now: float) -> None:
        """Do `response.create`."""
        in_conversation = given.get("conversation") != "none"
        if in_conversation and self.current is not None:
            raise Refused(
                "conversation_already_has_active_response",
                f"Conversation already has an active response in progress: {self.current.id}."
                " Wait until the response is finished before creating a new one.",
            )
        own = {key: value for key, value in given.items() if key not in OWN and value is not None}
        effective = updated(session, own)
        terms = terms_of(effective)
        if in_conversation and terms.voice != terms_of(session).voice and self._conversation.spoke:
            raise voice_is_fixed()
        context = self._context(given, terms)
        tally = Tally.of(context, terms.instructions)
        told = {**_told(effective), "metadata": given.get("metadata")}
        order = Order(plan(context, terms), terms, tally, told, in_conversation)
        self._begin(Speaking(order, self._conversation, self._outbox, self._manner, now), now)

    def answer(self, session: Mapping[str, Any], now: float) -> None:
        """Answer a turn that ended by itself; while another response is in progress, after that one."""
        if self.current is not None:
            self._owed = session
        else:
            self.create(session, {}, now)

    def somebody_speaks(self, now: float, *, interrupt: bool) -> None:
        """Note that a turn of the user began; stop speaking, if it interrupts."""
        self.quiet_since = None
        if interrupt and self.current is not None:
            self._owed = None
            self._cut(self.current, "turn_detected", now)
            self.quiet_since = None

    def cancel(self, response_id: str | None, now: float) -> None:
        """Do `response.cancel`."""
        found = self._active.get(response_id) if response_id else self.current
        if found is None:
            raise Refused("response_cancel_not_active", "Cancellation failed: no active response found")
        self._cut(found, "client_cancelled", now)

    def tick(self, now: float) -> None:
        """Take all steps that are due."""
        for speaking in list(self._active.values()):
            while not speaking.over and speaking.due <= now:
                speaking.step(now)
            if speaking.over:
                self._ended(speaking, now)

    def _begin(self, speaking: Speaking, now: float) -> None:
        self._active[speaking.id] = speaking
        self.quiet_since = None
        speaking.step(now)

    def _cut(self, speaking: Speaking, reason: str, now: float) -> None:
        speaking.cancel(reason)
        self._ended(speaking, now)

    def _ended(self, speaking: Speaking, now: float) -> None:
        del self._active[speaking.id]
        tally = speaking.order.tally
        limits = self._quota.spend(tally.text_in + tally.audio_in + tally.out, now)
        self._outbox.send("rate_limits.updated", rate_limits=limits)
        if speaking.order.in_conversation:
            # The answer was sent faster than it is heard: it is quiet only when it has been played.
            self.quiet_since = max(now, speaking.began + speaking.audio_ms / 1000)
            owed, self._owed = self._owed, None
            if owed is not None:
                self.create(owed, {}, now)

    def _context(self, given: Mapping[str, Any], terms: Terms) -> list[Entry]:
        """Return what the response answers to: its own input, or the conversation."""
        if given.get("input") is None:
            return list(self._conversation.entries)
        return [
            self._referred(item, path)
            if item.get("type") == "item_reference"
            else completed(item, self._outbox.new_id("item"), terms.input_format, path)
            for index, item in enumerate(given["input"])
            if (path := f"response.input[{index}]")
        ]

    def _referred(self, item: Mapping[str, Any], path: str) -> Entry:
        entry = self._conversation.find(item.get("id", ""))
        if entry is None:
            message = f"Item with id '{item.get('id', '')}' not found in conversation."
            raise Refused("invalid_value", message, param=f"{path}.id")
        return entry


def voice_is_fixed() -> Refused:
    """Refuse another voice than the one that has spoken."""
    return Refused("cannot_update_voice", "Cannot update a conversation's voice if assistant audio is present.")


def _told(session: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a response's object repeats of the session."""
    if "audio" in session:
        output = {key: session["audio"]["output"][key] for key in ("format", "voice")}
        names = ("output_modalities", "max_output_tokens")
        return {**{key: session[key] for key in names}, "audio": {"output": output}}
    kept = ("modalities", "voice", "output_audio_format", "temperature")
    tokens = session.get("max_output_tokens", session["max_response_output_tokens"])
    return {**{key: session[key] for key in kept}, "max_output_tokens": tokens}
