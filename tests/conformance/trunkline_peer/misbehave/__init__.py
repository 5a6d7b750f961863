"""Misbehaviour on purpose, and the reactions that the protocol demands."""

from . import batches, limits, opening, payloads, procedures, streams
from .reactions import MISBEHAVE

__all__ = ["MISBEHAVE", "batches", "limits", "opening", "payloads", "procedures", "streams"]
