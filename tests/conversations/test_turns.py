"""The guard of turns over real sockets: who asks twice is answered twice, and nobody asks in the middle."""

from tests.conversations.conftest import ServePair
from tests.conversations.service import Service, message, response, text_of, until_done
from tests.harness import read, write

GUARDED = """
[profiles.guarded]
base = "open"
[profiles.guarded.turns]
guard = true
"""


async def test_two_who_ask_at_once_are_both_answered(serve_pair: ServePair) -> None:
    """The second request waits for the end of the first answer; what comes behind it does not."""
    pair = await serve_pair(GUARDED)
    heard: list[str] = []

    async def script(service: Service) -> None:
        await service.greet()
        await service.hear("response.create")
        *answer, done = response("resp_1", message("item_1", "One."))
        await service.say(*answer)
        heard.append((await service.read())["type"])
        await service.say(done)
        heard.append((await service.read())["type"])
        await service.say(*response("resp_2", message("item_2", "Two.")))
        await service.wait_closed()

    pair.play(script)
    async with pair.connect() as client:
        await read(client)
        for kind in ("response.create", "response.create", "input_audio_buffer.clear"):
            await write(client, {"type": kind})
        first, second = await until_done(client), await until_done(client)
    assert heard == ["input_audio_buffer.clear", "response.create"]
    assert [text_of(events[-1]) for events in (first, second)] == ["One.", "Two."]
    assert "error" not in {event["type"] for event in first + second}
