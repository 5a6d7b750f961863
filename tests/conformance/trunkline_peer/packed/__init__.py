"""The packed encoding: values without their keys and kinds, which a layout says."""

from .layout import NO_HASH, canonical, layout_hash
from .reading import unpack
from .writing import pack

__all__ = ["NO_HASH", "canonical", "layout_hash", "pack", "unpack"]
