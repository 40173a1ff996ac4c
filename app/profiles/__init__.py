"""Profiles: what an operator lays down for the conversations, read from a file and put in force."""

from app.profiles.in_force import Profiles
from app.profiles.loaded import LoadedProfile
from app.profiles.loading import Known
from app.profiles.source import ProfilesError

__all__ = ["Known", "LoadedProfile", "Profiles", "ProfilesError"]
