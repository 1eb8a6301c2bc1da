"""What staff see of the log: everything, and nothing to change. They look as staff: row-level security asks."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from audit.events import event_record
from audit.filters import YEARS
from audit.models import AuditLog
from audit.registry import people_named, person_found, things
from audit.rules import plain
from rupaya.core import clock
from rupaya.core.db import acting_as
from rupaya.core.web import actor_of

PER_PAGE: Final = 50
COUNTED_MAX: Final = 1000  # entries; what lies beyond is asked for by a narrower search
DAYS_USUAL: Final = 7  # that are looked at where nobody says from when
SHORT: Final = 100  # characters of what changed, in the list
_SEARCH_MAX: Final = 200  # characters
_LOOKUPS: Final = frozenset({"since", "until", "table", "action__exact"})  # that the filters make


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # not subscriptable at run time
    """Pages of a list that is never counted as a whole: of a log that only grows nobody reads the last page."""

    @cached_property
    def count(self) -> int:
        """How many there are, of a thousand at most."""
        entries = self.object_list
        keys = entries.values_list("pk") if isinstance(entries, QuerySet) else entries
        return len(keys[:COUNTED_MAX])


class TimeFilter(admin.ListFilter):
    """From which day to which, both included, in India's time. Without a beginning the last week is looked at."""

    title = "time"
    template = "audit/admin_time.html"
    names = ("since", "until")

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.names:
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]
        self.others = [(name, value) for name, value in request.GET.items() if name not in {*self.names, "p"}]

    def has_output(self) -> bool:
        """It is always shown."""
        return True

    def expected_parameters(self) -> list[str | None]:
        """The two days."""
        return [*self.names]

    def choices(self, changelist: Any) -> Iterator[Any]:  # noqa: ARG002
        """The two days as they were given, for the form."""
        yield {name: self.used_parameters.get(name, "") for name in self.names}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """The entries of those days."""
        today = clock.today()
        since = self._day("since") or today - dt.timedelta(days=DAYS_USUAL)
        until = (self._day("until") or today) + dt.timedelta(days=1)
        return queryset.filter(created_at__gte=_midnight(since), created_at__lt=_midnight(until))

    def _day(self, name: str) -> dt.date | None:
        text = self.used_parameters.get(name)
        try:
            day = dt.date.fromisoformat(str(text)) if text else None
        except ValueError as error:
            raise IncorrectLookupParameters(f"{name} must be a day.") from error
        if day is not None and day.year not in YEARS:
            raise IncorrectLookupParameters(f"{name} must be a day of our time.")
        return day


