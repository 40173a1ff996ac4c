"""What may pass: the rules that a session runs under. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.policy.actions import Effect
from app.policy.chain import Chain, Filter
from app.policy.gate import Gate, GateRules
from app.policy.guardrails import GuardrailRules, Guardrails, Judgement
from app.policy.limits import LimitRules, Limits, Meter
from app.policy.model_name import ModelName
from app.policy.session_fields import ItemRules, ResponseRules, SessionFields, SessionRules
from app.policy.session_news import News, SessionNews
from app.policy.teller import Teller
from app.policy.tools import ServerTool, ToolCall, ToolRules, Tools
from app.policy.turns import TurnGuard, TurnRules
from app.wire import Tap

__all__ = ["Profile", "Scene", "WebRtcMode", "make_chain", "make_fields"]

WebRtcMode = Literal["off", "direct", "relayed"]
"""Whether a browser may speak WebRTC with the service itself, and from whom it gets what it needs for that."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A named policy: the sections of the profiles file, each for the filter that it governs.

    As it stands it is `open`: a client may configure its session, and only what nobody knows is refused.
    `recorded` is what is played in place of an answer that is blocked, 24 kHz mono PCM16.
    """

    name: str
    session: SessionRules = field(default_factory=SessionRules.open)
    response: ResponseRules = field(default_factory=ResponseRules.open)
    items: ItemRules = field(default_factory=ItemRules.open)
    gate: GateRules = field(default_factory=GateRules)
    limits: LimitRules = field(default_factory=LimitRules)
    turns: TurnRules = field(default_factory=TurnRules)
    tools: ToolRules = field(default_factory=ToolRules)
    guardrails: GuardrailRules | None = None
    webrtc: WebRtcMode = "off"
    recorded: bytes | None = field(default=None, repr=False)

    @property
    def judges_speech(self) -> bool:
        """Whether what the user says is judged before it is answered."""
        return self.guardrails is not None and self.guardrails.user_speech

    @property
    def hides_mcp(self) -> bool:
        """Whether the service calls tools of MCP servers that the client must not know of."""
        rule = self.session.tools
        listed = rule.servers if rule.hidden and isinstance(rule.servers, list) else []
        return any(isinstance(tool, dict) and tool.get("type") == "mcp" for tool in listed)


@dataclass(frozen=True, slots=True)
class Scene:
    """What one session has of its own.

    `shown` is the model name that the client sees; `deployment` is the target's, for a transcription session;
    `tools` are the server's, by name. `call` and `judge` make effects. `now` is when the session begins.
    """

    shown: str | None
    deployment: str | None
    tap: Tap
    news: News
    teller: Teller
    now: float
    tools: Mapping[str, ServerTool]
    call: Callable[[ToolCall], Effect]
    judge: Callable[[Judgement], Effect]


def make_fields(
    profile: Profile,
    tools: Mapping[str, ServerTool],
    *,
    preview_upstream: bool,
    transcription: bool,
) -> SessionFields:
    """Make the rules on one session's fields: what they impose is wanted before there is a session."""
    return SessionFields(
        profile.session,
        profile.response,
        profile.items,
        server_tools=[tool.definition for tool in tools.values()],
        screened=profile.judges_speech,
        preview_upstream=preview_upstream,
        transcription=transcription,
    )


def make_chain(profile: Profile, fields: SessionFields, scene: Scene) -> Chain:
    """Make the filters of one session: THE list, in order from the client to the upstream."""
    limits = Limits(profile.limits, scene.teller) if profile.limits.any else None
    guardrails = _guardrails(profile, fields, scene)
    tools = _tools(profile, scene)
    listed: list[Filter | None] = [
        SessionNews(scene.news, scene.now, scene.teller),
        limits,
        Gate(profile.gate, scene.tap),
        fields if fields.needed else None,
        guardrails,
        tools,
        TurnGuard(profile.turns, scene.teller, scene.tap, _busy(tools), _busy(guardrails))
        if profile.turns.guard or tools or guardrails
        else None,
        Meter(limits) if limits else None,
        ModelName(scene.shown, scene.deployment),
    ]
    return Chain([each for each in listed if each is not None])


def _guardrails(profile: Profile, fields: SessionFields, scene: Scene) -> Guardrails | None:
    if profile.guardrails is None:
        return None
    return Guardrails(
        profile.guardrails, scene.judge, scene.teller, profile.recorded, auto_answer=lambda: fields.auto_answer
    )


def _tools(profile: Profile, scene: Scene) -> Tools | None:
    mcp = profile.hides_mcp
    if not (scene.tools or mcp):
        return None
    return Tools(scene.tools, profile.tools, scene.call, scene.teller, mcp=mcp)


def _busy(other: Tools | Guardrails | None) -> Callable[[], bool]:
    return (lambda: False) if other is None else (lambda: other.busy)
