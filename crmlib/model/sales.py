"""Standard objects of selling: the funnel, opportunities, products and prices, quotes, orders, invoices, campaigns."""

from crmlib.model.clients import CONTACT_ROLES, LEAD_SOURCES
from crmlib.model.fields import FieldDefinition as F
from crmlib.model.fields import ObjectDefinition

OUTCOMES = ("Open", "Won", "Lost")
PRODUCT_FAMILIES = ("Hardware", "Software", "Service", "Consumer", "Commercial", "Crafts", "Garden", "Home maintenance", "Household",
                    "Office supplies", "Personal care", "Pet care", "Vehicle parts", "Other")


def _document(name: str, label: str, plural_label: str, plural: str, statuses: tuple[str, ...], *fields: F) -> ObjectDefinition:
    """A quote, order or invoice: they share who it is for and how its total comes about."""
    return ObjectDefinition(name, label, plural_label, plural, (
        F("number", "text", "Number"),
        F("account", "lookup", "Account", to="account", children=plural),
        F("contact", "lookup", "Contact", to="contact", children=plural),
        F("opportunity", "lookup", "Opportunity", to="opportunity", children=plural),
        F("status", "picklist", "Status", values=statuses),
        *fields,
        F("subtotal", "currency", "Subtotal"),
        F("discount", "currency", "Discount"),
        F("tax", "currency", "Tax"),
        F("adjustment", "currency", "Adjustment"),
        F("total", "currency", "Total"),
    ), name_label="Subject")


def _line(parent: str, parent_label: str) -> ObjectDefinition:
    """A line of an opportunity, quote, order or invoice."""
    return ObjectDefinition(f"{parent}_line_item", f"{parent_label} Line Item", f"{parent_label} Line Items", f"{parent}_line_items", (
        F(parent, "lookup", parent_label, required=True, to=parent, children="line_items"),
        F("product", "lookup", "Product", to="product", children=f"{parent}_line_items"),
        F("quantity", "number", "Quantity", default=1),
        F("unit_price", "currency", "Unit price", scale=4),
        F("subtotal", "currency", "Subtotal", help="Quantity times unit price"),
        F("discount", "currency", "Discount"),
        F("tax", "currency", "Tax"),
        F("total_price", "currency", "Total price", help="What the client pays for this line"),
    ), sharing="parent", controlled_by=parent)


