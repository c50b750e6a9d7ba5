"""What is kept: tables, the queries on them, and files by content hash."""
