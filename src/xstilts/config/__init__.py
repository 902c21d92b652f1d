"""The configuration: read, checked by schema and by sense, and made into typed objects."""

from xstilts.config.load import load
from xstilts.config.project import Project
from xstilts.config.spec import PartSpec, StageSpec
from xstilts.config.study import Study
from xstilts.config.world import World

__all__ = ["PartSpec", "Project", "StageSpec", "Study", "World", "load"]
