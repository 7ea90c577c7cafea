"""The column engine: a DuckDB copy of the database that answers reports over many records, fresh at query time."""
