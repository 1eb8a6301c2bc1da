"""The ledger's pages: one line a feature."""

urlpatterns = []
