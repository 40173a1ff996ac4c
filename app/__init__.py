"""Realtime relay: a middle tier between browsers and Azure OpenAI /realtime."""

import os

# Read when `websockets` is imported. Tokens in headers are longer than its 8 KiB a line, and under plain uvicorn a
# request beyond its limits is left waiting for ever.
os.environ.setdefault("WEBSOCKETS_MAX_LINE_LENGTH", str(128 * 1024))
os.environ.setdefault("WEBSOCKETS_MAX_NUM_HEADERS", "1024")
