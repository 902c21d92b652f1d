"""What a study found: figures with intervals, tables, one page."""
