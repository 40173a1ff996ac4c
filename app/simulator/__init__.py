"""A simulated Realtime service, for people with no Azure account, and for every test: as strict as the service."""

from app.simulator.config import SimulatorConfig
from app.simulator.faults import Faults
from app.simulator.server import Simulator

__all__ = ["Faults", "Simulator", "SimulatorConfig"]
