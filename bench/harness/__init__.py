"""What measures: one module a thing that is started, asked or written."""
