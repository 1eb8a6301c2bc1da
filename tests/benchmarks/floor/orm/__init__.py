"""What is usually written: models, a ModelSerializer with its legs nested, a ModelViewSet. On tables without guards."""
