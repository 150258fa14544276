"""What the command line prints: tables and text for a person, CSV and JSON for a program."""
