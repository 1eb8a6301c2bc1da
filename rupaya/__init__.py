"""RUPAYA: one place for every rupee a household in India earns, spends, owes and owns."""

__version__ = "0.1.0"
