"""What is usually written: models, a ModelSerializer with its legs nested, a ModelViewSet.

On tables with Django's own foreign keys, without guards.
"""
