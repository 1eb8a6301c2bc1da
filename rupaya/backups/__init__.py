"""Backups of the database: whole, encrypted, proven. Knows PostgreSQL and its programs, and none of the apps."""