OBJECTS = (
    ObjectDefinition("stage", "Stage", "Stages", "stages", (
        F("position", "integer", "Position", required=True, help="Its place in the funnel; stages sort by it"),
        F("outcome", "picklist", "Outcome", required=True, values=OUTCOMES, default="Open"),
        F("probability", "percent", "Probability", help="Of winning, in percent"),
    ), name_label="Stage", help="A step of the sales funnel: open, won or lost."),
    ObjectDefinition("campaign", "Campaign", "Campaigns", "campaigns", (
        F("type", "picklist", "Type", values=("Advertisement", "Banner ads", "Conference", "Direct mail", "E-mail", "Partners",
                                              "Public relations", "Referral program", "Social network", "Telemarketing",
                                              "Trade show", "Webinar", "Other")),
        F("status", "picklist", "Status", values=("Planning", "Active", "Inactive", "Completed", "Aborted")),
        F("parent", "lookup", "Parent campaign", to="campaign", children="subcampaigns"),
        F("start_date", "date", "Start date"),
        F("end_date", "date", "End date"),
        F("expected_revenue", "currency", "Expected revenue"),
        F("budget", "currency", "Budget"),
        F("actual_cost", "currency", "Actual cost"),
        F("description", "long_text", "Description"),
    ), name_label="Campaign Name"),
    ObjectDefinition("opportunity", "Opportunity", "Opportunities", "opportunities", (
        F("account", "lookup", "Account", to="account", children="opportunities"),
        F("contact", "lookup", "Main contact", to="contact", children="opportunities"),
        F("campaign", "lookup", "Campaign", to="campaign", children="opportunities"),
        F("stage", "lookup", "Stage", required=True, to="stage", children="opportunities"),
        F("amount", "currency", "Amount"),
        F("probability", "percent", "Probability"),
        F("expected_revenue", "currency", "Expected revenue"),
        F("close_date", "date", "Close date", required=True),
        F("age", "number", "Age in days", scale=0, help="From its creation until it closes or, while it is open, until today",
          formula='IF(ISPICKVAL(stage.outcome, "Open"), TODAY(), close_date) - DATEVALUE(created_at)'),
        F("type", "picklist", "Type", values=("New business", "Existing business")),
        F("source", "picklist", "Source", values=LEAD_SOURCES),
        F("price_book", "lookup", "Price book", to="price_book", children="opportunities"),
        F("next_step", "text", "Next step"),
        F("loss_reason", "picklist", "Why lost", values=("Price", "Competitor", "No budget", "No decision", "Timing", "Other")),
        F("description", "long_text", "Description"),
    ), name_label="Opportunity Name", sharing="private", help="A deal that is being made."),
    ObjectDefinition("stage_change", "Stage Change", "Stage Changes", "stage_changes", (
        F("opportunity", "lookup", "Opportunity", required=True, to="opportunity", children="stage_changes"),
        F("from_stage", "lookup", "From stage", to="stage"),
        F("to_stage", "lookup", "To stage", required=True, to="stage"),
        F("amount", "currency", "Amount at that time"),
        F("changed_at", "datetime", "Changed at", required=True),
        F("days_in_stage", "number", "Days in previous stage"),
    ), sharing="parent", controlled_by="opportunity", help="An opportunity entered a stage."),
    ObjectDefinition("opportunity_contact_role", "Opportunity Contact Role", "Opportunity Contact Roles", "opportunity_contact_roles", (
        F("opportunity", "lookup", "Opportunity", required=True, to="opportunity", children="contact_roles"),
        F("contact", "lookup", "Contact", required=True, to="contact", children="opportunity_roles"),
        F("role", "picklist", "Role", values=(*CONTACT_ROLES, "Decision maker", "Influencer", "End user")),
        F("is_primary", "boolean", "Primary", default=False),
    ), sharing="parent", controlled_by="opportunity"),
    ObjectDefinition("product", "Product", "Products", "products", (
        F("code", "text", "Product code"),
        F("family", "picklist", "Family", values=PRODUCT_FAMILIES),
        F("manufacturer", "text", "Manufacturer"),
        F("is_active", "boolean", "Active", default=True),
        F("unit_cost", "currency", "Unit cost", scale=4),
        F("in_stock", "number", "Quantity in stock"),
        F("description", "long_text", "Description"),
    ), name_label="Product Name"),
    ObjectDefinition("price_book", "Price Book", "Price Books", "price_books", (
        F("is_active", "boolean", "Active", default=True),
        F("pricing", "picklist", "Pricing", values=("Flat", "Differential")),
        F("description", "long_text", "Description"),
    ), name_label="Price Book Name"),
    ObjectDefinition("price_book_entry", "Price Book Entry", "Price Book Entries", "price_book_entries", (
        F("price_book", "lookup", "Price book", required=True, to="price_book", children="entries"),
        F("product", "lookup", "Product", required=True, to="product", children="price_book_entries"),
        F("unit_price", "currency", "Unit price", required=True, scale=4),
    )),
    _line("opportunity", "Opportunity"),
    _document("quote", "Quote", "Quotes", "quotes",
              ("Draft", "On hold", "Negotiation", "Delivered", "Confirmed", "Won", "Lost"), F("valid_until", "date", "Valid until")),
    _line("quote", "Quote"),
    _document("order", "Order", "Orders", "orders", ("Created", "Approved", "Delivered", "Cancelled"),
              F("quote", "lookup", "Quote", to="quote", children="orders"), F("ordered_at", "datetime", "Ordered at"),
              F("due_date", "date", "Due date")),
    _line("order", "Order"),
    _document("invoice", "Invoice", "Invoices", "invoices", ("Created", "Approved", "Delivered", "Paid", "Cancelled"),
              F("order", "lookup", "Order", to="order", children="invoices"), F("invoice_date", "date", "Invoice date"),
              F("due_date", "date", "Due date")),
    _line("invoice", "Invoice"),
    ObjectDefinition("campaign_member", "Campaign Member", "Campaign Members", "campaign_members", (
        F("campaign", "lookup", "Campaign", required=True, to="campaign", children="members"),
        F("lead", "lookup", "Lead", to="lead", children="campaign_members"),
        F("contact", "lookup", "Contact", to="contact", children="campaign_members"),
        F("status", "picklist", "Status", values=("Planned", "Invited", "Sent", "Received", "Opened", "Responded", "Bounced",
                                                  "Opted out")),
        F("responded_at", "datetime", "Responded at"),
    ), sharing="parent", controlled_by="campaign"),
)
