"""The end of a session whose service has much to say still: it does not wait for its time to be over."""

from websockets.asyncio.server import ServerConnection

from tests.harness import BOTH_WAYS, CREATED, ScriptedUpstream, Serve, read, towards, until, write

pytestmark = BOTH_WAYS

PATIENT = {"close_timeout": 70}
"""Seconds that no test waits for: longer than `PATIENCE`."""


async def test_a_service_in_the_midst_of_its_words_is_closed_at_once(
    serve_relay: Serve, upstream: ScriptedUpstream
) -> None:
    """Its own close frame stands behind all that it has sent, which is read and dropped."""

    async def flood(connection: ServerConnection) -> None:
        await write(connection, CREATED)
        for _ in range(2_000):
            await write(connection, {"type": "input_audio_buffer.cleared", "event_id": "e", "x": "x" * 2_000})
        await connection.wait_closed()

    upstream.script = flood
    relay = await serve_relay(**towards(upstream, session=PATIENT, upstream={"close_timeout": 70}))
    async with relay.connect() as client:
        await read(client)
    await until(lambda: not len(relay.parts.sessions))
    assert (await upstream.freed())[0] == 1000
