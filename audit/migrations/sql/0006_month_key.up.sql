CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS audit_logs_month_key ON audit_logs (id, created_at);
