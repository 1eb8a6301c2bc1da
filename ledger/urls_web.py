"""The ledger's pages: one line a feature."""

from ledger.activity import urls as activity
from ledger.amendments import urls as amendments
from ledger.books import urls as books
from ledger.exports import urls as exports
from ledger.journal import urls as journal
from ledger.reports import urls as reports
from ledger.statements import urls as statements

urlpatterns = [
    *reports.pages,
    *journal.pages,
    *amendments.pages,
    *exports.pages,
    *statements.pages,
    *activity.pages,
    *books.pages,
]
