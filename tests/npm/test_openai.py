"""The official package `openai` holds conversations through the relay: the programs beside this file show how."""

from pathlib import Path

import pytest

from tests.harness import ServedRelay
from tests.npm.conftest import MAX_FRAME, Run
from tests.programs import needs

pytestmark = needs("node", "npm")

OURS = [{"closed": 1000, "reason": "OK"}]
"""How each program ends that closes by itself."""

each_client = pytest.mark.parametrize("client", ["ws", "websocket", "azureWs", "azureWebsocket"])


@each_client
async def test_a_text_conversation(run: Run, client: str) -> None:
    """Two turns; the client sees the model's name that it asked for."""
    told = await run("text.mjs", client)
    answers = [
        {"said": "This is a simulated answer. You wrote: My name is Ada."},
        {"said": "This is a simulated answer. You wrote: What did I say?"},
    ]
    assert told.lines == [{"model": "gpt-realtime"}, *answers, *OURS], told.errors


@each_client
async def test_a_spoken_conversation(run: Run, client: str, spoken: Path) -> None:
    """The service hears speech begin and end, answers with audio, and stops when it is interrupted."""
    told = await run("voice.mjs", client, spoken)
    *speech, answer, closed = told.lines
    assert speech == [{"speech": "started"}, {"speech": "stopped"}, {"speech": "started"}], told.errors
    assert (answer["status"], answer["reason"]) == ("cancelled", "turn_detected")
    assert answer["heard"] > 0
    assert [closed] == OURS


@each_client
async def test_a_function_on_the_clients_side(run: Run, client: str) -> None:
    """The service calls the client's function, and answers with what it returned."""
    told = await run("tool.mjs", client)
    called = {"called": "get_weather", "with": ["city"]}
    said = {"said": "This is a simulated answer. The tool returned: sunny, 21 degrees"}
    assert told.lines == [called, said, *OURS], told.errors


@each_client
async def test_an_error_is_shown(run: Run, client: str) -> None:
    """What the service refuses is told by its code, and the connection lives on."""
    told = await run("errors.mjs", client)
    assert told.lines == [{"error": "item_delete_invalid_item_id"}, *OURS], told.errors


@each_client
async def test_the_relays_close_code_is_seen(run: Run, client: str) -> None:
    """A message that is too big ends the session with 1009, and not with 1006 as if the network had failed."""
    told = await run("endings.mjs", client, str(MAX_FRAME))
    assert [line.get("closed") for line in told.lines] == [1009], told.errors


@pytest.mark.parametrize("client", ["ws", "azureWs"])
async def test_on_a_server_a_refusal_is_an_http_status(run: Run, client: str) -> None:
    """The package tells the status of the handshake."""
    told = await run("errors.mjs", client, RELAY_KEY="rk_unknown")
    assert told.lines[0] == {"error": "Unexpected server response: 401"}, told.errors


async def test_as_in_a_browser_a_refusal_is_told_in_words(run: Run) -> None:
    """A ticket that is good no more: an error with its code, then a close with code and reason."""
    told = await run("errors.mjs", "websocket", RELAY_TICKET="ek_of_yesterday")
    error, closed = told.lines
    assert error == {"error": "ticket_unusable"}, told.errors
    assert closed["closed"] == 3000
    assert closed["reason"].startswith("This ticket cannot be used (again)")


async def test_no_ticket_without_a_key(run: Run, relay: ServedRelay) -> None:
    """The minting is refused in the words that say what to do, which the package puts into its exception."""
    told = await run("text.mjs", "websocket", RELAY_KEY="rk_unknown")
    assert told.status == 1
    assert "401 This key is not known here." in told.errors
    assert relay.settings.auth.configured
