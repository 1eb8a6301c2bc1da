GRANT INSERT, UPDATE, DELETE
  ON accounts_user_groups, accounts_user_user_permissions, auth_group, auth_group_permissions, auth_permission
  TO rupaya_user;
DROP TRIGGER audit_insert ON auth_group_permissions;
DROP TRIGGER audit_update ON auth_group_permissions;
DROP TRIGGER audit_delete ON auth_group_permissions;
DROP TRIGGER truncate_refuse ON auth_group_permissions;
DROP TRIGGER audit_insert ON auth_group;
DROP TRIGGER audit_update ON auth_group;
DROP TRIGGER audit_delete ON auth_group;
DROP TRIGGER truncate_refuse ON auth_group;
DROP TRIGGER audit_insert ON accounts_user_user_permissions;
DROP TRIGGER audit_update ON accounts_user_user_permissions;
DROP TRIGGER audit_delete ON accounts_user_user_permissions;
DROP TRIGGER truncate_refuse ON accounts_user_user_permissions;
DROP TRIGGER audit_insert ON accounts_user_groups;
DROP TRIGGER audit_update ON accounts_user_groups;
DROP TRIGGER audit_delete ON accounts_user_groups;
DROP TRIGGER truncate_refuse ON accounts_user_groups;
