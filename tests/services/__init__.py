"""Services: what each does with one order."""
