"""Who may do what (`access`) and who sees which records (`sharing`). Every road to data asks here, and only here."""
