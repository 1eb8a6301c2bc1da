"""`/v1/accounts/{id}` and `/v1/categories`: the chart's structure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from ledger.books.access import Right
from ledger.books.schemas import BOOK_ASK, READS_BOOK
from ledger.books.views import book_of
from ledger.chart import schemas
from ledger.chart.rules import ACCOUNT_TYPES, CATEGORY_TYPES
from ledger.chart.selectors import account_of, account_placed, categories_placed
from ledger.chart.serializers import AccountChangeIn, CategoryChangeIn, CategoryIn, account_out, category_out
from ledger.chart.services import account_change, account_close, account_reopen, category_open
from rupaya.core.api import ApiView, Input, input_read, list_body
from rupaya.core.conditional import expected, tagged
from rupaya.core.operations import IF_MATCH, Output, documented
from rupaya.core.parameters import FilterInvalid, truth_read

if TYPE_CHECKING:  # queries live in selectors
    from ledger.books.models import Book
    from ledger.chart.models import Account


class CategoryCollection(ApiView):
    """The reasons why money moves."""

    @documented(
        "categories_list",
        "List categories",
        asks=(BOOK_ASK, schemas.CLOSED_ASK),
        gives=schemas.CategoryPage,
        refuses=(*READS_BOOK, FilterInvalid),
    )
    def get(self, request: Request) -> Response:
        """A page of the categories, income first: `?limit=` (50, at most 200), `?cursor=`, `?include_closed=`."""
        book = book_of(request, "read")
        include_closed = bool(truth_read(request.GET, "include_closed"))
        results = [
            category_out(placed) for placed in categories_placed(book=book, include_closed=include_closed)
        ]
        return Response(list_body(results, request=request))

    @documented(
        "category_create",
        "Open a category",
        asks=(BOOK_ASK,),
        takes=CategoryIn,
        gives={201: schemas.CategoryOut},
        refuses=schemas.WRITES_CHART,
    )
    def post(self, request: Request) -> Response:
        """Will open a category; 201 with it."""
        book = book_of(request, "write")
        values = input_read(CategoryIn, data=request.data)
        category = category_open(book=book, category_type=values.pop("type"), **values)
        return Response(category_out(account_placed(book=book, account=category)), status=201)


class ChartView(ApiView):
    """One account and what becomes of it."""

    key: ClassVar = "account_id"  # of the address
    types: ClassVar[Sequence[str]] = ACCOUNT_TYPES
    thing: ClassVar = "account"
    shape: ClassVar[type[Output]] = schemas.AccountOut

    def found(self, request: Request, right: Right) -> tuple[Book, Account]:
        """The book and its account that the address names; raises AccountNotFound."""
        book = book_of(request, right)
        return book, account_of(book=book, account_id=self.kwargs[self.key], types=self.types)

    def shown(self, book: Book, account: Account) -> dict[str, Any]:
        """The account as it stands."""
        return account_out(account_placed(book=book, account=account))

    def expected(self, request: Request, book: Book) -> Callable[[Account], None]:
        """The check that a change begins with: `If-Match` refuses an account that was changed meanwhile."""
        return expected(request, lambda account: self.shown(book, account))


class OfCategory(ChartView):
    """The same for a category."""

    key = "category_id"
    types = CATEGORY_TYPES
    thing = "category"
    shape = schemas.CategoryOut

    def shown(self, book: Book, account: Account) -> dict[str, Any]:
        """The category as it stands."""
        return category_out(account_placed(book=book, account=account))


class AccountResource(ChartView):
    """One account."""

    changes: ClassVar[type[Input]] = AccountChangeIn

    @documented(
        "{thing}_get", "Show one {thing}", asks=(BOOK_ASK,), gives="shape", refuses=schemas.READS_ACCOUNT
    )
    def get(self, request: Request, **_: UUID) -> Response:
        """Its structure, closed or not; its balance stands in `/v1/accounts`."""
        return Response(self.shown(*self.found(request, "read")))

    @documented(
        "{thing}_update",
        "Change one {thing}",
        asks=(BOOK_ASK, IF_MATCH),
        takes="changes",
        gives="shape",
        refuses=schemas.WRITES_ACCOUNT,
        headers=("ETag",),
    )
    def patch(self, request: Request, **_: UUID) -> Response:
        """Will rename it, move it, or change what else is said of it; 200 with it."""
        book, account = self.found(request, "write")
        values = input_read(self.changes, data=request.data)
        check = self.expected(request, book)
        return tagged(self.shown(book, account_change(book=book, account=account, check=check, **values)))


class AccountClosing(ChartView):
    """The end of an account."""

    @documented(
        "{thing}_close",
        "Close one {thing}",
        asks=(BOOK_ASK, IF_MATCH),
        gives="shape",
        refuses=schemas.WRITES_ACCOUNT,
        headers=("ETag",),
    )
    def post(self, request: Request, **_: UUID) -> Response:
        """Will close it; 200 with it."""
        book, account = self.found(request, "write")
        check = self.expected(request, book)
        return tagged(self.shown(book, account_close(book=book, account=account, check=check)))


class AccountReopening(ChartView):
    """An account's return."""

    @documented(
        "{thing}_reopen",
        "Reopen one {thing}",
        asks=(BOOK_ASK, IF_MATCH),
        gives="shape",
        refuses=schemas.WRITES_ACCOUNT,
        headers=("ETag",),
    )
    def post(self, request: Request, **_: UUID) -> Response:
        """Will reopen it; 200 with it."""
        book, account = self.found(request, "write")
        check = self.expected(request, book)
        return tagged(self.shown(book, account_reopen(book=book, account=account, check=check)))


class CategoryResource(OfCategory, AccountResource):
    """One category."""

    changes = CategoryChangeIn


class CategoryClosing(OfCategory, AccountClosing):
    """The end of a category."""


class CategoryReopening(OfCategory, AccountReopening):
    """A category's return."""
