"""What a CRM is made of: fields, standard and custom objects, the schema, and the org that holds them."""
