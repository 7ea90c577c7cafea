"""Standard objects of the company itself: settings, roles, users, rights, plans, scheduled reports.

To add a standard object: an `ObjectDefinition` here or in `clients`, `sales` or `activities`, and a migration.
"""

from crmlib.model.fields import FieldDefinition as F
from crmlib.model.fields import ObjectDefinition

SHARING_LEVELS = ("read", "private", "parent")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
RUN_OUTCOMES = ("Running", "Succeeded", "Failed")
MEASURES = ("Amount won", "Deals won", "Meetings held", "Calls made", "New contacts")

OBJECTS = (
    ObjectDefinition("organization", "Organization", "Organizations", "organizations", (
        F("time_zone", "text", "Time zone", required=True, help="IANA name, such as Europe/Amsterdam", default="UTC"),
        F("currency", "text", "Currency", required=True, help="ISO 4217 code", default="EUR"),
        F("locale", "text", "Locale", required=True, help="How numbers and dates are written, such as en_GB", default="en_GB"),
        F("week_start", "picklist", "First day of the week", values=WEEKDAYS, default="Monday"),
        F("fiscal_year_start", "integer", "Fiscal year starts in month", default=1),
    ), help="The company's settings: one record."),
    ObjectDefinition("role", "Role", "Roles", "roles", (
        F("parent", "lookup", "Reports to", to="role", children="subordinate_roles"),
    ), name_label="Role Name", help="The tree of roles: a role sees what the roles below it own."),
    ObjectDefinition("user", "User", "Users", "users", (
        F("username", "text", "Username", required=True),
        F("email", "email", "E-mail"),
        F("title", "text", "Title"),
        F("role", "lookup", "Role", to="role", children="users"),
        F("manager", "lookup", "Manager", to="user", children="direct_reports"),
        F("is_active", "boolean", "Active", default=True),
        F("time_zone", "text", "Time zone", help="Empty: the organization's"),
    ), name_label="Full Name", help="A person who works with this base."),
    ObjectDefinition("permission_set", "Permission Set", "Permission Sets", "permission_sets", (
        F("description", "long_text", "Description"),
    ), help="A named bundle of rights; a user may hold several, and they add up."),
    ObjectDefinition("object_permission", "Object Permission", "Object Permissions", "object_permissions", (
        F("permission_set", "lookup", "Permission Set", required=True, to="permission_set", children="object_permissions"),
        F("can_read", "boolean", "Read", default=False),
        F("can_create", "boolean", "Create", default=False),
        F("can_edit", "boolean", "Edit", default=False),
        F("can_delete", "boolean", "Delete", default=False),
        F("view_all", "boolean", "View all records", default=False),
        F("edit_all", "boolean", "Edit all records", default=False),
    ), name_label="Object", help="Named by its object; '*' means every object."),
    ObjectDefinition("field_permission", "Field Permission", "Field Permissions", "field_permissions", (
        F("permission_set", "lookup", "Permission Set", required=True, to="permission_set", children="field_permissions"),
        F("can_read", "boolean", "Read", default=True),
        F("can_edit", "boolean", "Edit", default=False),
    ), name_label="Field", help="Named by object and field: 'contact.birthday', 'contact.*' or '*'."),
    ObjectDefinition("permission_assignment", "Permission Assignment", "Permission Assignments", "permission_assignments", (
        F("permission_set", "lookup", "Permission Set", required=True, to="permission_set", children="assignments"),
        F("user", "lookup", "User", required=True, to="user", children="permission_assignments"),
    )),
    ObjectDefinition("sharing_default", "Sharing Default", "Sharing Defaults", "sharing_defaults", (
        F("level", "picklist", "Who sees a record by default", required=True, values=SHARING_LEVELS),
    ), name_label="Object", help="Overrides, per object, who sees a record by default."),
    ObjectDefinition("plan", "Plan", "Plans", "plans", (
        F("user", "lookup", "User", required=True, to="user", children="plans"),
        F("measure", "picklist", "Measure", required=True, values=MEASURES),
        F("period_start", "date", "Period start", required=True),
        F("period_end", "date", "Period end", required=True, help="The last day that counts"),
        F("target", "number", "Target", required=True),
    ), help="What a user is to reach in a period."),
    ObjectDefinition("report_schedule", "Report Schedule", "Report Schedules", "report_schedules", (
        F("report", "text", "Report", required=True, help="folder/name, with values as in folder/name?period=LAST_WEEK"),
        F("weekday", "picklist", "Weekday", required=True, values=WEEKDAYS, default="Monday"),
        F("at_time", "text", "Time of day", required=True, help="HH:MM in the organization's time zone", default="07:00"),
        F("run_as", "lookup", "Runs as", required=True, to="user", children="report_schedules"),
        F("is_active", "boolean", "Active", default=True),
        F("starts_at", "datetime", "Starts at", help="Occurrences before it are not caught up"),
    ), help="A report that runs by itself every week."),
    ObjectDefinition("report_run", "Report Run", "Report Runs", "report_runs", (
        F("schedule", "lookup", "Schedule", to="report_schedule", children="runs"),
        F("report", "text", "Report", required=True),
        F("run_as", "lookup", "Ran as", to="user", children="report_runs"),
        F("due_at", "datetime", "Due at"),
        F("started_at", "datetime", "Started at"),
        F("finished_at", "datetime", "Finished at"),
        F("seconds", "number", "Seconds"),
        F("outcome", "picklist", "Outcome", values=RUN_OUTCOMES),
        F("message", "long_text", "Message"),
        F("folder", "text", "Folder", help="Where the executed notebook, HTML and XLSX are kept"),
        F("process", "text", "Process", help="host:number of the process that runs or ran it"),
    ), help="One run of a scheduled report: who, when, how long, with what outcome."),
)
