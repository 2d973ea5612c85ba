"""The settings of delivery, read strictly."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Who is told what, when and over which server. `Settings()` tells nobody anything."""
