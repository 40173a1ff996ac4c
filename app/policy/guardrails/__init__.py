"""Judgements of what was said: the user's speech, the client's text, the model's output."""

from app.policy.guardrails.guard import Guardrails
from app.policy.guardrails.rules import GuardrailRules
from app.policy.guardrails.texts import text_of
from app.policy.judging import Judgement, Verdict

__all__ = ["GuardrailRules", "Guardrails", "Judgement", "Verdict", "text_of"]
