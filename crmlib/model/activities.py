"""Standard objects of daily work: tasks, meetings, calls, cases."""

from crmlib.model.fields import FieldDefinition as F
from crmlib.model.fields import ObjectDefinition


def _about(plural: str) -> tuple[F, ...]:
    """Whom and what an activity concerns; any of them may be empty."""
    return (F("account", "lookup", "Account", to="account", children=plural),
            F("contact", "lookup", "Contact", to="contact", children=plural),
            F("lead", "lookup", "Lead", to="lead", children=plural),
            F("opportunity", "lookup", "Opportunity", to="opportunity", children=plural))


OBJECTS = (
    ObjectDefinition("case", "Case", "Cases", "cases", (
        F("account", "lookup", "Account", to="account", children="cases"),
        F("contact", "lookup", "Contact", to="contact", children="cases"),
        F("status", "picklist", "Status", values=("New", "Open", "Waiting for client", "Escalated", "On hold", "Closed"), default="New"),
        F("origin", "picklist", "Origin", values=("Chat", "E-mail", "Messenger", "Phone", "Social network", "Web form", "Other")),
        F("priority", "picklist", "Priority", values=("Low", "Normal", "High", "Urgent"), default="Normal"),
        F("opened_at", "datetime", "Opened at"),
        F("closed_at", "datetime", "Closed at"),
        F("days_open", "number", "Days open", scale=0, help="Until it was closed or, while it is open, until today",
          formula="IF(ISBLANK(closed_at), TODAY(), DATEVALUE(closed_at)) - DATEVALUE(opened_at)"),
        F("description", "long_text", "Description"),
    ), name_label="Subject", help="A complaint or request."),
    ObjectDefinition("task", "Task", "Tasks", "tasks", (
        *_about("tasks"),
        F("case", "lookup", "Case", to="case", children="tasks"),
        F("due_date", "date", "Due date"),
        F("status", "picklist", "Status", values=("Not started", "In progress", "Waiting", "Deferred", "Completed"), default="Not started"),
        F("priority", "picklist", "Priority", values=("Low", "Normal", "High"), default="Normal"),
        F("completed_at", "datetime", "Completed at"),
        F("description", "long_text", "Description"),
    ), name_label="Subject"),
    ObjectDefinition("meeting", "Meeting", "Meetings", "meetings", (
        *_about("meetings"),
        F("starts_at", "datetime", "Starts at", required=True),
        F("ends_at", "datetime", "Ends at"),
        F("location", "text", "Place"),
        F("status", "picklist", "Status", values=("Planned", "Held", "Cancelled", "No show"), default="Planned"),
        F("outcome", "picklist", "Outcome", values=("Went well", "Neutral", "Went badly")),
        F("next_meeting", "lookup", "Next appointment", to="meeting", children="previous_meetings"),
        F("description", "long_text", "What was said"),
    ), name_label="Subject"),
    ObjectDefinition("call", "Call", "Calls", "calls", (
        *_about("calls"),
        F("starts_at", "datetime", "Starts at", required=True),
        F("seconds", "integer", "Duration in seconds"),
        F("direction", "picklist", "Direction", values=("Inbound", "Outbound", "Missed")),
        F("status", "picklist", "Status", values=("Planned", "Taken to work", "Completed", "No answer", "Call back", "Wrong number"),
          default="Completed"),
        F("purpose", "picklist", "Purpose", values=("Prospecting", "Administrative", "Negotiation", "Demo", "Project", "Support", "Other")),
        F("phone", "phone", "Phone", personal=True),
        F("is_billable", "boolean", "Billable", default=False),
        F("recording_url", "url", "Recording"),
        F("description", "long_text", "What was said"),
    ), name_label="Subject"),
)
