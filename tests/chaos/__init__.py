"""Faults on purpose: engines, workers and clocks that fail while people use the service. `make chaos` runs them."""
