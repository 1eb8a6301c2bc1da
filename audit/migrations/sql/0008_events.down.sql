DROP FUNCTION audit_event(text, text, text, uuid, uuid, jsonb);
DROP FUNCTION audit_event_actions();
