"""What may pass: the rules that a session runs under. Pure."""

from app.policy.chain import Chain
from app.policy.gate import Gate, GateRules
from app.policy.model_name import ModelName
from app.policy.session_news import News, SessionNews
from app.policy.teller import Teller
from app.wire import Tap

__all__ = ["PROFILES", "make_chain"]

OPEN = "open"
"""The profile under which a client may configure its session; unknown events are refused."""

PROFILES = (OPEN,)
"""All profiles, the default first."""


def make_chain(  # noqa: PLR0913 - each is one thing in which sessions differ
    *,
    shown: str | None,
    deployment: str | None,
    tap: Tap,
    news: News,
    teller: Teller,
    now: float,
) -> Chain:
    """Make the filters of one session: THE list, in order from the client to the upstream.

    `shown` is the model name that the client sees; `deployment` is the target's, for a transcription session;
    `now` is when the session begins, on its clock.
    """
    return Chain([SessionNews(news, now, teller), Gate(GateRules(), tap), ModelName(shown, deployment)])
