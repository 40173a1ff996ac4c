"""Sessions: sockets, clocks and tasks live here, and nowhere below."""

from app.session.config import SessionConfig
from app.session.conversation import Session
from app.session.sessions import Sessions

__all__ = ["Session", "SessionConfig", "Sessions"]
