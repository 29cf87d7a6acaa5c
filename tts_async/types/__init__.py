"""The data that flows between the floors: frozen, typed, free of behaviour that needs I/O."""
