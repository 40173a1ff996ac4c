"""Tests of app.protocol.dialect: what the rest of the relay sees of it."""

from app.protocol import dialect


def test_a_text_and_audio_answer_needs_no_object() -> None:
    """Renaming alone is what `write` and `read` do to its pieces, so that a cheaper way may do it too."""
    client, upstream = dialect.PreviewClient(), dialect.PreviewUpstream()
    for ga, preview in dialect.RENAMED_TO_PREVIEW.items():
        inside = {"type": ga, "event_id": "event_1", "delta": "AA=="}
        outside = {**inside, "type": preview}
        assert client.write(inside) == [outside]
        assert upstream.read(outside) == [inside]
        assert dialect.RENAMED_TO_GA[preview] == ga


def test_a_client_is_told_apart() -> None:
    """By the shape of what it asks."""
    assert dialect.generation_of({"type": "session.update", "session": {"voice": "alloy"}}) == "preview"
