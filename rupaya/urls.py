"""The whole route map on one page."""

from django.contrib import admin
from django.urls import include, path

from accounts import web
from rupaya.core import docs
from rupaya.core.csp_reports import CspReports

# Asked from above: what phones ask for most stands first.
urlpatterns = [
    path("v1/", include("ledger.urls_api")),
    path("v1/csp-reports", CspReports.as_view()),
    path("v1/openapi.json", docs.schema, name="api_schema"),
    path("v1/docs", docs.reference, name="api_docs"),
    path("v1/docs/<slug:name>", docs.reference, name="api_operation"),
    path("v1/", include("rupaya.client_config.urls")),
    path("v1/", include("accounts.urls_api")),
    path("v1/", include("audit.urls_api")),
    path("v1/", include("flags.urls_api")),
    # Before Django's, which tell the audit log nothing.
    path("admin/logout/", web.logout),
    path("admin/password_change/", admin.site.admin_view(web.StaffPassword.as_view(), cacheable=True)),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls_web")),
    path("", include("ledger.urls_web")),
]

handler400 = "rupaya.core.web.bad_request"
handler403 = "rupaya.core.web.forbidden"
handler404 = "rupaya.core.web.not_found"
handler500 = "rupaya.core.web.server_error"
