"""Tests of app.relay: what is refused late, when its sender has long sent it."""

import pytest

from app.errors import Refused
from app.policy.actions import Action, Start, ToClient, ToUpstream
from app.policy.chain import Chain, Filter, Outbox
from app.policy.teller import Teller
from app.protocol.frame import Frame
from app.protocol.translation import Spoken, Translation
from app.relay import Relay
from app.telemetry import Telemetry


class Named:
    """An effect that nobody runs here."""

    id = "held"

    async def run(self) -> object:
        """Fail: the relay only tells of effects."""
        raise AssertionError


class Late(Filter):
    """Refuses what a client sent before when something else happens, and after it has put something out."""

    wake_at = 1.0

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - held at any time
        """Begin an effect."""
        out.start(Named())

    def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - Filter's
        """Put something out, and refuse."""
        self.refuse("of the upstream", out)

    def done(self, effect_id: str, result: object, now: float, out: Outbox) -> None:  # noqa: ARG002 - Filter's
        """Put something out, and refuse."""
        self.refuse(effect_id, out)

    def tick(self, now: float, out: Outbox) -> None:  # noqa: ARG002 - Filter's
        """Put something out, and refuse."""
        self.refuse("of the tick", out)

    def refuse(self, event_id: str, out: Outbox) -> None:
        """Refuse, behind an order for the upstream."""
        out.to_upstream(Frame.of({"type": "conversation.item.delete", "item_id": "blocked"}))
        raise Refused("invalid_value", "No.", event_id=event_id)


def told(actions: list[Action]) -> list[str]:
    """Return what comes out: the types for the upstream, and for the client what its errors refer to."""
    return [
        action.frame.type if isinstance(action, ToUpstream) else action.frame.event["error"]["event_id"]
        for action in actions
        if isinstance(action, ToUpstream | ToClient)
    ]


@pytest.mark.parametrize("spoken", [Spoken(), Spoken(client="preview"), Spoken(upstream="preview")])
def test_what_is_refused_late_is_answered_behind_what_was_put_out(spoken: Spoken) -> None:
    """Nothing is undone: an order that went out before stands, whatever led to the refusal."""
    relay = Relay(Chain([Late()]), Translation(spoken), Telemetry(), Teller("s1"))
    assert [type(action) for action in relay.from_client(b'{"type":"response.cancel"}', 0.0)] == [Start]
    assert told(relay.done("held", None, 0.5)) == ["conversation.item.delete", "held"]
    assert told(relay.tick(1.0)) == ["conversation.item.delete", "of the tick"]
    update = b'{"type":"input_audio_buffer.cleared"}'
    assert told(relay.from_upstream(update, 2.0)) == ["conversation.item.delete", "of the upstream"]


def test_a_silent_relay_keeps_what_was_put_out() -> None:
    """And says nothing of the refusal."""
    relay = Relay(Chain([Late()]), Translation(Spoken()), Telemetry(), Teller("s1"), silent=True)
    assert told(relay.tick(1.0)) == ["conversation.item.delete"]


class Imaginative(Late):
    """Asks at a tick for what a preview upstream has no word for."""

    def tick(self, now: float, out: Outbox) -> None:  # noqa: ARG002 - asks at any time
        """Ask."""
        part = {"type": "input_image", "image_url": "data:image/png;base64,AAAA"}
        item = {"type": "message", "role": "user", "content": [part]}
        out.to_upstream(Frame.of({"type": "conversation.item.create", "event_id": "mine", "item": item}))


def test_a_refusal_in_answer_to_a_missing_word_is_told_too() -> None:
    """Where a filter refuses something else when it learns of it."""
    spoken = Spoken(upstream="preview")
    relay = Relay(Chain([Imaginative()]), Translation(spoken), Telemetry(), Teller("s1"))
    assert told(relay.tick(1.0)) == ["conversation.item.delete", "of the upstream"]
