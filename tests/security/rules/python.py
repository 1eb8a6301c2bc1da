"""A good and a bad case of each rule; it is read, never run."""
# ruff: noqa
# mypy: ignore-errors

# ruleid: sql-made-of-input
cursor.execute(f"SELECT 1 FROM t WHERE name = '{request.GET['name']}'")

# ok: sql-made-of-input
cursor.execute("SELECT 1 FROM t WHERE name = %s", [request.GET["name"]])

# ruleid: session-level-setting
cursor.execute("SELECT set_config('app.current_user_id', %s, false)", [user_id])

# ruleid: session-level-setting
cursor.execute("SET app.current_user_id = 'x'")

# ok: session-level-setting
cursor.execute("SELECT set_config('app.current_user_id', %s, true)", [user_id])

# ruleid: html-declared-safe
mark_safe("<b>" + name + "</b>")

# ruleid: html-declared-safe
mark_safe(f"<b>{name}</b>")

# ok: html-declared-safe
format_html("<b>{}</b>", name)


# ruleid: csrf-exempt
@csrf_exempt
def page_open(request):
    return None


# ok: csrf-exempt
def page_plain(request):
    return None


# ruleid: redirect-to-input
redirect(request.GET["next"])

# ok: redirect-to-input
redirect("overview")


# ruleid: upload-read-whole
request.FILES["file"].read()

# ok: upload-read-whole
request.FILES["file"].read(FILE_BYTES_MAX + 1)


def webhook(signature, given):
    # ruleid: secret-compared-in-its-own-time
    if signature == given:
        return True
    # ok: secret-compared-in-its-own-time
    return compare_digest(signature, given)


# ruleid: body-in-the-log
_log.info("transaction.refused", body=request.data)

# ok: body-in-the-log
_log.info("transaction.refused", transaction_id=transaction_id)
