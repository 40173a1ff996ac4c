"""Tests of how refusals go out; in band they are tested at a socket, with the server."""

import msgspec

from app.simulator.admission import Denied
from app.simulator.denial import denial, http_answer


def test_a_denial_is_azures() -> None:
    """The body holds code and message, the header the wait, if there is one."""
    response = denial(Denied(429, "429", "Too many.", retry_after=7))
    assert (response.status_code, response.reason_phrase) == (429, "Too Many Requests")
    assert response.headers["Retry-After"] == "7"
    assert msgspec.json.decode(response.body) == {"error": {"code": "429", "message": "Too many."}}
    assert "Retry-After" not in denial(Denied(404, "404", "Resource not found")).headers


def test_any_status_goes() -> None:
    """A status that nobody has named is sent without a phrase."""
    assert http_answer(499, {}).reason_phrase == ""
