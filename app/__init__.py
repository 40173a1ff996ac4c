"""Realtime relay: a middle tier between browsers and Azure OpenAI /realtime."""
