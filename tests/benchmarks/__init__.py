"""How fast RUPAYA is, each figure against its floor in the same run. See docs/PERFORMANCE.md."""
