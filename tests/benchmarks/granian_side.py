"""The door that granian opens: the product, which believes X-Forwarded-* of this machine alone, as under gunicorn."""

from __future__ import annotations

from granian.utils.proxies import wrap_wsgi_with_proxy_headers

from rupaya.wsgi import application as product

application = wrap_wsgi_with_proxy_headers(product, trusted_hosts="127.0.0.1")
