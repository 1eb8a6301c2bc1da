DROP TRIGGER audit_insert ON accounts_user_user_permissions;
DROP TRIGGER audit_update ON accounts_user_user_permissions;
DROP TRIGGER audit_delete ON accounts_user_user_permissions;
DROP TRIGGER audit_insert ON accounts_user_groups;
DROP TRIGGER audit_update ON accounts_user_groups;
DROP TRIGGER audit_delete ON accounts_user_groups;
