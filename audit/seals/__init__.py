"""Seals: signed proof that the log only grew."""
