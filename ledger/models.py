"""The front door that Django looks for; each model lives with its feature."""

from ledger.attachments.models import Attachment as Attachment
from ledger.books.models import AccountVisibility as AccountVisibility
from ledger.books.models import Book as Book
from ledger.books.models import Invitation as Invitation
from ledger.books.models import Member as Member
from ledger.chart.models import Account as Account
from ledger.idempotency.models import IdempotencyKey as IdempotencyKey
from ledger.journal.models import MonthTotal as MonthTotal
from ledger.journal.models import Posting as Posting
from ledger.journal.models import Transaction as Transaction
from ledger.journal.models import TransactionVersion as TransactionVersion
from ledger.statements.models import Statement as Statement
from ledger.statements.models import StatementLine as StatementLine
