"""Production going out: planning, carrying out, narrating, watching."""
