FROM python:3.13-slim-bookworm AS build
WORKDIR /relay
# hadolint ignore=DL3013
RUN pip install --no-cache-dir "uv>=0.9,<1"
COPY pyproject.toml uv.lock README.md LICENSE ./
ENV UV_PROJECT_ENVIRONMENT=/relay/.venv UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
# The dependencies are a layer of their own: they change less often than the code.
RUN uv sync --locked --no-dev --extra mcp --no-install-project
COPY app ./app
RUN uv sync --locked --no-dev --extra mcp --no-editable

FROM python:3.13-slim-bookworm
RUN useradd --system --no-create-home --uid 10001 relay
COPY --from=build /relay/.venv /relay/.venv
ENV PATH=/relay/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 RELAY_LOG__FORMAT=json
WORKDIR /relay
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
# One process a container: scale by replicas. SIGTERM drains.
CMD ["realtime-relay", "serve", "--host", "0.0.0.0", "--port", "8000"]
