"""Standard objects of the client base: accounts, contacts, how to reach them, the roles they play, leads."""

from crmlib.model.fields import FieldDefinition as F
from crmlib.model.fields import ObjectDefinition

INDUSTRIES = ("Agriculture", "Banking", "Communications", "Construction", "Consulting", "Education", "Energy", "Finance",
              "Food", "Government", "Health care", "Hospitality", "Insurance", "Manufacturing", "Media", "Pharma",
              "Real estate", "Retail", "Service provider", "Technology", "Transport", "Utilities", "Other")
LEAD_SOURCES = ("Advertisement", "Chat", "Cold call", "E-mail", "Employee referral", "External referral", "Messenger",
                "Online store", "Partner", "Phone", "Public relations", "Seminar", "Social network", "Trade show", "Web form",
                "Web research", "Other")
ACCOUNT_TYPES = ("Prospect", "Customer", "Partner", "Supplier", "Investor", "Reseller", "Competitor", "Press", "Other")
LEAD_STATUSES = ("New", "Attempted to contact", "Contacted", "Contact in future", "Qualified", "Unqualified", "Lost", "Junk",
                 "Converted")
CONTACT_ROLES = ("Director", "Chief accountant", "Lawyer", "Secretary", "Technical lead", "Buyer", "Other")
SEASONS = ("Spring", "Summer", "Autumn", "Winter")

OBJECTS = (
    ObjectDefinition("account", "Account", "Accounts", "accounts", (
        F("type", "picklist", "Type", values=ACCOUNT_TYPES),
        F("industry", "picklist", "Industry", values=INDUSTRIES),
        F("parent", "lookup", "Parent account", to="account", children="subsidiaries"),
        F("phone", "phone", "Phone"),
        F("email", "email", "E-mail"),
        F("website", "url", "Website"),
        F("country", "text", "Country"),
        F("city", "text", "City"),
        F("address", "long_text", "Address"),
        F("employees", "integer", "Employees"),
        F("annual_revenue", "currency", "Annual revenue"),
        F("source", "picklist", "Source", values=LEAD_SOURCES, help="Why they came"),
        F("high_season", "multi_picklist", "High season", values=SEASONS, help="When their business is at its busiest"),
        F("description", "long_text", "Worth remembering"),
    ), name_label="Account Name", help="A company, or a private client."),
    ObjectDefinition("contact", "Contact", "Contacts", "contacts", (
        F("first_name", "text", "First name", personal=True),
        F("last_name", "text", "Last name", personal=True),
        F("account", "lookup", "Account", to="account", children="contacts"),
        F("position", "text", "Position"),
        F("phone", "phone", "Phone", personal=True, help="The number to call first"),
        F("mobile", "phone", "Mobile", personal=True),
        F("email", "email", "E-mail", personal=True, help="The address to write to first"),
        F("birthday", "date", "Birthday", personal=True),
        F("source", "picklist", "Source", values=LEAD_SOURCES),
        F("city", "text", "City"),
        F("language", "text", "Language"),
        F("description", "long_text", "Worth remembering", personal=True),
    ), name_label="Full Name", help="A person at a client."),
    ObjectDefinition("contact_point", "Contact Point", "Contact Points", "contact_points", (
        F("contact", "lookup", "Contact", required=True, to="contact", children="contact_points"),
        F("kind", "picklist", "Kind", required=True, values=("Phone", "Mobile", "E-mail", "Messenger")),
        F("usage", "picklist", "Usage", values=("Work", "Home", "Other")),
    ), name_label="Number or address", sharing="parent", controlled_by="contact",
        help="A further phone, e-mail or messenger of a contact."),
    ObjectDefinition("contact_role", "Contact Role", "Contact Roles", "contact_roles", (
        F("account", "lookup", "Account", required=True, to="account", children="contact_roles"),
        F("contact", "lookup", "Contact", required=True, to="contact", children="account_roles"),
        F("role", "picklist", "Role", required=True, values=CONTACT_ROLES),
        F("is_talking_to_us", "boolean", "Person being talked to", default=False),
    ), sharing="parent", controlled_by="account", help="What a contact is at an account."),
    ObjectDefinition("lead", "Lead", "Leads", "leads", (
        F("first_name", "text", "First name", personal=True),
        F("last_name", "text", "Last name", personal=True),
        F("company", "text", "Company"),
        F("email", "email", "E-mail", personal=True),
        F("phone", "phone", "Phone", personal=True),
        F("mobile", "phone", "Mobile", personal=True),
        F("website", "url", "Website"),
        F("industry", "picklist", "Industry", values=INDUSTRIES),
        F("source", "picklist", "Source", values=LEAD_SOURCES),
        F("status", "picklist", "Status", values=LEAD_STATUSES, default="New"),
        F("campaign", "lookup", "Campaign", to="campaign", children="leads"),
        F("is_converted", "boolean", "Converted", default=False),
        F("converted_at", "datetime", "Converted at"),
        F("converted_account", "lookup", "Converted account", to="account", children="converted_leads"),
        F("converted_contact", "lookup", "Converted contact", to="contact", children="converted_leads"),
        F("converted_opportunity", "lookup", "Converted opportunity", to="opportunity", children="converted_leads"),
        F("description", "long_text", "What they want"),
    ), name_label="Full Name", help="Somebody who may become a client; conversion keeps the link."),
)
