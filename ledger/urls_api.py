"""The ledger's part of /v1: one line a feature."""

from ledger.amendments import urls as amendments
from ledger.attachments import urls as attachments
from ledger.books import urls as books
from ledger.chart import urls as chart
from ledger.exports import urls as exports
from ledger.journal import urls as journal
from ledger.merges import urls as merges
from ledger.openings import urls as openings
from ledger.reports import urls as reports
from ledger.statements import urls as statements
from ledger.sync import urls as sync

urlpatterns = [
    *journal.api,  # asked from above, and most often for this
    *amendments.api,
    *attachments.api,
    *books.api,
    *chart.api,
    *exports.api,
    *merges.api,
    *openings.api,
    *reports.api,
    *statements.api,
    *sync.api,
]
