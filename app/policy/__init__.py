"""What may pass: the rules that a session runs under. Pure."""

from app.policy.chain import Chain
from app.policy.gate import Gate
from app.policy.model_name import ModelName
from app.policy.session_news import News, SessionNews
from app.protocol.catalogue import GA
from app.wire import Tap

__all__ = ["PROFILES", "make_chain"]

OPEN = "open"
"""The profile under which a client may configure its session; unknown events are refused."""

PROFILES = (OPEN,)
"""All profiles, the default first."""


def make_chain(
    *,
    shown: str | None,
    deployment: str | None,
    tap: Tap,
    news: News,
    now: float,
) -> Chain:
    """Make the filters of one session: THE list, in order from the client to the upstream.

    `shown` is the model name that the client sees; `deployment` is the target's, for a transcription session;
    `now` is when the session begins, on its clock.
    """
    return Chain([SessionNews(news, now), Gate(GA, tap), ModelName(shown, deployment)])