class TableFilter(admin.SimpleListFilter):
    """The table that entries are about."""

    title = "table"
    parameter_name = "table"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Those that somebody has words for."""
        return [(table, table) for table in things()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """The entries about it."""
        return queryset.filter(resource_type=self.value()) if self.value() else queryset


@admin.register(AuditLog)
class AuditLogAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Finding what happened: by person, row, request, table and time."""

    list_display = ("at", "who", "action", "thing", "what")
    list_filter = (TimeFilter, "action", TableFilter)
    list_per_page = PER_PAGE
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # each would count the log
    paginator = BoundedPaginator
    search_fields = ("id",)  # shows the box; get_search_results reads it
    search_help_text = "A person’s e-mail address or id, a row’s or an entry’s id, or a request’s id."
    sortable_by = ()
    actions = None
    fields = (
        "id", "at", "who", "user_id", "actor_kind", "action", "resource_type", "resource_id", "book_id",
        "about_id", "changed", "ip_address", "user_agent", "request_id",
    )  # fmt: skip
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Only the database writes."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """What happened stays what happened."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """The log only grows."""
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:  # noqa: ARG002
        """Only what the filters ask in text that PostgreSQL takes; people are searched for, which is recorded."""
        return lookup in _LOOKUPS and "\0" not in value

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, read as staff."""
        return _as_staff(request, lambda: super(AuditLogAdmin, self).changelist_view(request, extra_context))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One entry, read as staff."""
        return _as_staff(
            request,
            lambda: super(AuditLogAdmin, self).change_view(request, object_id, form_url, extra_context),
        )

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,  # noqa: FBT001, FBT002  # Django's own
        change: bool = False,  # noqa: FBT001, FBT002  # the same
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Will show the entry, and tell each other person whom it names who looked."""
        if obj is not None:
            for person in sorted({obj.user_id, obj.about_id} - {None, request.user.pk}):
                _read_record(person, "audit entry")
        return super().render_change_form(request, context, add, change, form_url, obj)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Nobody changes an entry, so it has no history; read as staff all the same."""
        return _as_staff(
            request, lambda: super(AuditLogAdmin, self).history_view(request, object_id, extra_context)
        )

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[Any],
        search_term: str,
    ) -> tuple[QuerySet[Any], bool]:
        """Will read the term as an address, an id or a request; each has an index. Looking a person up is recorded.

        Newest first, in the order of the index that is asked.
        """
        term = search_term.strip()[:_SEARCH_MAX]
        if not term:
            return queryset.order_by("-id"), False
        return queryset.filter(_searched(term)).order_by("-created_at", "-id"), False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list, with the names of its people. One query more."""
        changelist = super().get_changelist_instance(request)
        entries = list(changelist.result_list)
        names = people_named(entry.user_id for entry in entries if entry.user_id)
        for entry in entries:
            entry.person_name = names.get(entry.user_id, "")
        changelist.result_list = entries
        changelist.full_result_count = (
            changelist.result_count
        )  # else it would say “1000 results” of a log of millions
        return changelist

    @admin.display(description="time")
    def at(self, entry: AuditLog) -> str:
        """When, to the second, in India's time."""
        return f"{entry.created_at.astimezone(clock.INDIA):%d %b %Y, %H:%M:%S}"

    @admin.display(description="of what")
    def thing(self, entry: AuditLog) -> SafeString:
        """The table and the row's id."""
        return format_html("{}<br>{}", entry.resource_type, entry.resource_id)

    @admin.display(description="who")
    def who(self, entry: AuditLog) -> str:
        """The person's name and the kind of actor."""
        name = getattr(entry, "person_name", None)
        if name is None:
            name = people_named([entry.user_id] if entry.user_id else []).get(entry.user_id, "")  # type: ignore[arg-type]
        return f"{name} ({entry.actor_kind})" if name else entry.actor_kind

    @admin.display(description="what")
    def what(self, entry: AuditLog) -> str:
        """The changes in short."""
        text = plain(entry.changes)
        return text if len(text) <= SHORT else f"{text[:SHORT]}…"

    @admin.display(description="changes")
    def changed(self, entry: AuditLog) -> SafeString:
        """Each field with what it was and what it is; of what is no UPDATE, what was said of it."""
        fields = sorted(entry.changes.items())
        if entry.action == AuditLog.Action.UPDATE:
            head = SafeString("<tr><th>field</th><th>before</th><th>after</th></tr>")
            rows = ((name, plain(before), plain(after)) for name, (before, after) in fields)
            body = format_html_join("", "<tr><th>{}</th><td>{}</td><td>{}</td></tr>", rows)
        else:
            head = SafeString("<tr><th>field</th><th>value</th></tr>")
            said = ((name, plain(value)) for name, value in fields)
            body = format_html_join("", "<tr><th>{}</th><td>{}</td></tr>", said)
        return format_html("<table>{}{}</table>", head, body)


def _searched(term: str) -> Q:
    if "@" in term:
        person = person_found(term)
        if person is None:
            return Q(pk__in=[])
        _read_record(person, "audit log")
        return Q(user_id=person) | Q(about_id=person)
    try:
        identity = UUID(term)
    except ValueError:
        return Q(request_id=term)
    if people_named([identity]):
        _read_record(identity, "audit log")
    tables = list(things())  # they lead the index
    return (
        Q(user_id=identity)
        | Q(about_id=identity)
        | Q(pk=identity)
        | Q(request_id=term)
        | Q(resource_type__in=tables, resource_id=str(identity))
    )


def _read_record(person: UUID, where: str) -> None:
    event_record(
        action=AuditLog.Action.PERSON_READ,
        resource_type="accounts_user",
        resource_id=person,
        about_id=person,
        changes={"where": where},
    )


def _as_staff(request: HttpRequest, show: Callable[[], HttpResponse]) -> HttpResponse:
    with acting_as(dataclasses.replace(actor_of(request), kind="staff")):
        response = show()
        if isinstance(response, SimpleTemplateResponse):
            response.render()  # while the database still knows who looks
        return response


def _midnight(day: dt.date) -> dt.datetime:
    zone: ZoneInfo = clock.INDIA
    return dt.datetime.combine(day, dt.time(), zone)
